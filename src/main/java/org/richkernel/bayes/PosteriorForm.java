package org.richkernel.bayes;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;

/**
 * The algebra of a posterior: the form of the readout, and the parametrization of the layers above
 * the first. The density of the preactivations is the same in all forms.
 *
 * @param readout primal or dual
 * @param fields whitened or weights; whitened for one hidden layer
 */
record PosteriorForm(ReadoutForm readout, FieldForm fields) {
  private static final List<PosteriorForm> CONVOLUTIONAL =
      List.of(
          new PosteriorForm(ReadoutForm.PRIMAL, FieldForm.WEIGHTS),
          new PosteriorForm(ReadoutForm.PRIMAL, FieldForm.WHITENED),
          new PosteriorForm(ReadoutForm.DUAL, FieldForm.WEIGHTS));

  /**
   * The form of a solve of a convolutional network: the requested one; AUTO gives the one with the
   * fewest operations. The dual readout needs weights, and AUTO excludes whitened fields unless
   * their covariances are regular at every number of samples ({@link FeatureRank}). The choice
   * depends on sizes alone, so a resumed solve makes the same.
   *
   * @param outputs K
   */
  static PosteriorForm ofConvolutions(
      NetworkSpec network, ConvolutionShape shape, SaddleOptions options, int outputs) {
    FieldForm fields = options.largeData().fields();
    boolean regular = leastRank(network, shape, options).filter(FeatureRank::isRegular).isPresent();
    if (fields == FieldForm.AUTO && !regular) {
      fields = FieldForm.WEIGHTS;
    }
    ReadoutForm readout = options.largeData().form();
    if (readout == ReadoutForm.AUTO && !options.extrapolates()) {
      readout = ReadoutForm.PRIMAL;
    }
    PosteriorForm best = null;
    double least = Double.POSITIVE_INFINITY;
    for (PosteriorForm form : CONVOLUTIONAL) {
      boolean asked =
          (readout == form.readout || readout == ReadoutForm.AUTO)
              && (fields == form.fields || fields == FieldForm.AUTO);
      double operations = operations(form, shape, options.samples(), outputs);
      if (asked && operations < least) {
        best = form;
        least = operations;
      }
    }
    // of dual and whitened only a network of one layer is let through by the check of the options
    return best == null ? new PosteriorForm(ReadoutForm.DUAL, FieldForm.WEIGHTS) : best;
  }

  /** Operations of the layers above the first and of the readout in a gradient. */
  private static double operations(
      PosteriorForm form, ConvolutionShape shape, double samples, int outputs) {
    double links = 0;
    for (int l = 2; l <= shape.layers(); l++) {
      double n = shape.columns(l);
      double below = shape.columns(l - 1);
      links +=
          form.hasWeights()
              ? 6 * samples * samples * shape.maps().get(l - 1).offsets() * n
              : 6 * samples * n * n + 4 * samples * below * below + 4 * n * n * n;
    }
    double features = samples * shape.pooledRows(shape.layers());
    return links + readout(form, features, shape.points(), outputs);
  }

  /** Operations of the readout of n features in a gradient. */
  private static double readout(PosteriorForm form, double n, double points, double outputs) {
    return form.isDual()
        ? n * n * points + 4 * n * points * outputs + n * n * n / 3
        : n * points * points + points * points * points / 3;
  }

  /** Features of the layer that has fewest for its columns; empty for one layer. */
  static Optional<FeatureRank> leastRank(
      NetworkSpec network, ConvolutionShape shape, SaddleOptions options) {
    return IntStream.rangeClosed(2, shape.layers())
        .mapToObj(l -> FeatureRank.of(network, shape, l, fewest(options)))
        .min(Comparator.comparingDouble(FeatureRank::share));
  }

  /** Features between dense layers in the smallest population. */
  static FeatureRank leastRank(NetworkSpec network, int points, int rank, SaddleOptions options) {
    return FeatureRank.of(network, points, rank, fewest(options));
  }

  /** Number of samples of the smallest population. */
  private static int fewest(SaddleOptions options) {
    return options.extrapolates() ? options.samples() / 4 : options.samples();
  }

  /**
   * The form of a solve of a fully connected network: the requested one; AUTO gives the one with
   * the fewest operations. Whitened fields have P x P factors, so the dual readout needs weights,
   * and AUTO excludes whitened fields if the samples are too few for regular factors ({@link
   * FeatureRank}).
   *
   * @param points P
   * @param rank r
   * @param outputs K
   */
  static PosteriorForm of(
      NetworkSpec network, SaddleOptions options, int points, int rank, int outputs) {
    ReadoutForm readout = options.largeData().form();
    FieldForm fields = options.largeData().fields();
    Cost cost = new Cost(network.hiddenLayers(), points, rank, outputs, options.samples());
    boolean maybeDual = !WellFinder.applies(network, rank);
    boolean deep = network.hiddenLayers() > 1;
    boolean regular = leastRank(network, points, rank, options).isRegular();
    PosteriorForm best = null;
    for (ReadoutForm r : new ReadoutForm[] {ReadoutForm.PRIMAL, ReadoutForm.DUAL}) {
      for (FieldForm f : new FieldForm[] {FieldForm.WHITENED, FieldForm.WEIGHTS}) {
        PosteriorForm form = new PosteriorForm(r, f);
        boolean asked =
            (readout == r || readout == ReadoutForm.AUTO && (r == ReadoutForm.PRIMAL || maybeDual))
                && (!deep
                    || fields == f
                    || fields == FieldForm.AUTO && (f == FieldForm.WEIGHTS || regular));
        boolean exists =
            deep ? r == ReadoutForm.PRIMAL || f == FieldForm.WEIGHTS : f == FieldForm.WHITENED;
        if (asked && exists && (best == null || cost.of(form) < cost.of(best))) {
          best = form;
        }
      }
    }
    if (best == null) {
      // dual and whitened; the check of the options refuses it with the reason
      return new PosteriorForm(ReadoutForm.DUAL, FieldForm.WHITENED);
    }
    return best;
  }

  /** Whether the readout is in the dual form. */
  boolean isDual() {
    return readout == ReadoutForm.DUAL;
  }

  /** Whether the layers above the first have weights. */
  boolean hasWeights() {
    return fields == FieldForm.WEIGHTS;
  }

  /**
   * Operations of a gradient.
   *
   * @param layers L
   * @param points P
   * @param rank r
   * @param outputs K
   * @param samples S
   */
  record Cost(double layers, double points, double rank, double outputs, double samples) {
    /** 4 S P r, plus the operations of the layers above and of the readout. */
    double of(PosteriorForm form) {
      double s = samples;
      double p = points;
      return 4 * s * p * rank + readout(form, s, p, outputs) + (layers - 1) * link(form);
    }

    /** 6 S^2 P for weights; 10 S P^2 + 4 P^3 for whitened fields. */
    private double link(PosteriorForm form) {
      double s = samples;
      double p = points;
      return form.hasWeights() ? 6 * s * s * p : 10 * s * p * p + 4 * p * p * p;
    }
  }
}
