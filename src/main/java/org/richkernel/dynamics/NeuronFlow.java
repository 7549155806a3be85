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
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteReadout;

/**
 * A population of neurons of one hidden layer and their velocity under gradient flow.
 *
 * <p>A state holds the weights a of a neuron in rank space and its K readouts z. States are
 * processed in panels of rows that fit fast memory; the only field kept for all panels is h = a
 * F^T.
 *
 * <p>A convolution has a field for each of s sites a of a point, h_a = a . F_a with the patches F_a
 * F_b^T = x_a . x_b / (k C), and f = c sum_a &lt;z_a phi(h_a)&gt; / gamma: a flattened layer has
 * readouts for each site and c = 1 / sqrt(s), a pooled one common readouts and c = 1 / s. Then
 *
 * <pre>
 *   da/dt = gamma c sum_{mu a} phi'(h_{mu a}) (z_a . Delta_mu) F_{mu a} - lambda a,
 *   dz_a/dt = gamma c sum_mu Delta_mu phi(h_{mu a}) - lambda z_a, summed over sites for their mean.
 * </pre>
 *
 * <p>A neuron may slide along the kink of a ReLU for ever: the pull of the point brings it back
 * from both sides, and an explicit method would oscillate across it. So phi' rises from 0 to 1 over
 * the distance that the point's own pull moves h in a given time, {@link Backend#activateSliding}:
 * the neuron then rests at the slope of the Filippov solution.
 */
final class NeuronFlow {
  /** Largest number of rows of a panel; the backend may recommend fewer. */
  private static final int MOST_PANEL_ROWS = 2048;

  /**
   * Margin on the largest eigenvalue of K, whose measurement is a lower bound and which grows
   * between two measurements.
   */
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
  private final NetworkSites sites;
  private final double fieldFactor; // c
  private final double readFactor; // c, or 1 of pooled fields that are means over sites
  private final Matrix factor; // F, (P s) x r
  private final Matrix delta; // pulls of the state whose field is held, P x K
  private final Matrix targets; // P x K
  private final Matrix outputs; // P x K
  private final Matrix products; // <phi (z, q, dz, dq)>, P x 4K
  private final Matrix derivatives; // <dphi (z, q)>, P x 2K
  private final NeuronPanel[] panels;
  private final double[] f; // of the state whose field is held
  private final KinkRamps ramps;
  private final FlowSpectrum spectrum;
  private int evaluations;

  static int panelRows(int samples) {
    return Math.min(MOST_PANEL_ROWS, samples / 2);
  }

  /** Factor of the outputs in front of pooled fields: c, or 1 of means over sites. */
  static double readFactor(NetworkSites sites) {
    return sites.readout() == SiteReadout.GAP ? 1 : sites.readoutScale();
  }

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    NetworkSites sites = problem.sites();
    int samples = problem.options().samples();
    int p = problem.trainPoints();
    int n = RankSpace.fields(problem, p);
    int k = problem.outputs();
    int rank = RankSpace.largestRank(problem);
    int panel = panelRows(samples);
    int means = sites.readout() == SiteReadout.GAP ? panel : 0;
    plan.add("input factor", Precision.FLOAT32, n, rank)
        .add("pulls", Precision.FLOAT32, p, k)
        .add("targets", Precision.FLOAT32, p, k)
        .add("outputs", Precision.FLOAT64, p, k)
        .add("products", Precision.FLOAT64, p, 4 * k)
        .add("derivatives", Precision.FLOAT64, p, 2 * k)
        .add("field", Precision.FLOAT32, samples, n)
        .add("phi", Precision.FLOAT32, panel, n)
        .add("slope", Precision.FLOAT32, panel, n)
        .add("pulled slope", Precision.FLOAT32, panel, n)
        .add("mean of phi", Precision.FLOAT32, means, p)
        .add("mean of pulls", Precision.FLOAT32, means, p)
        .add("traced", Precision.FLOAT32, panel * sites.readoutSites(), 4 * k);
    KinkRamps.plan(plan, problem);
    FlowSpectrum.plan(plan, problem);
  }

  /**
   * @param accuracy largest relative error by the ramps
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
    sites = problem.sites();
    fieldFactor = sites.readoutScale();
    readFactor = readFactor(sites);
    Matrix whole = memory.get("input factor");
    factor = whole.view(0, whole.rows(), 0, rank);
    delta = memory.get("pulls");
    targets = memory.get("targets");
    outputs = memory.get("outputs");
    products = memory.get("products");
    derivatives = memory.get("derivatives");
    f = new double[trainPoints * outputCount];
    panels = cut();
    ramps = new KinkRamps(backend, memory, problem, accuracy, samples, space);
    spectrum = new FlowSpectrum(backend, memory, problem, samples, space);
    backend.upload(space.train(), factor);
    backend.upload(problem.trainTargets().toArray(), targets);
  }

  /** Panels, none of which crosses from the first half of the population to the second. */
  private NeuronPanel[] cut() {
    int half = samples / 2;
    int most = Math.min(panelRows(samples), backend.panelRows(factor.rows()));
    int each = (half + most - 1) / most;
    int rows = (half + each - 1) / each;
    NeuronPanel[] cut = new NeuronPanel[2 * each];
    for (int side = 0; side < 2; side++) {
      for (int i = 0; i < each; i++) {
        int start = Math.min(i * rows, half);
        int count = Math.min(rows, half - start);
        cut[side * each + i] =
            NeuronPanel.of(
                backend, memory, sites, trainPoints, side * half + start, count, firstPair + start);
      }
    }
    return cut;
  }

  /** A state in matrices of at least S rows: weights of at least r columns, and readouts. */
  NeuronState state(Matrix weights, Matrix readouts) {
    return new NeuronState(
        weights.view(0, samples, 0, rank), readouts.rowRange(0, samples), panels, outputCount);
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
    Matrix weights = state.all().get(0);
    Matrix readouts = state.all().get(1);
    for (int first = 0; first < samples; first += half) {
      backend.fillGaussian(seed, a, firstPair, weights.rowRange(first, half));
      backend.fillGaussian(seed, z, firstPair, readouts.rowRange(first, half));
    }
    backend.scale(-1, readouts.rowRange(half, half));
  }

  /** Computes h and f of a state and holds it for the following calls. */
  void observe(NeuronState state) {
    for (int i = 0; i < panels.length; i++) {
      observe(state, i);
    }
    takeOutputs();
  }

  /** h = a F^T and f = c sum_a &lt;z_a phi(h_a)&gt; / gamma. */
  private void observe(NeuronState state, int i) {
    NeuronPanel panel = panels[i];
    backend.gemm(Transpose.NO, Transpose.YES, 1, state.a(i), factor, 0, panel.field());
    backend.activate(activation, panel.field(), panel.phi());
    double scale = readFactor / (gamma * samples);
    backend.crossGram(scale, panel.seen().pool(0), state.z(i), i == 0 ? 0 : 1, outputs);
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
   * F_0, with h and f of it; h and f of Y_{j-1} must be held.
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
      for (int part = 0; part < next.parts(i).size(); part++) {
        Matrix target = next.parts(i).get(part);
        Matrix first = y0.parts(i).get(part);
        if (j == 2) {
          // Y_0 stands in for Y_{j-2}
          backend.copy(first, target);
          backend.scale(scheme.before()[j] + scheme.start()[j], target);
        } else {
          backend.scale(scheme.before()[j], target);
          backend.axpy(scheme.start()[j], first, target);
        }
        backend.axpy(scheme.last()[j] - rate * lambda, last.parts(i).get(part), target);
        backend.axpy(dt * scheme.startRate()[j], f0.parts(i).get(part), target);
      }
      addPulls(rate, next, i);
      observe(next, i);
    }
    takeOutputs();
  }

  /** next = Y_0 + dt F_0, with h and f of it. */
  void euler(double dt, NeuronState y0, NeuronState f0, NeuronState next) {
    for (int i = 0; i < panels.length; i++) {
      for (int part = 0; part < next.parts(i).size(); part++) {
        backend.copy(y0.parts(i).get(part), next.parts(i).get(part));
        backend.axpy(dt, f0.parts(i).get(part), next.parts(i).get(part));
      }
      observe(next, i);
    }
    takeOutputs();
  }

  /** Computes phi, and in panel.pull() phi' o z Delta^T, of the held state. */
  private void slide(NeuronState state, int i) {
    NeuronPanel panel = panels[i];
    Matrix own = panel.pulled().pooled(0);
    backend.gemm(Transpose.NO, Transpose.YES, 1, state.z(i), delta, 0, own);
    panel.pulled().broadcast(0);
    backend.activateSliding(
        activation, panel.field(), panel.pull(), ramps.reach(), panel.phi(), panel.slope());
    backend.multiply(panel.slope(), panel.pull());
  }

  /**
   * dz += scale gamma c phi Delta and da += scale gamma c (phi' o z Delta^T) F, the velocity
   * without weight decay.
   */
  private void addPulls(double scale, NeuronState target, int i) {
    NeuronPanel panel = panels[i];
    double read = scale * gamma * readFactor;
    double field = scale * gamma * fieldFactor;
    Matrix seen = panel.seen().pool(0);
    backend.gemm(Transpose.NO, Transpose.NO, read, seen, delta, 1, target.z(i));
    backend.gemm(Transpose.NO, Transpose.NO, field, panel.pull(), factor, 1, target.a(i));
  }

  /**
   * Computes the velocity of the held state; returns its outputs on the training points with their
   * rates.
   */
  FlowObservables velocity(NeuronState state, NeuronState velocity) {
    evaluations++;
    int k = outputCount;
    for (int i = 0; i < panels.length; i++) {
      NeuronPanel panel = panels[i];
      slide(state, i);
      for (int part = 0; part < velocity.parts(i).size(); part++) {
        backend.copy(state.parts(i).get(part), velocity.parts(i).get(part));
        backend.scale(-lambda, velocity.parts(i).get(part));
      }
      addPulls(1, velocity, i);

      // dphi = phi'(h) dh, with the plain derivative
      backend.gemm(Transpose.NO, Transpose.YES, 1, velocity.a(i), factor, 0, panel.pull());
      backend.activateWithDerivative(activation, panel.field(), panel.phi(), panel.slope());
      backend.multiply(panel.slope(), panel.pull());
      Matrix seen = panel.seen().pool(0);
      Matrix change = panel.pulled().pool(0);
      Matrix traced = panel.traced();
      int rows = traced.rows();
      Matrix q = traced.view(0, rows, k, k);
      Matrix dq = traced.view(0, rows, 3 * k, k);
      backend.copy(state.z(i), traced.view(0, rows, 0, k));
      backend.gemm(Transpose.NO, Transpose.NO, readFactor, seen, targets, 0, q);
      backend.copy(velocity.z(i), traced.view(0, rows, 2 * k, k));
      backend.gemm(Transpose.NO, Transpose.NO, readFactor, change, targets, 0, dq);
      double beta = i == 0 ? 0 : 1;
      double scale = readFactor / samples;
      backend.crossGram(scale, seen, traced, beta, products);
      backend.crossGram(scale, change, traced.view(0, rows, 0, 2 * k), beta, derivatives);
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

  /** Measures the fastest decay of f and updates the ramps of the kinks. */
  void measureSpectrum(NeuronState state) {
    observe(state);
    ramps.set();
    for (int i = 0; i < panels.length; i++) {
      slide(state, i);
      spectrum.take(panels[i], state.z(i), i == 0);
    }
    spectrum.measure();
    ramps.adapt(spectrum.featureScale(), decayRate(), state, panels.length, pulls());
  }

  /** Pulls Delta of the held state, row-major P x K. */
  double[] pulls() {
    double[] pulls = new double[f.length];
    backend.download(delta, pulls);
    return pulls;
  }

  /**
   * Velocity of each neuron of a state in given pulls, P x K. The held state changes; call observe
   * before other uses.
   */
  void velocityAmong(double[] pulls, NeuronState state, NeuronState velocity) {
    observe(state);
    backend.upload(pulls, delta);
    velocity(state, velocity);
  }

  /** Largest eigenvalue of K when it was measured last. */
  double largestEigenvalue() {
    return spectrum.largest();
  }

  /** Fastest decay of f, per unit of time. */
  double decayRate() {
    return lossPull * spectrum.largest();
  }

  /** Fastest decay of f and of the kinks, for the stability of a step. */
  double stiffness() {
    double kinks = activation.hasKink() ? ramps.stiffness() : 0;
    return Math.max(SPECTRUM_MARGIN * decayRate(), kinks) + 2 * lambda;
  }

  /** Evaluations of the velocity so far. */
  int evaluations() {
    return evaluations;
  }

  /** State of a run without the neurons, for a checkpoint. */
  double[] numbers() {
    double[] known = spectrum.numbers();
    double[] numbers = Arrays.copyOf(known, known.length + 2);
    numbers[known.length] = evaluations;
    numbers[known.length + 1] = ramps.time();
    return numbers;
  }

  /** Restores saved numbers. */
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
