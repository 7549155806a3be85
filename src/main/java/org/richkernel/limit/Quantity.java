package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.fraction.BigFraction;

/**
 * A quantity of a network that scales as a power of its width.
 *
 * @param layer 1 .. L of a preactivation, 1 .. L + 1 of a weight, 0 otherwise
 */
public record Quantity(Kind kind, int layer) {
  /** Kind of the quantity. */
  public enum Kind {
    /** Root mean square of h^l at the start. */
    INITIAL_PREACTIVATION,
    /** Root mean square entry of W^{L+1} at the start, with its multiplier. */
    INITIAL_READOUT,
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
    /** Relative decrease of the root mean square of w^l. */
    WEIGHT_DECAY
  }

  /** Quantities that training moves, layers from below, and f_0. */
  static List<Quantity> moving(int depth) {
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

  /** Quantities at the start: preactivations, layers from below, and the readout. */
  static List<Quantity> initial(int depth) {
    List<Quantity> all = new ArrayList<>();
    for (int l = 1; l <= depth; l++) {
      all.add(new Quantity(Kind.INITIAL_PREACTIVATION, l));
    }
    all.add(new Quantity(Kind.INITIAL_READOUT, 0));
    return all;
  }

  /** Whether the quantity exists before the first step. */
  boolean isInitial() {
    return kind == Kind.INITIAL_PREACTIVATION
        || kind == Kind.INITIAL_READOUT
        || kind == Kind.INITIAL_OUTPUT;
  }

  /** Name in files: h_1, W0, dh_1, df, dW.x, W0.dx, f_0, w_2. */
  public String id() {
    return switch (kind) {
      case INITIAL_PREACTIVATION -> "h_" + layer;
      case INITIAL_READOUT -> "W0";
      case PREACTIVATION_CHANGE -> "dh_" + layer;
      case OUTPUT_CHANGE -> "df";
      case BY_READOUT -> "dW.x";
      case BY_FEATURES -> "W0.dx";
      case INITIAL_OUTPUT -> "f_0";
      case WEIGHT_DECAY -> "w_" + layer;
    };
  }

  /**
   * The exponent that a parametrization predicts; for weights, under the decay scaled for it. The
   * exponent of initial preactivations assumes features of order 1.
   */
  public BigFraction exponent(Classification classification) {
    return switch (kind) {
      case INITIAL_PREACTIVATION -> classification.initialPreactivation(layer);
      case INITIAL_READOUT -> classification.readoutInitialization().negate();
      case PREACTIVATION_CHANGE -> classification.preactivationChange(layer);
      case OUTPUT_CHANGE -> classification.outputChange();
      case BY_READOUT -> classification.outputByReadout();
      case BY_FEATURES -> classification.outputByFeatures();
      case INITIAL_OUTPUT -> classification.initialOutput();
      case WEIGHT_DECAY -> BigFraction.ZERO;
    };
  }
}
