package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.commons.math3.random.Well19937c;
import org.richkernel.compute.Activation;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/** Small problems of Gaussian inputs and alternating targets, and comparisons within errors. */
final class Problems {
  static final int TRAIN = 4;
  static final int TEST = 1;
  static final int DIMENSION = 6;

  private Problems() {}

  static DynamicsProblem gaussian(int layers, Activation activation, DynamicsOptions options) {
    return gaussian(layers, activation, options, TRAIN);
  }

  static DynamicsProblem gaussian(
      int layers, Activation activation, DynamicsOptions options, int train) {
    double[] targets = new double[train];
    java.util.Arrays.setAll(targets, i -> i % 2 == 0 ? 1 : -1);
    return new DynamicsProblem(
        NetworkSpec.of(layers, activation),
        options,
        inputs(train, 11),
        Targets.of(targets),
        inputs(TEST, 12),
        Targets.of(new double[] {0.5}));
  }

  /** Five training and two test points with three outputs each. */
  static DynamicsProblem threeOutputs(int layers, Activation activation, DynamicsOptions options) {
    double[] train = {1, 0, -1, 0, 1, 0.5, -1, 0, 0, 0.5, -1, 1, 0, 0, 1};
    return new DynamicsProblem(
        NetworkSpec.of(layers, activation),
        options,
        inputs(5, 13),
        Targets.of(train, 5, 3),
        inputs(2, 14),
        Targets.of(new double[] {1, 0, 0, 0, 1, 0}, 2, 3));
  }

  static Inputs inputs(int rows, int seed) {
    Well19937c random = new Well19937c(seed);
    double[] values = new double[rows * DIMENSION];
    java.util.Arrays.setAll(values, i -> random.nextGaussian());
    return Inputs.of(values, rows, DIMENSION);
  }

  /** 1 at every third place, about -1/2 at the others. */
  static Targets targets(int rows, int outputs) {
    double[] values = new double[rows * outputs];
    java.util.Arrays.setAll(values, i -> i % 3 == 0 ? 1 : -0.5 - 0.1 * (i % 2));
    return Targets.of(values, rows, outputs);
  }

  /** Outputs on training and test points. */
  static double[] outputs(FixedPointSolution solution) {
    double[] train = solution.trainOutputs();
    double[] test = solution.testOutputs();
    double[] f = java.util.Arrays.copyOf(train, train.length + test.length);
    System.arraycopy(test, 0, f, train.length, test.length);
    return f;
  }

  /** |x - y| / |y|. */
  static double distance(double[] x, double[] y) {
    double squares = 0;
    double total = 0;
    for (int i = 0; i < x.length; i++) {
      squares += (x[i] - y[i]) * (x[i] - y[i]);
      total += y[i] * y[i];
    }
    return Math.sqrt(squares / total);
  }

  /** Requires all outputs and all recorded kernels of two solutions to be close. */
  static void requireClose(
      DynamicsSolution a, DynamicsSolution b, double standardErrors, double allowance) {
    requireClose(
        "outputs",
        a.mean().outputs(),
        a.standardError().outputs(),
        b.mean().outputs(),
        b.standardError().outputs(),
        standardErrors,
        allowance);
    assertThat(a.mean().kernels()).hasSameSizeAs(b.mean().kernels());
    for (int k = 0; k < a.mean().kernels().size(); k++) {
      LayerKernels meanA = a.mean().kernels().get(k);
      LayerKernels errorA = a.standardError().kernels().get(k);
      LayerKernels meanB = b.mean().kernels().get(k);
      LayerKernels errorB = b.standardError().kernels().get(k);
      assertThat(meanA.step()).isEqualTo(meanB.step());
      for (int l = 0; l < meanA.feature().size(); l++) {
        String where = (l + 1) + " at " + meanA.step();
        requireClose(
            "Phi^" + where,
            meanA.feature().get(l),
            errorA.feature().get(l),
            meanB.feature().get(l),
            errorB.feature().get(l),
            standardErrors,
            allowance);
        requireClose(
            "G^" + where,
            meanA.gradient().get(l),
            errorA.gradient().get(l),
            meanB.gradient().get(l),
            errorB.gradient().get(l),
            standardErrors,
            allowance);
      }
    }
  }

  /**
   * Requires each entry of a to be within so many combined standard errors of b, plus an allowance
   * for the finite width.
   */
  static void requireClose(
      String what,
      double[] a,
      double[] errorA,
      double[] b,
      double[] errorB,
      double standardErrors,
      double allowance) {
    assertThat(a).as(what).hasSameSizeAs(b);
    for (int i = 0; i < a.length; i++) {
      double error = Math.hypot(errorA[i], errorB[i]);
      assertThat(Math.abs(a[i] - b[i]))
          .as("%s [%d]: %.5f against %.5f, standard error %.5f", what, i, a[i], b[i], error)
          .isLessThanOrEqualTo(standardErrors * error + allowance);
    }
  }
}
