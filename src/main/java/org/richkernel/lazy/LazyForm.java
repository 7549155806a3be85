package org.richkernel.lazy;

import org.richkernel.option.Words;

/** How the system of a kernel at initialisation is held. */
public enum LazyForm {
  /** Dense where the plan fits into memory, in tiles otherwise; no approximation. */
  AUTO,
  /** P x P matrices in memory. */
  DENSE,
  /** The factor in tiles in a scratch file. */
  TILED,
  /** Not at all: an expansion in some of the points, with a bound of its error. */
  INDUCING;

  /** Its name as users write it. */
  public String id() {
    return Words.of(this);
  }
}
