package org.richkernel.bayes.critical;

import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;

/** Pass of points without targets through the tilted layers of the training points. */
final class OtherPointsPass {
  /** Number of points of a panel. */
  private static final int PANEL = 256;

  private OtherPointsPass() {}

  /** Number of points held at a time. */
  static int panel(int others) {
    return Math.min(PANEL, others);
  }

  /**
   * f(x) = C^L(x, X) V.
   *
   * @param kernels C^l of the training points
   * @param conjugate Ct^l of the training points
   * @param cross covariance of the inputs with the training inputs, Q x P
   * @param variance of the inputs, Q
   * @return Q x K
   */
  static double[] predict(
      Backend backend,
      FiniteWidthProblem problem,
      TiltedLayer layer,
      List<double[]> kernels,
      List<double[]> conjugate,
      double[] cross,
      double[] variance,
      long seed,
      int replica) {
    int points = problem.points();
    int outputs = problem.targets().outputs();
    double[] v = ConjugateKernel.of(backend, problem, kernels.get(problem.layers())).dual();
    double[] predictions = new double[variance.length * outputs];
    for (int from = 0; from < variance.length; from += PANEL) {
      int to = Math.min(variance.length, from + PANEL);
      double[] k = Arrays.copyOfRange(cross, from * points, to * points);
      double[] own = Arrays.copyOfRange(variance, from, to);
      for (int l = 0; l < problem.layers(); l++) {
        long noise = (long) l * variance.length + from;
        ascend(
            problem, layer, kernels.get(l), conjugate.get(l + 1), l, k, own, seed, replica, noise);
      }
      for (int x = 0; x < to - from; x++) {
        for (int i = 0; i < points; i++) {
          for (int o = 0; o < outputs; o++) {
            predictions[(from + x) * outputs + o] += k[x * points + i] * v[i * outputs + o];
          }
        }
      }
    }
    return predictions;
  }

  /** Replaces covariances of layer l by those of layer l + 1. */
  private static void ascend(
      FiniteWidthProblem problem,
      TiltedLayer layer,
      double[] kernel,
      double[] ct,
      int l,
      double[] cross,
      double[] variance,
      long seed,
      int replica,
      long noise) {
    int points = problem.points();
    int count = variance.length;
    double[] all = Arrays.copyOf(KernelDifferential.variances(kernel, points), points + count);
    System.arraycopy(variance, 0, all, points, count);
    PairMoments pairs = PairMoments.of(problem.activation(), all);
    double[] gain = new double[points];
    double[] otherGain = new double[count];
    Arrays.setAll(gain, pairs::gain);
    Arrays.setAll(otherGain, x -> pairs.gain(points + x));
    layer.tilt(kernel, ct, problem.weight()[l] / problem.width(), gain);
    TiltedLayer.OtherPoints change =
        layer.otherPoints(cross, variance, gain, otherGain, seed, replica, noise);
    double g = problem.weight()[l];
    double bias = problem.bias()[l];
    for (int x = 0; x < count; x++) {
      for (int i = 0; i < points; i++) {
        int xi = x * points + i;
        pairs.evaluate(points + x, i, cross[xi]);
        cross[xi] = bias + g * (pairs.value() + change.kernel()[xi]);
      }
      variance[x] = bias + g * (pairs.ownValue(points + x) + change.second()[x]);
    }
  }
}
