package org.richkernel.finite;

import org.richkernel.bayes.TrajectoryRecord;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Readout weights w sampled with the others:
 *
 * <pre>  V = (beta N / 2) |E|^2,   E = gamma Y - sqrt(g) phi^L^T w / N,
 *   dV/dphi^L = -beta sqrt(g) w E^T,   dV/dw = -beta sqrt(g) phi^L E.</pre>
 */
final class SampledReadout implements ReadoutLikelihood {
  private final Backend backend;
  private final SiteFields fields;
  private final double readoutScale; // sqrt(g), over sqrt(s) or s
  private final double beta;
  private final double gamma;
  private final int width;
  private final Matrix phi;
  private final Matrix weights; // w, N x K, those of all sites side by side
  private final Matrix gradient; // dV/dw
  private final Matrix targets;
  private final Matrix error;
  private final Matrix errorSingle;

  /**
   * @param phi top features, N x (P s)
   * @param weights w within the position of the sampler
   * @param gradient receives dV/dw
   */
  SampledReadout(
      Backend backend,
      PosteriorProblem problem,
      Workspace memory,
      SiteFields fields,
      Matrix phi,
      Matrix targets,
      Matrix weights,
      Matrix gradient) {
    this.backend = backend;
    this.fields = fields;
    this.phi = phi;
    this.targets = targets;
    this.weights = weights;
    this.gradient = gradient;
    double g = problem.network().weightVariance(problem.network().hiddenLayers());
    readoutScale = Math.sqrt(g) * fields.readoutScale();
    beta = problem.options().beta();
    gamma = problem.options().gamma();
    width = problem.options().width();
    error = memory.get("errors");
    errorSingle = memory.get("errors, single");
  }

  static void plan(MemoryPlan plan, int points, int outputs) {
    plan.add("errors", Precision.FLOAT64, points, outputs)
        .add("errors, single", Precision.FLOAT32, points, outputs);
  }

  @Override
  public void potential(double richness, TrajectoryRecord record) {
    fields.outputs(-readoutScale / width, phi, fields.bySite(weights), error);
    backend.axpy(richness, targets, error);
    backend.dot(0.5 * beta * width, error, error, 0, record.potential());
  }

  @Override
  public void pull(Matrix out) {
    backend.copy(error, errorSingle);
    double scale = -beta * readoutScale;
    fields.pullReadout(scale, fields.bySite(weights), errorSingle, out);
    fields.readoutGradient(scale, phi, errorSingle, 0, fields.bySite(gradient));
  }

  /** v = beta E / gamma = beta (y - f). */
  @Override
  public double[] dual() {
    double[] values = new double[Math.toIntExact(error.size())];
    backend.download(error, values);
    for (int i = 0; i < values.length; i++) {
      values[i] *= beta / gamma;
    }
    return values;
  }

  /** u = sqrt(g) w / (gamma N). */
  @Override
  public void outputWeights(Matrix u) {
    backend.fill(0, u);
    backend.axpy(readoutScale / (gamma * width), weights, u);
  }
}
