package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * The largest eigenvalue of the tangent kernel K = Phi + G o Phi^0 of the training points, by which
 * f decays fastest, measured panel by panel.
 */
final class FlowSpectrum {
  private final Backend backend;
  private final int samples;
  private final int points;
  private final int outputCount;
  private final double[] inputKernel; // Phi^0, P x P
  private final Matrix feature; // P x P
  private final Matrix gradient; // P x P
  private final LeadingEigenvalue leading;
  private double trace; // Tr(Phi) / P when it was measured last

  static void plan(MemoryPlan plan, int points) {
    plan.add("feature kernel of the training points", Precision.FLOAT64, points, points)
        .add("gradient kernel of the training points", Precision.FLOAT64, points, points);
  }

  /**
   * @param inputKernel Phi^0 of the training points, row-major P x P
   */
  FlowSpectrum(
      Backend backend, Workspace memory, int samples, int outputCount, double[] inputKernel) {
    this.backend = backend;
    this.samples = samples;
    this.outputCount = outputCount;
    this.inputKernel = inputKernel;
    feature = memory.get("feature kernel of the training points");
    gradient = memory.get("gradient kernel of the training points");
    points = feature.rows();
    leading = new LeadingEigenvalue(points);
  }

  /**
   * Adds what a panel contributes to Phi and G; the first panel begins them anew.
   *
   * @param panel with phi and phi'; its pull is overwritten
   * @param z readouts of its neurons, rows x K
   */
  void take(NeuronPanel panel, Matrix z, boolean first) {
    backend.gram(1.0 / samples, panel.phi(), first ? 0 : 1, feature);
    for (int k = 0; k < outputCount; k++) {
      backend.copy(panel.slope(), panel.pull());
      backend.scaleRows(z.view(0, panel.rows(), k, 1), panel.pull());
      backend.gram(1.0 / samples, panel.pull(), first && k == 0 ? 0 : 1, gradient);
    }
  }

  /** Measures the eigenvalue, once every panel was taken. */
  void measure() {
    double[] kernel = new double[points * points];
    double[] g = new double[kernel.length];
    backend.download(feature, kernel);
    backend.download(gradient, g);
    trace = 0;
    for (int j = 0; j < points; j++) {
      trace += kernel[j * points + j] / points;
    }
    for (int j = 0; j < g.length; j++) {
      // <g_k g_k'> summed over k = k' bounds the blocks of all outputs together
      kernel[j] += g[j] * inputKernel[j];
    }
    leading.measure(kernel);
  }

  /** Root mean square of the features when it was measured last. */
  double featureScale() {
    return Math.sqrt(trace);
  }

  /** The eigenvalue when it was measured last. */
  double largest() {
    return leading.value();
  }

  /** What a measurement goes on from, for a checkpoint. */
  double[] numbers() {
    return leading.numbers();
  }

  /** Takes up saved numbers. */
  void restore(double[] numbers) {
    leading.restore(numbers);
  }
}
