package org.richkernel.limit;

/** What becomes of a network as its width goes to infinity (arXiv:2011.14522, theorem 3.3). */
public enum Verdict {
  /** The features move by O(1), and the outputs with them. */
  FEATURE_LEARNING("feature learning"),
  /** The outputs move by O(1) under a kernel that stays as it was. */
  KERNEL_REGIME("kernel regime"),
  /** The outputs stay as they were. */
  TRIVIAL("trivial"),
  /** Something blows up or vanishes. */
  NOT_STABLE("not stable");

  private final String label;

  Verdict(String label) {
    this.label = label;
  }

  /** In words. */
  public String label() {
    return label;
  }
}
