package org.richkernel.limit;

import java.util.Locale;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.option.Words;

/** Optimizer of the weights, as far as the scaling with the width depends on it. */
public enum Optimizer {
  /** Gradient descent. */
  SGD,
  /** Gradient descent with heavy-ball momentum: the exponents of {@link #SGD}. */
  MOMENTUM,
  /** Adam, or any other update that is normalized entry by entry. */
  ADAM;

  /**
   * Whether an entry of the update has the size of the learning rate for any size of the gradient.
   */
  public boolean isNormalized() {
    return this == ADAM;
  }

  /** Name on the command line and in files. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The optimizer with a name.
   *
   * @throws InvalidProblemException if there is no such optimizer
   */
  public static Optimizer of(String id) {
    return Words.constant("optimizer", Optimizer.class, id);
  }
}
