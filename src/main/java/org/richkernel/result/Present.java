package org.richkernel.result;

import java.util.OptionalDouble;

/** Draws the line between a number and its absence. */
final class Present {
  private Present() {}

  /** The number if it is finite, otherwise nothing. */
  static OptionalDouble of(double value) {
    return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
  }
}
