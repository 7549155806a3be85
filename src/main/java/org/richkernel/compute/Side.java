package org.richkernel.compute;

/** The side from which a triangular matrix acts. */
public enum Side {
  /** op(L) X = B. */
  LEFT,
  /** X op(L) = B. */
  RIGHT
}
