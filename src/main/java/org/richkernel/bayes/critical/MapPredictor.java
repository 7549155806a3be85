package org.richkernel.bayes.critical;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.RandomStreams;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;

/**
 * Predictions with kernels of maximum a posteriori at finite width: new points pass through the
 * layers with the tilt of the training points, f(x) = C^L(x, X) V.
 */
public final class MapPredictor implements Predictor {
  private final NetworkSpec network;
  private final FiniteWidthProblem problem;
  private final Inputs train;
  private final List<double[]> kernels;
  private final List<double[]> conjugate;
  private final int samples;
  private final long seed;

  /**
   * @param kernels C^l, l = 0 .. L, P x P
   * @param conjugate Ct^l, l = 0 .. L, P x P; l = 0 is not used
   * @param samples S of the set of samples for the predictions
   */
  public MapPredictor(
      NetworkSpec network,
      FiniteWidthProblem problem,
      Inputs train,
      List<double[]> kernels,
      List<double[]> conjugate,
      int samples,
      long seed) {
    this.network = network;
    this.problem = problem;
    this.train = train;
    this.kernels = List.copyOf(kernels);
    this.conjugate = List.copyOf(conjugate);
    this.samples = samples;
    this.seed = seed;
  }

  /** The network. */
  public NetworkSpec network() {
    return network;
  }

  /** Width, noise and targets. */
  public FiniteWidthProblem problem() {
    return problem;
  }

  /** The training inputs. */
  public Inputs trainInputs() {
    return train;
  }

  /** C^l; not a copy. */
  public double[] kernel(int layer) {
    return kernels.get(layer);
  }

  /** Ct^l, l = 1 .. L; not a copy. */
  public double[] conjugate(int layer) {
    return conjugate.get(layer);
  }

  /** S. */
  public int samples() {
    return samples;
  }

  /** Key of the random streams. */
  public long seed() {
    return seed;
  }

  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    inputs.requireDimension(train.dimension());
    int points = problem.points();
    int panel = OtherPointsPass.panel(inputs.rows());
    MemoryPlan plan = TiltedLayer.plan(points, samples, panel);
    // covariances with the training inputs, variances and predictions of all new points
    return ConjugateKernel.plan(plan, points, problem.targets().outputs())
        .addHost(8L * inputs.rows() * (points + 1L + problem.targets().outputs()));
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    plan(backend, inputs).requireFits(backend, "predict fewer points at a time");
    int points = problem.points();
    int panel = OtherPointsPass.panel(inputs.rows());
    long stream = RandomStreams.stream(RandomStreams.INITIAL_FIELD, 0, 0);
    try (TiltedLayer layer =
        new TiltedLayer(backend, problem.activation(), points, samples, panel, seed, stream)) {
      return OtherPointsPass.predict(
          backend,
          problem,
          layer,
          kernels,
          conjugate,
          FiniteWidthProblem.covariance(network, inputs, train),
          FiniteWidthProblem.variance(network, inputs),
          seed,
          0);
    }
  }
}
