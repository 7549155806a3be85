package org.richkernel.stack;

import java.util.Locale;
import org.richkernel.network.InvalidProblemException;

/**
 * How the layers above the first are parametrized: the law of their preactivations is the same at
 * every S, the algebra differs.
 */
public enum FieldForm {
  /** The one of fewer operations. */
  AUTO,
  /** By whitened fields and the Cholesky factor of g Phi + g_b, P x P. */
  WHITENED,
  /** By the weights themselves, S x S; nothing is factorized. */
  WEIGHTS;

  /**
   * The form of a name.
   *
   * @throws InvalidProblemException if there is none
   */
  public static FieldForm of(String name) {
    for (FieldForm form : values()) {
      if (form.id().equals(name.toLowerCase(Locale.ROOT))) {
        return form;
      }
    }
    throw new InvalidProblemException("fields", name, "use auto, whitened or weights");
  }

  /** Its name on the command line. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
