package org.richkernel.dynamics;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * Integration of one population in time, with steps chosen by the error of f and of Phi y. Single
 * neurons do not enter the error: they cross kinks, where any method is of first order, without an
 * effect on averages.
 */
final class FlowRun {
  private static final double SAFETY = 0.8;
  private static final double MOST_GROWTH = 2;
  private static final double MOST_SHRINKAGE = 0.2;

  /** First step, in units of the fastest decay of f. */
  private static final double FIRST_STEP = 0.2;

  /** Steps between two measurements of the spectrum. */
  private static final int SPECTRUM_EVERY = 5;

  /** Error of a step per unit of accuracy. */
  private static final double SHARE_OF_STEP = 0.3;

  /** Fraction of the whole time below which a step is a failure. */
  private static final double LEAST_STEP = 1e-12;

  /** Phi y counts as 0 below this fraction of the largest eigenvalue of K times |y|. */
  private static final double LEAST_IMAGE = 0.01;

  private static final String[] STATES = {"neurons", "velocity", "stage", "other stage"};
  private static final String NEURONS = "weights_and_readouts";
  private static final String WEIGHTS = ": weights";
  private static final String READOUTS = ": readouts";

  private final DynamicsProblem problem;
  private final NeuronFlow flow;
  private final FlowReadout readout;
  private final FlowRecord record;
  private final Backend backend;
  private final double tolerance;
  private final double targetNorm;
  private NeuronState present;
  private NeuronState velocity;
  private NeuronState stage;
  private NeuronState other;
  private FlowObservables here;
  private double time;
  private double step;
  private long accepted;
  private int snapshotStep;
  private int lastStep;

  /**
   * @param accuracy error aimed at, in f relative to |y| and in Phi y relative to itself
   * @param record empty, or restored from a checkpoint
   * @param lastStep end of the run, in units of eta
   */
  FlowRun(
      DynamicsProblem problem,
      Backend backend,
      Workspace memory,
      RankSpace space,
      double accuracy,
      FlowRecord record,
      int samples,
      long firstPair,
      int lastStep) {
    this.problem = problem;
    this.backend = backend;
    this.record = record;
    this.lastStep = lastStep;
    tolerance = SHARE_OF_STEP * accuracy;
    flow = new NeuronFlow(problem, backend, memory, space, accuracy, samples, firstPair);
    readout = new FlowReadout(problem, backend, memory, space, flow, samples);
    targetNorm = norm(problem.trainTargets().toArray());
    present = state(memory, STATES[0]);
    velocity = state(memory, STATES[1]);
    stage = state(memory, STATES[2]);
    other = state(memory, STATES[3]);
  }

  private NeuronState state(Workspace memory, String name) {
    return flow.state(memory.get(name + WEIGHTS), memory.get(name + READOUTS));
  }

  /** Largest number of parameters of a neuron: r weights and Z K readouts. */
  static long width(DynamicsProblem problem) {
    return RankSpace.largestRank(problem) + readouts(problem);
  }

  private static long readouts(DynamicsProblem problem) {
    return (long) problem.sites().readoutSites() * problem.outputs();
  }

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    int samples = problem.options().samples();
    for (String name : STATES) {
      plan.add(name + WEIGHTS, Precision.FLOAT32, samples, RankSpace.largestRank(problem))
          .add(name + READOUTS, Precision.FLOAT32, samples, Math.toIntExact(readouts(problem)));
    }
    // the neurons of the whole population at its end, with copies for a checkpoint or a search for
    // saddles
    plan.addHost(6L * samples * width(problem) * Float.BYTES);
    NeuronFlow.plan(plan, problem);
    FlowReadout.plan(plan, problem);
  }

  /** Draws the neurons and records time 0. */
  void start() {
    flow.start(present);
    measure();
    step = FIRST_STEP / Math.max(flow.decayRate(), Double.MIN_NORMAL);
    record.observe(0, readout.outputs(present, 0, here.f()));
    record.keep(readout.kernels(present, 0, 0));
    snapshotStep = record.nextSnapshot(0, lastStep);
  }

  /** Computes spectrum, velocity and observables of the present state. */
  private void measure() {
    flow.measureSpectrum(present);
    here = flow.velocity(present, velocity);
  }

  double time() {
    return time;
  }

  int evaluations() {
    return flow.evaluations();
  }

  /** Whether the last time was reached. */
  boolean ended() {
    return snapshotTime(lastStep) <= time;
  }

  private double snapshotTime(int steps) {
    return steps * problem.options().stepSize();
  }

  /** Ends the run at the next time of the record. */
  void endSoon() {
    int next = (int) Math.ceil(time / problem.options().stepSize() * (1 - 1e-12));
    lastStep = Math.max(1, Math.min(lastStep, next));
    snapshotStep = Math.min(snapshotStep, lastStep);
    if (ended() && record.lastKernels().step() != lastStep) {
      record.keep(readout.kernels(present, time, lastStep));
    }
  }

  /** End of the run, in units of eta. */
  int lastStep() {
    return lastStep;
  }

  /** One accepted step; false if none is short enough for the accuracy. */
  boolean advance() {
    if (accepted > 0 && accepted % SPECTRUM_EVERY == 0) {
      measure();
    }
    while (true) {
      double stiffness = flow.stiffness();
      double stable = ChebyshevScheme.reach(ChebyshevScheme.MOST_STAGES) / stiffness;
      double left = snapshotTime(snapshotStep) - time;
      boolean clipped = left <= Math.min(step, stable);
      double dt = clipped ? left : Math.min(step, stable);
      NeuronState end =
          integrate(ChebyshevScheme.of(ChebyshevScheme.stagesFor(dt * stiffness)), dt);
      NeuronState endVelocity = end == stage ? other : stage;
      FlowObservables there = flow.velocity(end, endVelocity);
      double error = error(there, dt) / tolerance;
      double growth =
          Double.isNaN(error)
              ? MOST_SHRINKAGE
              : Math.max(MOST_SHRINKAGE, Math.min(MOST_GROWTH, SAFETY / Math.cbrt(error)));
      if (error <= 1) {
        stage = present;
        other = velocity;
        present = end;
        velocity = endVelocity;
        here = there;
        step = clipped ? Math.max(step, dt * growth) : dt * growth;
        time = clipped ? snapshotTime(snapshotStep) : time + dt;
        accepted++;
        record(clipped);
        return true;
      }
      step = dt * growth;
      // numbers that are not finite give a step of NaN
      if (!(step >= LEAST_STEP * snapshotTime(lastStep))) {
        return false;
      }
      // a rejected step may have been unstable
      measure();
    }
  }

  private NeuronState integrate(ChebyshevScheme scheme, double dt) {
    NeuronState last = stage;
    NeuronState next = other;
    flow.euler(scheme.first() * dt, present, velocity, last);
    for (int j = 2; j <= scheme.stages(); j++) {
      flow.stage(scheme, j, dt, present, velocity, last, next);
      NeuronState swap = last;
      last = next;
      next = swap;
    }
    return last;
  }

  private void record(boolean clipped) {
    record.observe(time, readout.outputs(present, time, here.f()));
    if (clipped) {
      record.keep(readout.kernels(present, time, snapshotStep));
      snapshotStep = record.nextSnapshot(snapshotStep, lastStep);
    }
  }

  /**
   * Sommeijer, Shampine and Verwer's estimate, 0.8 (x_0 - x_1) + 0.4 dt (x'_0 + x'_1), of f and Phi
   * y.
   */
  private double error(FlowObservables there, double dt) {
    double outputs = estimate(here.f(), there.f(), here.rate(), there.rate(), dt);
    double images = estimate(here.image(), there.image(), here.imageRate(), there.imageRate(), dt);
    double scale = LEAST_IMAGE * flow.largestEigenvalue() * targetNorm;
    return Math.max(outputs / targetNorm, images / Math.max(norm(there.image()), scale));
  }

  private static double estimate(
      double[] x0, double[] x1, double[] rate0, double[] rate1, double dt) {
    double[] error = new double[x0.length];
    Arrays.setAll(error, i -> 0.8 * (x0[i] - x1[i]) + 0.4 * dt * (rate0[i] + rate1[i]));
    return norm(error);
  }

  private static double norm(double[] x) {
    double sum = 0;
    for (double value : x) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** |f - Phi Delta / lambda| relative to |y|; without weight decay |y - f|. */
  double readoutResidual() {
    double lambda = problem.options().weightDecay();
    return lambda > 0
        ? norm(here.readoutPull()) / (lambda * targetNorm)
        : norm(errors()) / targetNorm;
  }

  /**
   * |df/dt| / (2 lambda) relative to |y|, which for a network that is homogeneous of degree 2 in
   * its weights is |f - K Delta / (2 lambda)|; without weight decay |y - f|.
   */
  double tangentResidual() {
    double lambda = problem.options().weightDecay();
    return lambda > 0 ? norm(here.rate()) / (2 * lambda * targetNorm) : norm(errors()) / targetNorm;
  }

  /** Fraction of the neurons that linger on saddles; 0 without weight decay and at kinks. */
  double lingeringShare() {
    double lambda = problem.options().weightDecay();
    // without decay potentials vanish with the errors
    return lambda == 0 || problem.network().activation().hasKink()
        ? 0
        : new SaddleNeurons(backend, flow, lambda).share(present, velocity, stage, other, time);
  }

  private double[] errors() {
    double[] errors = problem.trainTargets().toArray();
    Arrays.setAll(errors, i -> errors[i] - here.f()[i]);
    return errors;
  }

  FlowRecord record() {
    return record;
  }

  /** Weights of all neurons at the present time, row-major S x r, then readouts, S x (Z K). */
  float[] neurons() {
    int size = present.all().stream().mapToInt(part -> Math.toIntExact(part.size())).sum();
    float[] neurons = new float[size];
    int at = 0;
    for (Matrix part : present.all()) {
      float[] values = new float[Math.toIntExact(part.size())];
      backend.download(part, values);
      System.arraycopy(values, 0, neurons, at, values.length);
      at += values.length;
    }
    return neurons;
  }

  /** Outputs of all points at the present time, M x K. */
  double[] outputs() {
    return record.latest();
  }

  /** Kernels of all points at the present time. */
  LayerKernels kernels() {
    if (ended()) {
      return record.lastKernels();
    }
    flow.observe(present);
    return readout.kernels(present, time, (int) Math.floor(time / problem.options().stepSize()));
  }

  /** Adds this to a checkpoint. */
  void save(SolverState state) {
    state
        .put(NEURONS, neurons())
        .put("spectrum", flow.numbers())
        .put("run", time, step, accepted, snapshotStep, lastStep);
    record.save(state, "record");
  }

  /** Restores a saved state, except for the record, which the constructor takes. */
  void restore(SolverState state) {
    float[] neurons = state.floats(NEURONS);
    int at = 0;
    for (Matrix part : present.all()) {
      int end = at + Math.toIntExact(part.size());
      backend.upload(Arrays.copyOfRange(neurons, at, end), part);
      at = end;
    }
    double[] numbers = state.doubles("run");
    time = numbers[0];
    step = numbers[1];
    accepted = (long) numbers[2];
    snapshotStep = (int) numbers[3];
    lastStep = (int) numbers[4];
    double[] spectrum = state.doubles("spectrum");
    flow.restore(spectrum);
    flow.observe(present);
    here = flow.velocity(present, velocity);
    // the velocity was known before the checkpoint
    flow.restore(spectrum);
  }
}
