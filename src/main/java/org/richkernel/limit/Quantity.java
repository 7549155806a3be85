package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.fraction.BigFraction;

/**
 * Something of a network that scales as a power of its width.
 *
 * @param layer 1 .. L of a preactivation, 1 .. L + 1 of a weight, 0 otherwise
 */
public record Quantity(Kind kind, int layer) {
  /** What is measured. */
  public enum Kind {
    /** Root mean square change of h^l. */
    PREACTIVATION_CHANGE,
    /** Root mean square change of f. */
    OUTPUT_CHANGE,
    /** Its part Delta W^{L+1} x^L. */
    BY_READOUT,
    /** Its part W_0^{L+1} Delta x^L. */
    BY_FEATURES,
    /** Root mean square of f at the start. */
    INITIAL_OUTPUT,
    /** Relative change of the root mean square of w^l. */
    WEIGHT_CHANGE
  }

  /** All of a network without weight decay, in the order in which a check walks through them. */
  static List<Quantity> all(int depth) {
    List<Quantity> all = new ArrayList<>();
    for (int l = 1; l <= depth; l++) {
      all.add(new Quantity(Kind.PREACTIVATION_CHANGE, l));
    }
    all.add(new Quantity(Kind.OUTPUT_CHANGE, 0));
    all.add(new Quantity(Kind.BY_READOUT, 0));
    all.add(new Quantity(Kind.BY_FEATURES, 0));
    all.add(new Quantity(Kind.INITIAL_OUTPUT, 0));
    return all;
  }

  /** Name in files: dh_1, df, dW.x, W0.dx, f_0, w_2. */
  public String id() {
    return switch (kind) {
      case PREACTIVATION_CHANGE -> "dh_" + layer;
      case OUTPUT_CHANGE -> "df";
      case BY_READOUT -> "dW.x";
      case BY_FEATURES -> "W0.dx";
      case INITIAL_OUTPUT -> "f_0";
      case WEIGHT_CHANGE -> "w_" + layer;
    };
  }

  /** The exponent that a parametrization predicts; of weights, under decay as it asks for. */
  public BigFraction exponent(Classification classification) {
    return switch (kind) {
      case PREACTIVATION_CHANGE -> classification.preactivationChange(layer);
      case OUTPUT_CHANGE -> classification.outputChange();
      case BY_READOUT -> classification.outputByReadout();
      case BY_FEATURES -> classification.outputByFeatures();
      case INITIAL_OUTPUT -> classification.initialOutput();
      case WEIGHT_CHANGE -> BigFraction.ZERO;
    };
  }
}
