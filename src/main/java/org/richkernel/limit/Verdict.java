package org.richkernel.limit;

/** Limit of a network as its width goes to infinity (arXiv:2011.14522, section 3). */
public enum Verdict {
  /** The features move by O(1), and the outputs with them. */
  FEATURE_LEARNING("feature learning"),
  /** The outputs move by O(1) under a kernel that stays fixed. */
  KERNEL_REGIME("kernel regime"),
  /** The outputs do not move. */
  TRIVIAL("trivial"),
  /** Preactivations or outputs blow up, or initial preactivations vanish. */
  NOT_STABLE("not stable");

  private final String label;

  Verdict(String label) {
    this.label = label;
  }

  /** Name of the verdict. */
  public String label() {
    return label;
  }
}
