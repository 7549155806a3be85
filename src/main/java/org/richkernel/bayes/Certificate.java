package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.sampling.FailedCriterion;
import org.richkernel.sampling.Mixing;

/**
 * Convergence tests of a solution.
 *
 * @param residual for a sampled solution the relative violation of an integration by parts that
 *     samples of the density obey ({@link EquilibriumIdentity}), in the layer where it exceeds its
 *     error most; for a closed form the relative residual of its equations
 * @param residualError its standard error, 0 for closed forms
 * @param largestShare largest share of a single sample in the fit; near 1 for samples condensed
 *     into a metastable state
 * @param sweeps of each chain in the averages; 0 for closed forms
 * @param mixing agreement and length of the chains
 * @param layers tests of each hidden layer; empty for closed forms
 * @param wells number of wells of a single neuron found by a search, mirror images counted once;
 *     empty without a search. No test detects a well that no chain entered and that the search
 *     missed.
 * @param sampleSize test that the extrapolation starts from enough samples; empty without this test
 */
public record Certificate(
    double residual,
    double residualError,
    double largestShare,
    long sweeps,
    Mixing mixing,
    List<Layer> layers,
    OptionalInt wells,
    Optional<SampleSize> sampleSize) {
  /**
   * Smallest number of sweeps of certified averages; fewer determine the autocorrelation poorly.
   */
  static final int FEWEST_SWEEPS = Mixing.FEWEST_SWEEPS;

  /** Largest share of one sample in the fit at the saddle. */
  private static final double LARGEST_SHARE = 0.8;

  /**
   * Test that S and S/4 samples are enough for the extrapolation.
   *
   * @param residual |Y - (g Phi + kappa) v| / |Y| of the extrapolated averages
   * @param residualError its standard error
   * @param dimension effective dimension tr g Phi (g Phi + kappa)^{-1} at S/4 samples, the mean of
   *     the kept populations
   * @param dimensionAtS the same at S samples
   * @param samples S
   * @param features number of readout weights at S/4: S/4, times the sites of a flattened readout
   */
  public record SampleSize(
      double residual,
      double residualError,
      double dimension,
      double dimensionAtS,
      int samples,
      int features) {
    /** Largest effective dimension for an extrapolation, relative to the number of features. */
    private static final double LARGEST_SHARE = 0.55;

    /** Factor beyond the largest effective dimension from which no later population will do. */
    private static final double CLEAR = 1.1;

    /** Largest effective dimension at S/4 for an extrapolation. */
    public double largestDimension() {
      return LARGEST_SHARE * features;
    }

    /**
     * Number of samples, a multiple of 4, whose quarter is enough for the effective dimension: that
     * at S, or the limit of many samples if such a quarter is above S.
     */
    public int wanted() {
      double atS = dimensionAtS / largestDimension();
      double limit = (4 * dimensionAtS - dimension) / 3 / largestDimension();
      double quarters = atS > 4 ? limit : atS;
      return Math.toIntExact((long) Math.ceil(quarters * samples / 4) * 4);
    }

    /** Whether the effective dimension is too large by more than it varies from sweep to sweep. */
    private boolean isFarTooLarge() {
      return dimension > CLEAR * largestDimension();
    }

    private double excess() {
      return residual - 2 * residualError;
    }

    private boolean isEnough(double tolerance) {
      return dimension <= largestDimension() && excess() <= tolerance;
    }

    /** Adds the criteria that fail; too few samples are one of them, however they are seen. */
    private void judge(double tolerance, List<FailedCriterion> failed) {
      boolean small = !(dimension <= largestDimension());
      boolean judged = !Double.isNaN(residualError);
      boolean violated = judged && !(excess() <= tolerance);
      if (small || violated) {
        failed.add(tooFewSamples(tolerance, small, violated));
      }
      if (!judged) {
        failed.add(
            new FailedCriterion(
                "too few sweeps", "too few sweeps to judge the extrapolation in S"));
      } else if (!violated && !(residualError <= tolerance)) {
        failed.add(
            new FailedCriterion(
                text("error of the extrapolated equations %.2g > %.2g", residualError, tolerance),
                text(
                    "the error %.2g of the extrapolated equations is above the tolerance %.2g",
                    residualError, tolerance)));
      }
    }

    private FailedCriterion tooFewSamples(double tolerance, boolean small, boolean violated) {
      List<String> reasons = new ArrayList<>();
      if (small) {
        reasons.add(
            text(
                "the effective dimension at S/4=%d is %.0f (at most %.2f of %d features)",
                samples / 4, dimension, LARGEST_SHARE, features));
      }
      if (violated) {
        reasons.add(
            text(
                "the extrapolated equations are violated by %.2g +- %.1g (tolerance %.2g)",
                residual, residualError, tolerance));
      }
      int least = Math.max(wanted(), small ? samples + 4 : 2 * samples);
      return new FailedCriterion(
          small
              ? text("samples %d < %d", samples, least)
              : text(
                  "extrapolated equations %.2g +- %.1g > %.2g", residual, residualError, tolerance),
          text(
              "too few samples: %s; samples %d %s",
              String.join(", and ", reasons), least, small ? "or more wanted" : "may do"));
    }
  }

  /**
   * Test of one hidden layer.
   *
   * @param layer 1 to L
   * @param residual relative violation of the integration by parts in this layer's fields
   * @param residualError its standard error
   */
  public record Layer(int layer, double residual, double residualError) {
    /** The part of the violation beyond two standard errors. */
    double excess() {
      return residual - 2 * residualError;
    }

    private void judge(double tolerance, List<FailedCriterion> failed) {
      if (Double.isNaN(residualError)) {
        failed.add(
            new FailedCriterion(
                "too few sweeps", text("too few sweeps to judge the residual of layer %d", layer)));
        return;
      }
      if (!(excess() <= tolerance)) {
        failed.add(
            new FailedCriterion(
                text(
                    "residual of layer %d %.2g +- %.1g > %.2g",
                    layer, residual, residualError, tolerance),
                text(
                    "the samples do not follow the density: residual %.2g +- %.1g in layer %d"
                        + " (tolerance %.2g)",
                    residual, residualError, layer, tolerance)));
      }
      if (!(residualError <= tolerance)) {
        failed.add(
            new FailedCriterion(
                text(
                    "error of the residual of layer %d %.2g > %.2g",
                    layer, residualError, tolerance),
                text(
                    "the error %.2g of the residual of layer %d is above the tolerance %.2g",
                    residualError, layer, tolerance)));
      }
    }
  }

  /** A certificate without a test of the number of samples. */
  public Certificate(
      double residual,
      double residualError,
      double largestShare,
      long sweeps,
      Mixing mixing,
      List<Layer> layers,
      OptionalInt wells) {
    this(residual, residualError, largestShare, sweeps, mixing, layers, wells, Optional.empty());
  }

  /** Takes a copy of the list. */
  public Certificate {
    layers = List.copyOf(layers);
  }

  /** The certificate of a closed form whose equations hold to the given relative residual. */
  public static Certificate exact(double residual) {
    return new Certificate(residual, 0, 0, 0, Mixing.none(), List.of(), OptionalInt.empty());
  }

  /** Smallest number of independent sweeps of a chain; infinite for closed forms. */
  public double effectiveSweeps() {
    return mixing.lengths();
  }

  /**
   * Whether the error estimates are valid: the chains agree, are long enough, and sample the
   * saddle. Errors may still be larger than the tolerance.
   */
  public boolean errorsHold() {
    return sampling().isEmpty();
  }

  /**
   * The same, and the test of the number of samples found no bias of the extrapolation beyond a
   * tolerance.
   */
  public boolean errorsHold(double tolerance) {
    return errorsHold() && sampleSize.map(size -> size.isEnough(tolerance)).orElse(true);
  }

  private List<FailedCriterion> sampling() {
    if (layers.isEmpty()) {
      return List.of();
    }
    List<FailedCriterion> failed = new ArrayList<>(mixing.failed());
    if (sweeps < FEWEST_SWEEPS) {
      failed.add(
          new FailedCriterion(
              text("sweeps %d < %d", sweeps, FEWEST_SWEEPS),
              text("averages over %d sweeps (%d wanted)", sweeps, FEWEST_SWEEPS)));
    }
    if (!(largestShare <= LARGEST_SHARE)) {
      failed.add(
          new FailedCriterion(
              text("share of one sample %.2f > %.1f", largestShare, LARGEST_SHARE),
              text(
                  "one sample carries %.2f of the fit (at most %.1f)",
                  largestShare, LARGEST_SHARE)));
    }
    return failed;
  }

  /** The failed criteria at a tolerance, one line each; empty for a converged solution. */
  public List<String> failures(double tolerance) {
    return FailedCriterion.texts(failed(tolerance));
  }

  /** The failed criteria at a tolerance, in full and in short. */
  public List<FailedCriterion> failed(double tolerance) {
    List<FailedCriterion> failed = new ArrayList<>(sampling());
    layers.forEach(layer -> layer.judge(tolerance, failed));
    sampleSize.ifPresent(size -> size.judge(tolerance, failed));
    if (layers.isEmpty() && !(residual <= tolerance)) {
      failed.add(
          new FailedCriterion(
              text("residual %.2g > %.2g", residual, tolerance),
              text("residual %.2g of the equations (tolerance %.2g)", residual, tolerance)));
    }
    return failed;
  }

  /** Whether the number of samples is the only failed criterion at a tolerance. */
  public boolean lacksSamplesAlone(double tolerance) {
    boolean few = sampleSize.map(size -> !size.isEnough(tolerance)).orElse(false);
    List<FailedCriterion> others = new ArrayList<>(sampling());
    layers.forEach(layer -> layer.judge(tolerance, others));
    return few && others.isEmpty();
  }

  /** Whether the number of samples alone is missing, so clearly that no further sweep helps. */
  boolean isBeyondSweeps(double tolerance) {
    return lacksSamplesAlone(tolerance) && sampleSize.map(SampleSize::isFarTooLarge).orElse(false);
  }

  private static String text(String format, Object... numbers) {
    return String.format(Locale.ROOT, format, numbers);
  }
}
