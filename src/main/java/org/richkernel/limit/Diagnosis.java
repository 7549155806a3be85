package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.math3.fraction.BigFraction;

/**
 * Result of a coordinate check (arXiv:2203.03466, appendix D.1). Layers are tested from below; the
 * first one whose slope is off is at fault, as layers above inherit its updates.
 *
 * @param mistake likely mistake, {@link Mistake#NONE} if all slopes are as predicted
 * @param layer at fault, 1 to L + 1; 0 for no layer
 * @param evidence slope that decided
 * @param slopes all compared slopes
 */
public record Diagnosis(Mistake mistake, int layer, Optional<Slope> evidence, List<Slope> slopes) {
  /** Likely mistake in a parametrization. */
  public enum Mistake {
    /** All slopes are as predicted. */
    NONE("none"),
    /** Too few networks or too narrow a range to tell, or saturation. */
    NO_POWER_LAW("not a power law in this range"),
    /** b_l or a_l of a layer below the readout. */
    INITIALIZATION("initialisation of a layer"),
    /** c_l or a_l of a layer below the readout. */
    LEARNING_RATE("learning rate of a layer"),
    /** c_{L+1}. */
    READOUT_RATE("learning rate of the readout"),
    /** a_{L+1} or b_{L+1}. */
    READOUT_SCALE("output multiplier or initialisation of the readout"),
    /** Adam's epsilon becomes larger than the gradients. */
    EPSILON("epsilon not scaled with the gradients"),
    /** The decay vanishes with the learning rate. */
    WEIGHT_DECAY("weight decay of a layer, not scaled against its learning rate");

    private final String label;

    Mistake(String label) {
      this.label = label;
    }

    /** Description in words. */
    public String label() {
      return label;
    }
  }

  /** Largest difference between the deviations of two layers with a common cause. */
  private static final double ALIKE = 0.4;

  /**
   * Threshold of a deviation by a learning rate of Adam without its scaling, which is a whole power
   * of n.
   */
  private static final double LEARNING_RATE_STEP = -0.75;

  /** Curvature of a law between two powers: epsilon exceeds the gradients as the width grows. */
  private static final double BENT = -0.1;

  /** Takes a copy of the list. */
  public Diagnosis {
    slopes = List.copyOf(slopes);
  }

  /**
   * Compares runs with their declared parametrization: at the start, after the first recorded step,
   * and, if it is stable, after the last. Slopes are clearest after one step, before feedback and
   * saturation; weight decay shows after several.
   *
   * @param runs with the same times
   * @param decay declared exponents of decoupled weight decay, L + 1; empty without decay
   */
  public static Diagnosis of(
      Classification classification, List<CoordinateRun> runs, Optional<List<BigFraction>> decay) {
    int depth = classification.parametrization().depth();
    int last = runs.get(0).steps();
    List<Slope> seen = new ArrayList<>();
    List<Slope> start = Slope.measure(classification, Quantity.initial(depth), runs, 1);
    seen.addAll(start);
    boolean isFirst = runs.get(0).times().get(1) == 1;
    Classification early = isFirst ? classification.atFirstStep() : classification;
    List<Slope> first = Slope.measure(early, runs, 1);
    seen.addAll(first);
    List<Slope> late =
        last > 1 && classification.isStable()
            ? Slope.measure(classification, runs, last)
            : List.of();
    late.stream().filter(slope -> !slope.quantity().isInitial()).forEach(seen::add);
    List<Slope> shrinking =
        decay.map(exponents -> decays(classification, exponents, runs, last)).orElse(List.of());
    seen.addAll(shrinking);
    boolean normalized = classification.parametrization().optimizer().isNormalized();
    Found found =
        initialization(start, depth)
            .or(() -> walk(first, normalized))
            .or(() -> shrinking.stream().filter(Diagnosis::fades).findFirst().map(Found::decay))
            .or(() -> walk(whole(late), normalized))
            .or(() -> bent(first))
            .orElse(new Found(Mistake.NONE, 0, Optional.empty()));
    return new Diagnosis(found.mistake(), found.layer(), found.evidence(), seen);
  }

  private record Found(Mistake mistake, int layer, Optional<Slope> evidence) {
    static Found of(Mistake mistake, int layer, Slope evidence) {
      // a curved line has no exponent
      return evidence.isCurved()
          ? new Found(Mistake.NO_POWER_LAW, 0, Optional.of(evidence))
          : new Found(mistake, layer, Optional.of(evidence));
    }

    static Found decay(Slope evidence) {
      return of(Mistake.WEIGHT_DECAY, evidence.quantity().layer(), evidence);
    }
  }

  /** Hidden matrices (n x n) under decay, lambda_l ~ n^{its exponent} with rates n^{-c_l}. */
  private static List<Slope> decays(
      Classification classification,
      List<BigFraction> exponents,
      List<CoordinateRun> runs,
      int last) {
    List<Slope> slopes = new ArrayList<>();
    for (int l = 2; l <= classification.parametrization().depth(); l++) {
      Slope.measure(
              new Quantity(Quantity.Kind.WEIGHT_DECAY, l),
              exponents.get(l - 1).subtract(classification.parametrization().c().get(l - 1)),
              false,
              runs,
              last)
          .ifPresent(slopes::add);
    }
    return slopes;
  }

  /** A curved line whose slope deviates; its errors are too large for {@link Slope#isOff}. */
  private static Optional<Found> bent(List<Slope> slopes) {
    return slopes.stream()
        .filter(slope -> slope.isCurved() && Math.abs(slope.deviation()) > Slope.RESOLVED)
        .findFirst()
        .map(slope -> new Found(Mistake.NO_POWER_LAW, 0, Optional.of(slope)));
  }

  /**
   * The slopes without the two parts of the outputs' change: after some steps, and under decay, the
   * parts may cancel.
   */
  private static List<Slope> whole(List<Slope> late) {
    return late.stream()
        .filter(
            slope ->
                slope.quantity().kind() != Quantity.Kind.BY_READOUT
                    && slope.quantity().kind() != Quantity.Kind.BY_FEATURES)
        .toList();
  }

  /**
   * Whether the decay falls with the width. One that seems to grow is weak everywhere and hidden by
   * updates at small widths.
   */
  private static boolean fades(Slope decay) {
    return decay.isOff() && decay.deviation() < 0;
  }

  private static Optional<Found> initialization(List<Slope> start, int depth) {
    return start.stream()
        .filter(Slope::isOff)
        .findFirst()
        .map(
            slope ->
                slope.quantity().kind() == Quantity.Kind.INITIAL_READOUT
                    ? Found.of(Mistake.READOUT_SCALE, depth + 1, slope)
                    : Found.of(Mistake.INITIALIZATION, slope.quantity().layer(), slope));
  }

  private static Optional<Found> walk(List<Slope> slopes, boolean normalized) {
    List<Slope> layers = of(slopes, Quantity.Kind.PREACTIVATION_CHANGE);
    List<Slope> guilty = layers.stream().filter(Slope::isOff).toList();
    Optional<Slope> outputs =
        off(slopes, Quantity.Kind.INITIAL_OUTPUT)
            .or(() -> off(slopes, Quantity.Kind.BY_FEATURES).filter(by -> exceeds(by, layers)));
    if (!guilty.isEmpty()) {
      Slope lowest = guilty.get(0);
      if (normalized && isEpsilon(layers, of(slopes, Quantity.Kind.BY_READOUT))) {
        return Optional.of(new Found(Mistake.EPSILON, 0, Optional.of(lowest)));
      }
      // the size of the readout enters the gradients of all layers alike
      if (!normalized && outputs.isPresent() && isShared(layers)) {
        return Optional.of(Found.of(Mistake.READOUT_SCALE, layers.size() + 1, outputs.get()));
      }
      return Optional.of(Found.of(Mistake.LEARNING_RATE, lowest.quantity().layer(), lowest));
    }
    int readout = layers.size() + 1;
    return off(slopes, Quantity.Kind.BY_READOUT)
        .map(slope -> Found.of(Mistake.READOUT_RATE, readout, slope))
        .or(() -> outputs.map(slope -> Found.of(Mistake.READOUT_SCALE, readout, slope)))
        .or(
            () ->
                off(slopes, Quantity.Kind.OUTPUT_CHANGE)
                    .map(slope -> Found.of(Mistake.READOUT_RATE, readout, slope)));
  }

  /** Whether W_0 dx is off by more than dx, so that W_0 itself is off. */
  private static boolean exceeds(Slope byFeatures, List<Slope> layers) {
    double features = layers.isEmpty() ? 0 : layers.get(layers.size() - 1).deviation();
    return Math.abs(byFeatures.deviation() - features) > Slope.RESOLVED;
  }

  /** Whether all layers deviate with one sign, by about the same amount. */
  private static boolean isShared(List<Slope> layers) {
    double least = layers.stream().mapToDouble(Slope::deviation).min().orElse(0);
    double most = layers.stream().mapToDouble(Slope::deviation).max().orElse(0);
    return most - least < ALIKE && least * most > 0;
  }

  /**
   * Whether epsilon is at fault: all layers move too little by about the same amount, and ever less
   * as the width grows. Or they miss a fraction of a power, which no learning rate does, while the
   * readout, whose gradients do not vanish, is as predicted.
   */
  private static boolean isEpsilon(List<Slope> layers, List<Slope> readout) {
    double mean = layers.stream().mapToDouble(Slope::deviation).average().orElse(0);
    double bend = layers.stream().mapToDouble(slope -> slope.law().curvature()).average().orElse(0);
    boolean isPartial =
        layers.size() > 1
            && mean > LEARNING_RATE_STEP
            && readout.stream().anyMatch(slope -> Math.abs(slope.deviation()) < Slope.RESOLVED);
    return mean < 0 && isShared(layers) && (bend < BENT || isPartial);
  }

  private static List<Slope> of(List<Slope> slopes, Quantity.Kind kind) {
    return slopes.stream().filter(slope -> slope.quantity().kind() == kind).toList();
  }

  private static Optional<Slope> off(List<Slope> slopes, Quantity.Kind kind) {
    return of(slopes, kind).stream().filter(Slope::isOff).findFirst();
  }

  /** Description of the mistake with its layer. */
  public String likely() {
    return mistake.label().replace("of a layer", "of layer " + layer);
  }

  /** The diagnosis in one sentence. */
  public String sentence() {
    if (evidence.isEmpty()) {
      return "All slopes are as predicted.";
    }
    Slope slope = evidence.get();
    String measured =
        String.format(
            Locale.ROOT,
            "%s scales as n^%.2f +- %.2f at step %d where n^%s is predicted",
            slope.quantity().id(),
            slope.law().slope(),
            slope.law().slopeStandardError(),
            slope.step(),
            Exponents.text(slope.predicted()));
    return switch (mistake) {
      case NONE -> "All slopes are as predicted.";
      case NO_POWER_LAW ->
          measured
              + String.format(
                  Locale.ROOT,
                  ", but its local slopes differ by %.2f +- %.2f: not a power law in this range",
                  slope.law().curvature(),
                  slope.law().curvatureStandardError())
              + " (saturation, or a learning rate that is too large; try an earlier step).";
      case EPSILON -> measured + ", and all layers fall off alike: " + likely() + ".";
      default -> measured + ": look at the " + likely() + ".";
    };
  }
}
