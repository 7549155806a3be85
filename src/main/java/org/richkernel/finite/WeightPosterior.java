package org.richkernel.finite;

import org.richkernel.bayes.HmcTarget;
import org.richkernel.bayes.TrajectoryRecord;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;

/**
 * Posterior of the weights of a finite network as a density exp(-|W|^2 / 2 - V(W)), for one chain
 * at a time.
 *
 * <p>Cost of an evaluation: 6 N^2 P flops for each hidden layer after the first, 4 N P r for the
 * first, 4 N P^2 for an integrated readout. Memory: three matrices of all weights in addition to
 * those of the chains.
 */
final class WeightPosterior implements HmcTarget, AutoCloseable {
  private final Backend backend;
  private final Workspace memory;
  private final WeightLayout layout;
  private final double gamma;
  private final Matrix position;
  private final Matrix momentum;
  private final Matrix gradient;
  private final Matrix kernel;
  private final Matrix outputWeights;
  private final HiddenLayers hidden;
  private final ReadoutLikelihood likelihood;
  private final TrajectoryRecord record;
  private Matrix chain;
  private double richness;

  WeightPosterior(Backend backend, PosteriorProblem problem, WeightLayout layout, float[] factor) {
    this.backend = backend;
    this.layout = layout;
    gamma = problem.options().gamma();
    richness = gamma;
    MemoryPlan plan = new MemoryPlan();
    NetworkSites sites = problem.sites();
    plan(plan, sites, layout, problem.points(), problem.outputs());
    memory = new Workspace(backend, plan);
    position = memory.get("position");
    momentum = memory.get("momentum");
    gradient = memory.get("gradient");
    kernel = memory.get("layer kernel");
    outputWeights = memory.get("output weights");
    record = new TrajectoryRecord(backend, memory);
    chain = position;
    Matrix targets = memory.get("targets");
    backend.upload(problem.trainTargets().toArray(), targets);
    backend.upload(factor, memory.get("F"));
    SiteFields fields =
        new SiteFields(
            backend,
            memory,
            "",
            sites,
            layout.width(),
            HiddenLayers.constants(problem.network(), sites, layout.width()),
            problem.points());
    hidden =
        new HiddenLayers(
            backend, problem.network(), sites, fields, layout, memory, position, gradient);
    likelihood =
        layout.readouts() == 0
            ? new IntegratedReadout(backend, problem, memory, fields, hidden.top(), targets)
            : new SampledReadout(
                backend,
                problem,
                memory,
                fields,
                hidden.top(),
                targets,
                layout.readout(position),
                layout.readout(gradient));
  }

  /** Adds the scratch shared by all chains to a plan. */
  static void plan(
      MemoryPlan plan, NetworkSites sites, WeightLayout layout, int points, int outputs) {
    for (String name : new String[] {"position", "momentum", "gradient"}) {
      plan.add(name, Precision.FLOAT32, layout.width(), layout.columns());
    }
    plan.add("targets", Precision.FLOAT64, points, outputs)
        .add("layer kernel", Precision.FLOAT64, points, points)
        .add("output weights", Precision.FLOAT32, layout.width(), outputs * sites.readoutSites());
    TrajectoryRecord.plan(plan);
    SiteFields.plan(plan, "", sites, layout.width(), layout.biases(), points);
    HiddenLayers.plan(plan, sites, layout, points);
    if (layout.readouts() == 0) {
      IntegratedReadout.plan(plan, points, outputs);
    } else {
      SampledReadout.plan(plan, points, outputs);
    }
  }

  /** Selects the chain of the following moves by its weights. */
  void use(Matrix weights) {
    chain = weights;
  }

  /**
   * Sets the richness of the following moves.
   *
   * @param fraction of gamma, in [0, 1]
   */
  void ramp(double fraction) {
    richness = fraction * gamma;
  }

  @Override
  public int blocks() {
    return 1;
  }

  @Override
  public int samples() {
    return layout.width();
  }

  @Override
  public int firstSample(int block) {
    return 0;
  }

  @Override
  public void begin(int block) {
    backend.copy(chain, position);
    record.start();
    evaluate();
  }

  @Override
  public void evaluate() {
    forward(richness);
    likelihood.pull(hidden.topPull());
    hidden.backward();
  }

  /** Writes V to the record. */
  private void forward(double atRichness) {
    hidden.forward();
    likelihood.potential(atRichness, record);
    record.note();
  }

  @Override
  public double potential() {
    return record.read();
  }

  @Override
  public TrajectoryRecord record() {
    return record;
  }

  @Override
  public void accept() {
    backend.copy(position, chain);
  }

  @Override
  public Matrix position() {
    return position;
  }

  @Override
  public Matrix momentum() {
    return momentum;
  }

  @Override
  public Matrix gradient() {
    return gradient;
  }

  /** Computes the fields of the chain's present weights; waits for V and returns it. */
  double visit() {
    backend.copy(chain, position);
    record.start();
    forward(gamma);
    return record.read();
  }

  /**
   * Phi^l = phi(h^l)^T phi(h^l) / N, the mean over pairs of sites, of the last visited network,
   * row-major P x P.
   */
  double[] kernel(int layer) {
    double[] values = new double[Math.toIntExact(kernel.size())];
    SiteFields fields = hidden.fields();
    double scale = 1 / (layout.width() * fields.pairs(layer));
    fields.gram(scale, layer, hidden.phi(layer), 0, kernel);
    backend.download(kernel, values);
    return values;
  }

  /** v = beta (y - f) of the last visited network on the training points, row-major P x K. */
  double[] dual() {
    return likelihood.dual();
  }

  /** u of the last visited network, f(x) = u^T phi^L(x); see {@link ReadoutLikelihood}. */
  Matrix outputWeights() {
    likelihood.outputWeights(outputWeights);
    return outputWeights;
  }

  /** Hidden weights of the last visited network. */
  HiddenLayers hidden() {
    return hidden;
  }

  @Override
  public void close() {
    memory.close();
  }
}
