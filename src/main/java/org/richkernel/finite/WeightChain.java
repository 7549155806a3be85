package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.bayes.CollectiveHmc;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.RandomStreams;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.DualAveraging;
import org.richkernel.solver.SolverState;

/** One Markov chain over the weights of a network: its state, its step, and its scalars. */
final class WeightChain {
  private static final double TARGET_ACCEPTANCE = 0.8;
  private static final double FIRST_STEP = 0.05;
  private static final double LARGEST_STEP = 1.0;

  /**
   * Length of a trajectory, radians. Under the prior alone, pi/2 would make the weights independent
   * of their start.
   */
  private static final double ANGLE = 1.2;

  private static final int FEWEST_STEPS = 4;
  private static final int MOST_STEPS = 64;

  /**
   * Offset to the random streams of the marginal sampler, so that the two samplers are independent
   * at the same seed.
   */
  private static final int STREAM_OFFSET = 0x1000;

  private final Backend backend;
  private final long seed;
  private final int chain;
  private final Matrix weights;
  private final CollectiveHmc hmc;
  private final DualAveraging adaptation =
      new DualAveraging(TARGET_ACCEPTANCE, FIRST_STEP, LARGEST_STEP);
  private final List<MonteCarloSeries> scalars = new ArrayList<>();
  private double frozenStep = Double.NaN;
  private long sweeps;

  /**
   * @param chain index of the chain
   * @param weights its state
   * @param uniforms scratch, 1 x 2
   * @param scalars number of scalars of a measurement
   */
  WeightChain(Backend backend, long seed, int chain, Matrix weights, Matrix uniforms, int scalars) {
    this.backend = backend;
    this.seed = seed;
    this.chain = STREAM_OFFSET + chain;
    this.weights = weights;
    hmc = new CollectiveHmc(backend, seed, this.chain, uniforms, (x, gradient) -> {});
    for (int i = 0; i < scalars; i++) {
      this.scalars.add(new MonteCarloSeries());
    }
  }

  /** Draws the weights from the prior. */
  void start() {
    backend.fillGaussian(
        seed, RandomStreams.stream(RandomStreams.POSTERIOR_WEIGHTS, chain, 0), 0, weights);
  }

  /** One trajectory; the step adapts until {@link #freeze}. */
  void move(WeightPosterior posterior) {
    posterior.use(weights);
    boolean adapting = Double.isNaN(frozenStep);
    double step = step();
    int leapfrogs = (int) Math.max(FEWEST_STEPS, Math.min(MOST_STEPS, Math.round(ANGLE / step)));
    double acceptance = hmc.move(posterior, 0, sweeps, step, leapfrogs);
    if (adapting) {
      adaptation.observe(acceptance);
    }
    sweeps++;
  }

  /** Freezes the step. */
  void freeze() {
    frozenStep = adaptation.settled();
    hmc.resetAcceptance();
  }

  /** Appends the scalars of one measurement. */
  void record(double[] values) {
    for (int i = 0; i < values.length; i++) {
      scalars.get(i).add(values[i]);
    }
  }

  /** All weights, N x columns. */
  Matrix weights() {
    return weights;
  }

  /** Index of the stream, which selects the normals of a measurement together with the sweep. */
  int stream() {
    return chain;
  }

  long sweeps() {
    return sweeps;
  }

  /** The step in use, radians. */
  double step() {
    return Double.isNaN(frozenStep) ? adaptation.current() : frozenStep;
  }

  double acceptance() {
    return hmc.acceptance();
  }

  /** One value per measurement. */
  MonteCarloSeries scalar(int index) {
    return scalars.get(index);
  }

  void save(SolverState state, String name) {
    float[] values = new float[Math.toIntExact(weights.size())];
    backend.download(weights, values);
    state.put(name + "_weights", values);
    state.put(name + "_numbers", frozenStep, sweeps);
    state.put(name + "_adaptation", adaptation.state());
    state.put(name + "_acceptance", hmc.state());
    for (int i = 0; i < scalars.size(); i++) {
      state.put(name + "_scalar_" + i, scalars.get(i).values());
    }
  }

  void restore(SolverState state, String name) {
    backend.upload(state.floats(name + "_weights"), weights);
    double[] numbers = state.doubles(name + "_numbers");
    frozenStep = numbers[0];
    sweeps = (long) numbers[1];
    adaptation.restore(state.doubles(name + "_adaptation"));
    hmc.restore(state.doubles(name + "_acceptance"));
    for (int i = 0; i < scalars.size(); i++) {
      scalars.get(i).restore(state.doubles(name + "_scalar_" + i));
    }
  }
}
