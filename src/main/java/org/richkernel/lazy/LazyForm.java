package org.richkernel.lazy;

import java.util.Locale;
import org.richkernel.network.InvalidProblemException;

/** How the system of a kernel at initialisation is held. */
public enum LazyForm {
  /** Dense where the plan fits into memory, in tiles otherwise. */
  AUTO,
  /** P x P matrices in memory. */
  DENSE,
  /** The factor in tiles in a scratch file. */
  TILED;

  /**
   * The form of a name.
   *
   * @throws InvalidProblemException if there is none
   */
  public static LazyForm of(String name) {
    for (LazyForm form : values()) {
      if (form.id().equals(name)) {
        return form;
      }
    }
    throw new InvalidProblemException("form", name, "use auto, dense or tiled");
  }

  /** Its name as users write it. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
