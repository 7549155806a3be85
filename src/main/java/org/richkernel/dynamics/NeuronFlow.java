package org.richkernel.dynamics;

import java.util.Arrays;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * A population of neurons of one hidden layer and their velocity under gradient flow.
 *
 * <p>A row of a state holds the weights a of a neuron in rank space and its K readouts z. States
 * are swept in panels of rows: what a panel needs stays in fast memory, and the only field that is
 * kept is h = a F^T.
 *
 * <p>A neuron may slide along the kink of a ReLU for ever: the pull of the point brings it back
 * from both sides, and an explicit method would chatter by its step. So phi' rises from 0 to 1 over
 * the way that the point's own pull takes h in a given time, {@link Backend#activateSliding}: the
 * neuron then rests on the slope that a Filippov solution has.
 */
final class NeuronFlow {
  /** Rows of a panel are what the backend recommends, but at most this. */
  private static final int MOST_PANEL_ROWS = 2048;

  /** The largest eigenvalue of K is known from below and grows between two measurements. */
  private static final double SPECTRUM_MARGIN = 1.1;

  private final DynamicsProblem problem;
  private final Backend backend;
  private final Workspace memory;
  private final Activation activation;
  private final double gamma;
  private final double lambda;
  private final double lossPull;
  private final int samples;
  private final long firstPair;
  private final int trainPoints;
  private final int outputCount;
  private final int rank;
  private final Matrix factor; // F, P x r
  private final Matrix delta; // pulls of the state whose field is held, P x K
  private final Matrix targets; // P x K
  private final Matrix outputs; // P x K
  private final Matrix products; // phi^T (z, q, dz, dq), P x 4K
  private final Matrix derivatives; // dphi^T (z, q), P x 2K
  private final NeuronPanel[] panels;
  private final double[] f; // of the state whose field is held
  private final KinkRamps ramps;
  private final FlowSpectrum spectrum;
  private int evaluations;

  static int panelRows(int samples) {
    return Math.min(MOST_PANEL_ROWS, samples / 2);
  }

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    int samples = problem.options().samples();
    int p = problem.trainPoints();
    int k = problem.outputs();
    int rank = RankSpace.largestRank(problem);
    int panel = panelRows(samples);
    plan.add("input factor", Precision.FLOAT32, p, rank)
        .add("pulls", Precision.FLOAT32, p, k)
        .add("targets", Precision.FLOAT32, p, k)
        .add("outputs", Precision.FLOAT64, p, k)
        .add("products", Precision.FLOAT64, p, 4 * k)
        .add("derivatives", Precision.FLOAT64, p, 2 * k)
        .add("field", Precision.FLOAT32, samples, p)
        .add("phi", Precision.FLOAT32, panel, p)
        .add("slope", Precision.FLOAT32, panel, p)
        .add("pulled slope", Precision.FLOAT32, panel, p)
        .add("traced", Precision.FLOAT32, panel, 4 * k);
    KinkRamps.plan(plan, problem);
    FlowSpectrum.plan(plan, p);
  }

  /**
   * @param accuracy relative error that the ramps may make
   * @param samples neurons, even
   * @param firstPair index of the first pair of neurons
   */
  NeuronFlow(
      DynamicsProblem problem,
      Backend backend,
      Workspace memory,
      RankSpace space,
      double accuracy,
      int samples,
      long firstPair) {
    this.problem = problem;
    this.backend = backend;
    this.memory = memory;
    this.samples = samples;
    this.firstPair = firstPair;
    DynamicsOptions options = problem.options();
    activation = problem.network().activation();
    gamma = options.gamma();
    lambda = options.weightDecay();
    trainPoints = problem.trainPoints();
    outputCount = problem.outputs();
    lossPull = options.loss().pull(trainPoints);
    rank = space.rank();
    factor = memory.get("input factor").view(0, trainPoints, 0, rank);
    delta = memory.get("pulls");
    targets = memory.get("targets");
    outputs = memory.get("outputs");
    products = memory.get("products");
    derivatives = memory.get("derivatives");
    f = new double[trainPoints * outputCount];
    panels = cut();
    double[] inputKernel = inputKernel(space, trainPoints);
    ramps = new KinkRamps(backend, memory, problem, accuracy, samples, inputKernel);
    spectrum = new FlowSpectrum(backend, memory, samples, outputCount, inputKernel);
    backend.upload(space.train(), factor);
    backend.upload(problem.trainTargets().toArray(), targets);
  }

  /** Panels that do not cross from the first half of the population to the second. */
  private NeuronPanel[] cut() {
    int half = samples / 2;
    int most = Math.min(panelRows(samples), backend.panelRows(trainPoints));
    int each = (half + most - 1) / most;
    int rows = (half + each - 1) / each;
    NeuronPanel[] cut = new NeuronPanel[2 * each];
    for (int side = 0; side < 2; side++) {
      for (int i = 0; i < each; i++) {
        int start = Math.min(i * rows, half);
        int count = Math.min(rows, half - start);
        cut[side * each + i] =
            NeuronPanel.of(memory, side * half + start, count, firstPair + start);
      }
    }
    return cut;
  }

  private static double[] inputKernel(RankSpace space, int points) {
    double[] kernel = new double[points * points];
    double[] x = space.train();
    int rank = space.rank();
    for (int i = 0; i < points; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = 0;
        for (int k = 0; k < rank; k++) {
          sum += x[i * rank + k] * x[j * rank + k];
        }
        kernel[i * points + j] = sum;
        kernel[j * points + i] = sum;
      }
    }
    return kernel;
  }

  /** A state in a matrix of at least S x (r + K). */
  NeuronState state(Matrix room) {
    return new NeuronState(room.view(0, samples, 0, rank + outputCount), panels, rank);
  }

  NeuronPanel[] panels() {
    return panels.clone();
  }

  /** Neurons at the start: pairs (a, z) and (a, -z), so that f(0) = 0 exactly. */
  void start(NeuronState state) {
    int half = samples / 2;
    long a = RandomStreams.stream(RandomStreams.DYNAMICS_PREACTIVATION, 1, 0);
    long z = RandomStreams.stream(RandomStreams.DYNAMICS_BACKWARD_FIELD, 1, 0);
    long seed = problem.options().seed();
    for (int first = 0; first < samples; first += half) {
      Matrix rows = state.all().rowRange(first, half);
      backend.fillGaussian(seed, a, firstPair, rows.view(0, half, 0, rank));
      backend.fillGaussian(seed, z, firstPair, rows.view(0, half, rank, outputCount));
    }
    backend.scale(-1, state.all().view(half, half, rank, outputCount));
  }

  /** h and f of a state; what follows refers to it until the next call. */
  void observe(NeuronState state) {
    for (int i = 0; i < panels.length; i++) {
      observe(state, i);
    }
    takeOutputs();
  }

  /** h = a F^T and f = &lt;z phi(h)&gt; / gamma. */
  private void observe(NeuronState state, int i) {
    NeuronPanel panel = panels[i];
    backend.gemm(Transpose.NO, Transpose.YES, 1, state.a(i), factor, 0, panel.field());
    backend.activate(activation, panel.field(), panel.phi());
    backend.crossGram(1 / (gamma * samples), panel.phi(), state.z(i), i == 0 ? 0 : 1, outputs);
  }

  private void takeOutputs() {
    backend.download(outputs, f);
    double[] pulls = new double[f.length];
    for (int j = 0; j < f.length; j++) {
      pulls[j] = lossPull * (problem.trainTargets().at(j / outputCount, j % outputCount) - f[j]);
    }
    backend.upload(pulls, delta);
  }

  /**
   * next = start_j Y_0 + last_j Y_{j-1} + before_j next + dt rate_j F(Y_{j-1}) + dt startRate_j
   * F_0, and h and f of it; h and f of Y_{j-1} must be held.
   */
  void stage(
      ChebyshevScheme scheme,
      int j,
      double dt,
      NeuronState y0,
      NeuronState f0,
      NeuronState last,
      NeuronState next) {
    double rate = dt * scheme.rate()[j];
    evaluations++;
    for (int i = 0; i < panels.length; i++) {
      slide(last, i);
      if (j == 2) {
        // Y_0 stands in for Y_{j-2}
        backend.copy(y0.rows(i), next.rows(i));
        backend.scale(scheme.before()[j] + scheme.start()[j], next.rows(i));
      } else {
        backend.scale(scheme.before()[j], next.rows(i));
        backend.axpy(scheme.start()[j], y0.rows(i), next.rows(i));
      }
      backend.axpy(scheme.last()[j] - rate * lambda, last.rows(i), next.rows(i));
      backend.axpy(dt * scheme.startRate()[j], f0.rows(i), next.rows(i));
      addPulls(rate, next, i);
      observe(next, i);
    }
    takeOutputs();
  }

  /** next = Y_0 + dt F_0, and h and f of it. */
  void euler(double dt, NeuronState y0, NeuronState f0, NeuronState next) {
    for (int i = 0; i < panels.length; i++) {
      backend.copy(y0.rows(i), next.rows(i));
      backend.axpy(dt, f0.rows(i), next.rows(i));
      observe(next, i);
    }
    takeOutputs();
  }

  /** phi, and in panel.pull() phi' o z Delta^T, of the state whose field is held. */
  private void slide(NeuronState state, int i) {
    NeuronPanel panel = panels[i];
    backend.gemm(Transpose.NO, Transpose.YES, 1, state.z(i), delta, 0, panel.pull());
    backend.activateSliding(
        activation, panel.field(), panel.pull(), ramps.reach(), panel.phi(), panel.slope());
    backend.multiply(panel.slope(), panel.pull());
  }

  /**
   * dz += scale gamma phi Delta and da += scale gamma (phi' o z Delta^T) F, the velocity but for
   * the weight decay.
   */
  private void addPulls(double scale, NeuronState target, int i) {
    NeuronPanel panel = panels[i];
    backend.gemm(Transpose.NO, Transpose.NO, scale * gamma, panel.phi(), delta, 1, target.z(i));
    backend.gemm(Transpose.NO, Transpose.NO, scale * gamma, panel.pull(), factor, 1, target.a(i));
  }

  /** Velocity of the state whose field is held, and what it does to the training points. */
  FlowObservables velocity(NeuronState state, NeuronState velocity) {
    evaluations++;
    int k = outputCount;
    for (int i = 0; i < panels.length; i++) {
      NeuronPanel panel = panels[i];
      slide(state, i);
      backend.copy(state.rows(i), velocity.rows(i));
      backend.scale(-lambda, velocity.rows(i));
      addPulls(1, velocity, i);

      // dphi = phi'(h) dh, with the plain derivative
      Matrix change = panel.pull();
      backend.gemm(Transpose.NO, Transpose.YES, 1, velocity.a(i), factor, 0, change);
      backend.activateWithDerivative(activation, panel.field(), panel.phi(), panel.slope());
      backend.multiply(panel.slope(), change);
      Matrix q = panel.traced().view(0, panel.rows(), k, k);
      Matrix dq = panel.traced().view(0, panel.rows(), 3 * k, k);
      backend.copy(state.z(i), panel.traced().view(0, panel.rows(), 0, k));
      backend.gemm(Transpose.NO, Transpose.NO, 1, panel.phi(), targets, 0, q);
      backend.copy(velocity.z(i), panel.traced().view(0, panel.rows(), 2 * k, k));
      backend.gemm(Transpose.NO, Transpose.NO, 1, change, targets, 0, dq);
      double beta = i == 0 ? 0 : 1;
      backend.crossGram(1.0 / samples, panel.phi(), panel.traced(), beta, products);
      backend.crossGram(
          1.0 / samples, change, panel.traced().view(0, panel.rows(), 0, 2 * k), beta, derivatives);
    }
    return observables();
  }

  private FlowObservables observables() {
    double[] byPhi = new double[trainPoints * 4 * outputCount];
    double[] byChange = new double[trainPoints * 2 * outputCount];
    backend.download(products, byPhi);
    backend.download(derivatives, byChange);
    return FlowObservables.of(f, byPhi, byChange, outputCount, gamma);
  }

  /** Measures the fastest decay of f anew and sets the ramps of the kinks by it. */
  void measureSpectrum(NeuronState state) {
    observe(state);
    ramps.set();
    for (int i = 0; i < panels.length; i++) {
      slide(state, i);
      spectrum.take(panels[i], state.z(i), i == 0);
    }
    spectrum.measure();
    double[] pulls = new double[f.length];
    backend.download(delta, pulls);
    ramps.adapt(spectrum.featureScale(), decayRate(), state, panels.length, pulls);
  }

  /** Largest eigenvalue of K when it was measured last. */
  double largestEigenvalue() {
    return spectrum.largest();
  }

  /** Fastest decay of f, per unit of time. */
  double decayRate() {
    return lossPull * spectrum.largest();
  }

  /** Fastest decay of anything, for which a step must be stable. */
  double stiffness() {
    double kinks = activation.hasKink() ? ramps.stiffness() : 0;
    return Math.max(SPECTRUM_MARGIN * decayRate(), kinks) + 2 * lambda;
  }

  /** Evaluations of the velocity so far. */
  int evaluations() {
    return evaluations;
  }

  /** What else than the neurons a run goes on from. */
  double[] numbers() {
    double[] known = spectrum.numbers();
    double[] numbers = Arrays.copyOf(known, known.length + 2);
    numbers[known.length] = evaluations;
    numbers[known.length + 1] = ramps.time();
    return numbers;
  }

  /** Takes up saved numbers. */
  void restore(double[] numbers) {
    int known = numbers.length - 2;
    spectrum.restore(Arrays.copyOf(numbers, known));
    evaluations = (int) numbers[known];
    ramps.restore(numbers[known + 1]);
  }

  /** Slope phi'(h) of the training points of a panel, ramps included; h and f must be held. */
  Matrix slope(NeuronState state, int i) {
    slide(state, i);
    return panels[i].slope();
  }

  /** phi of the training points of a panel, right after {@link #slope}. */
  Matrix phi(int i) {
    return panels[i].phi();
  }
}
