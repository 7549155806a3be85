package org.richkernel.lazy;

import org.richkernel.option.Words;

/** How the system of a kernel at initialisation is held. */
public enum LazyForm {
  /** Dense where the plan fits into memory, in tiles otherwise. */
  AUTO,
  /** P x P matrices in memory. */
  DENSE,
  /** The factor in tiles in a scratch file. */
  TILED;

  /** Its name as users write it. */
  public String id() {
    return Words.of(this);
  }
}
