package org.richkernel.dynamics;

import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;

/**
 * The largest eigenvalue of the tangent kernel K = Phi + G o Phi^0 of the training points, the
 * fastest decay rate of f, measured panel by panel; with sites it is a sum over their pairs, {@link
 * PatchGradients}.
 */
final class FlowSpectrum {
  private static final String NAME = "spectrum";

  private final Backend backend;
  private final int samples;
  private final int points;
  private final int outputCount;
  private final Optional<PatchGradients> patches; // of points of several sites
  private final double fieldFactor;
  private final double readFactor;
  private final int readoutSites;
  private final double[] inputKernel; // Phi^0, P x P, of points of one site
  private final Matrix feature; // P x P
  private final Matrix gradient; // P x P
  private final LeadingEigenvalue leading;
  private double trace; // Tr(Phi) / P when it was measured last

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    int points = problem.trainPoints();
    int panel = NeuronFlow.panelRows(problem.options().samples());
    if (problem.sites().sites(1) > 1) {
      PatchGradients.plan(plan, NAME, problem, points, RankSpace.largestRank(problem), panel);
    }
    plan.add("feature kernel of the training points", Precision.FLOAT64, points, points)
        .add("gradient kernel of the training points", Precision.FLOAT64, points, points);
  }

  /**
   * @param space of the training points
   */
  FlowSpectrum(
      Backend backend, Workspace memory, DynamicsProblem problem, int samples, RankSpace space) {
    this.backend = backend;
    this.samples = samples;
    outputCount = problem.outputs();
    NetworkSites sites = problem.sites();
    fieldFactor = sites.readoutScale();
    readFactor = NeuronFlow.readFactor(sites);
    readoutSites = sites.readoutSites();
    boolean one = sites.sites(1) == 1;
    inputKernel = one ? space.trainKernel() : new double[0];
    patches =
        one
            ? Optional.empty()
            : Optional.of(new PatchGradients(backend, memory, NAME, space.train()));
    feature = memory.get("feature kernel of the training points");
    gradient = memory.get("gradient kernel of the training points");
    points = feature.rows();
    leading = new LeadingEigenvalue(points);
  }

  /**
   * Adds the contribution of a panel to Phi and G; the first panel resets them.
   *
   * @param panel with phi and phi'; its pull is overwritten
   * @param z readouts of its neurons, (rows Z) x K
   */
  void take(NeuronPanel panel, Matrix z, boolean first) {
    double read = readFactor * readFactor / samples;
    double field = fieldFactor * fieldFactor / samples;
    backend.gram(read, panel.seen().pool(0), first ? 0 : 1, feature);
    Matrix byReadout = panel.pull().reshaped(z.rows(), panel.pull().columns() / readoutSites);
    for (int k = 0; k < outputCount; k++) {
      backend.copy(panel.slope(), panel.pull());
      backend.scaleRows(z.view(0, z.rows(), k, 1), byReadout);
      double beta = first && k == 0 ? 0 : 1;
      if (patches.isPresent()) {
        patches.get().add(field, panel.pull(), beta, gradient);
      } else {
        backend.gram(field, panel.pull(), beta, gradient);
      }
    }
  }

  /** Measures the eigenvalue, after all panels. */
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
      kernel[j] += inputKernel.length > 0 ? g[j] * inputKernel[j] : g[j];
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

  /** State of the power iteration and the trace, for a checkpoint. */
  double[] numbers() {
    return leading.numbers();
  }

  /** Restores saved numbers. */
  void restore(double[] numbers) {
    leading.restore(numbers);
  }
}
