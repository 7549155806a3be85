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
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;

/** The neurons of {@link OneHiddenLayerSolver} and one step of Heun's method on them. */
final class NeuronFlow {
  private static final double FIRST_STEP = 1e-3;
  private static final double SAFETY = 0.9;
  private static final double MOST_GROWTH = 2;
  private static final double MOST_SHRINKAGE = 0.2;
  private static final double LEFT_TO_GO = 0.5;

  /** Span, in units of 1 / lambda, over which f must rest. */
  private static final double WINDOW = 0.25;

  private final DynamicsProblem problem;
  private final Backend backend;
  private final DynamicsOptions options;
  private final Activation activation;
  private final int samples;
  private final int trainPoints;
  private final double targetNorm;
  private final Matrix factor; // F of the training points, P x r
  private final Matrix testFactor; // Q x r
  private final Matrix testRest; // 1 x Q, standard deviation of h that a does not carry
  private final Matrix phi; // S x P
  private final Matrix slope; // S x P
  private final Matrix meanGradient; // g averaged over time, S x P
  private final Matrix hereGradient; // g of the present state while averaging, S x P
  private final Matrix probeGradient; // g of the probe while averaging, S x P
  private final Matrix pulledFactor; // diag(Delta) F, P x r
  private final Matrix pull; // Delta, P x 1
  private final Matrix average; // P x 1
  private final Workspace memory;

  private State here;
  private State trial;
  private final State probe;
  private double time;
  private double step = FIRST_STEP;
  private double gap;
  private double speed = Double.POSITIVE_INFINITY;
  private final double[] marked; // f at the time below
  private double markedTime;
  private int evaluations;
  private boolean averaging;

  /** Neurons, their velocities, and what follows from them on the training points. */
  private static final class State {
    private final Matrix a; // S x r
    private final Matrix z; // S x 1
    private final Matrix da;
    private final Matrix dz;
    private final double[] f;
    private final double[] pulled; // Phi Delta

    State(Workspace memory, String name, int points) {
      a = memory.get(name + " weights");
      z = memory.get(name + " readout");
      da = memory.get(name + " weight velocity");
      dz = memory.get(name + " readout velocity");
      f = new double[points];
      pulled = new double[points];
    }

    static void plan(MemoryPlan plan, String name, int samples, int rank) {
      plan.add(name + " weights", Precision.FLOAT32, samples, rank)
          .add(name + " readout", Precision.FLOAT32, samples, 1)
          .add(name + " weight velocity", Precision.FLOAT32, samples, rank)
          .add(name + " readout velocity", Precision.FLOAT32, samples, 1);
    }
  }

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    int samples = problem.options().samples();
    int points = problem.trainPoints();
    int rank = Math.min(points, problem.dimension());
    int all = problem.points();
    plan.add("input factor", Precision.FLOAT32, points, rank)
        .add("test factor", Precision.FLOAT32, problem.testPoints(), rank)
        .add("test deviation", Precision.FLOAT32, 1, problem.testPoints())
        .add("pulled input factor", Precision.FLOAT32, points, rank)
        .add("pull", Precision.FLOAT32, points, 1)
        .add("average", Precision.FLOAT64, points, 1)
        .add("phi", Precision.FLOAT32, samples, points)
        .add("slope", Precision.FLOAT32, samples, points)
        .add("mean gradient", Precision.FLOAT32, samples, points)
        .add("phi of all points", Precision.FLOAT32, samples, all)
        .add("slope of all points", Precision.FLOAT32, samples, all)
        .add("kernel", Precision.FLOAT64, all, all)
        .add("outputs", Precision.FLOAT64, all, 1);
    State.plan(plan, "present", samples, rank);
    State.plan(plan, "trial", samples, rank);
    State.plan(plan, "probe", samples, rank);
  }

  NeuronFlow(DynamicsProblem problem, Backend backend, Workspace memory) {
    this.problem = problem;
    this.backend = backend;
    this.memory = memory;
    options = problem.options();
    activation = problem.network().activation();
    samples = options.samples();
    trainPoints = problem.trainPoints();
    double squares = 0;
    for (double y : problem.trainTargets().toArray()) {
      squares += y * y;
    }
    targetNorm = Math.sqrt(squares);
    factor = memory.get("input factor");
    testFactor = memory.get("test factor");
    testRest = memory.get("test deviation");
    phi = memory.get("phi");
    slope = memory.get("slope");
    meanGradient = memory.get("mean gradient");
    // the room of the final kernels, which is free until then
    hereGradient = memory.get("phi of all points").view(0, samples, 0, trainPoints);
    probeGradient = memory.get("slope of all points").view(0, samples, 0, trainPoints);
    pulledFactor = memory.get("pulled input factor");
    pull = memory.get("pull");
    average = memory.get("average");
    marked = new double[trainPoints];
    here = new State(memory, "present", trainPoints);
    trial = new State(memory, "trial", trainPoints);
    probe = new State(memory, "probe", trainPoints);
    RankSpace space = RankSpace.of(problem, backend);
    backend.upload(space.train(), factor);
    backend.upload(space.test(), testFactor);
    backend.upload(space.testDeviation(), testRest);
    start();
  }

  /** Pairs (a, z), (a, -z), half a population apart. */
  private void start() {
    int half = samples / 2;
    long a = RandomStreams.stream(RandomStreams.DYNAMICS_PREACTIVATION, 1, 0);
    long z = RandomStreams.stream(RandomStreams.DYNAMICS_BACKWARD_FIELD, 1, 0);
    for (int first = 0; first < samples; first += half) {
      backend.fillGaussian(options.seed(), a, 0, here.a.rowRange(first, half));
      backend.fillGaussian(options.seed(), z, 0, here.z.rowRange(first, half));
    }
    backend.scale(-1, here.z.rowRange(half, half));
    evaluate(here);
    gap = gap();
  }

  double time() {
    return time;
  }

  /** How far from the fixed point, relative to |y|. */
  double residual() {
    return Math.max(gap, speed);
  }

  /**
   * One accepted step.
   *
   * @param accuracy largest error of f and Phi Delta, relative to |y|
   * @param tolerance residual that is aimed at
   * @param horizon time not to be passed
   */
  void advance(double accuracy, double tolerance, double horizon) {
    while (true) {
      double dt = Math.min(step, horizon - time);
      // probe = y + dt k1 (Euler); trial = y + dt (k1 + k2) / 2 (Heun)
      backend.copy(here.a, probe.a);
      backend.copy(here.z, probe.z);
      backend.axpy(dt, here.da, probe.a);
      backend.axpy(dt, here.dz, probe.z);
      evaluate(probe);
      if (averaging) {
        backend.copy(slope, probeGradient);
      }
      backend.copy(here.a, trial.a);
      backend.copy(here.z, trial.z);
      backend.axpy(dt / 2, here.da, trial.a);
      backend.axpy(dt / 2, here.dz, trial.z);
      backend.axpy(dt / 2, probe.da, trial.a);
      backend.axpy(dt / 2, probe.dz, trial.z);
      evaluate(trial);
      double error = error(accuracy, tolerance);
      double stretch = Double.isNaN(error) ? MOST_SHRINKAGE : SAFETY / Math.sqrt(error);
      step = dt * Math.max(MOST_SHRINKAGE, Math.min(MOST_GROWTH, stretch));
      if (error <= 1) {
        time = time + dt >= horizon ? horizon : time + dt;
        if (averaging) {
          // as Heun's method weighs the two velocities
          backend.axpy(dt / 2, hereGradient, meanGradient);
          backend.axpy(dt / 2, probeGradient, meanGradient);
          backend.copy(slope, hereGradient);
        }
        settle();
        return;
      }
      if (time + step == time) {
        throw new ArithmeticException(
            "the gradient flow has no step that meets accuracy " + accuracy + " at time " + time);
      }
    }
  }

  /**
   * Goes on for one decay time and averages g of each neuron over it: neurons of a network with
   * kinks may slide along one for ever, with phi' flickering, and the identities of the fixed point
   * then hold for the average.
   */
  void averageGradients(double accuracy, double tolerance, StopSignal stop) {
    double begin = time;
    double end = time + 1 / options.weightDecay();
    backend.fill(0, meanGradient);
    backend.copy(slope, hereGradient); // evaluate() left g of the present state there
    averaging = true;
    do {
      advance(accuracy, tolerance, end);
    } while (time < end && !stop.isRaised());
    backend.scale(1 / (time - begin), meanGradient);
  }

  /**
   * Error of a step in units of what is allowed. Beside the accuracy, an error must stay below half
   * of what is left to go: an explicit method at its limit of stability otherwise keeps stiff
   * directions trembling at the size of the accuracy and never comes to rest.
   */
  private double error(double accuracy, double tolerance) {
    double outputs = distance(probe.f, trial.f) / targetNorm;
    double pulls = distance(probe.pulled, trial.pulled) / targetNorm;
    double pulled = 0;
    for (double value : here.pulled) {
      pulled += value * value;
    }
    double accurate = Math.max(outputs, pulls / (1 + Math.sqrt(pulled) / targetNorm)) / accuracy;
    double left = LEFT_TO_GO * Math.max(gap, LEFT_TO_GO * tolerance);
    double lambda = options.weightDecay();
    double calm = (lambda > 0 ? Math.max(outputs, pulls / lambda) : outputs) / left;
    return Math.max(accurate, calm);
  }

  /** Makes the trial the present state and measures how far from rest it is. */
  private void settle() {
    State old = here;
    here = trial;
    trial = old;
    gap = gap();
    double lambda = options.weightDecay();
    if (lambda == 0) {
      speed = 0;
    } else if (lambda * (time - markedTime) >= WINDOW) {
      speed = distance(here.f, marked) / (lambda * (time - markedTime) * targetNorm);
      System.arraycopy(here.f, 0, marked, 0, trainPoints);
      markedTime = time;
    }
  }

  /** |f - Phi Delta / lambda| relative to |y|; without weight decay |y - f|. */
  private double gap() {
    double lambda = options.weightDecay();
    double squares = 0;
    for (int i = 0; i < trainPoints; i++) {
      double difference =
          lambda > 0
              ? here.f[i] - here.pulled[i] / lambda
              : problem.trainTargets().at(i, 0) - here.f[i];
      squares += difference * difference;
    }
    return Math.sqrt(squares) / targetNorm;
  }

  private static double distance(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += (x[i] - y[i]) * (x[i] - y[i]);
    }
    return Math.sqrt(sum);
  }

  /** Outputs and velocities of a state. */
  private void evaluate(State s) {
    evaluations++;
    double gamma = options.gamma();
    backend.gemm(Transpose.NO, Transpose.YES, 1, s.a, factor, 0, phi);
    backend.activateWithDerivative(activation, phi, phi, slope);
    // f = <z phi> / gamma
    backend.crossGram(1 / (gamma * samples), phi, s.z, 0, average);
    backend.download(average, s.f);
    double[] delta = new double[trainPoints];
    for (int i = 0; i < trainPoints; i++) {
      delta[i] = options.loss().pull(trainPoints) * (problem.trainTargets().at(i, 0) - s.f[i]);
    }
    backend.upload(delta, pull);
    // dz/dt = gamma phi Delta - lambda z, and Phi Delta on the way
    backend.gemm(Transpose.NO, Transpose.NO, gamma, phi, pull, 0, s.dz);
    backend.crossGram(1 / (gamma * samples), phi, s.dz, 0, average);
    backend.download(average, s.pulled);
    backend.axpy(-options.weightDecay(), s.z, s.dz);
    // da/dt = gamma (phi' o z Delta^T) F - lambda a
    backend.copy(factor, pulledFactor);
    backend.scaleRows(pull, pulledFactor);
    backend.scaleRows(s.z, slope);
    backend.gemm(Transpose.NO, Transpose.NO, gamma, slope, pulledFactor, 0, s.da);
    backend.axpy(-options.weightDecay(), s.a, s.da);
  }

  /** Outputs and kernels of all points at the present state. */
  FixedPointSolution solution(StopReason reason) {
    int points = problem.points();
    int testPoints = points - trainPoints;
    Matrix allPhi = memory.get("phi of all points");
    Matrix allSlope = memory.get("slope of all points");
    Matrix kernel = memory.get("kernel");
    Matrix outputs = memory.get("outputs");
    Matrix testField = allPhi.view(0, samples, trainPoints, testPoints);
    backend.gemm(
        Transpose.NO, Transpose.YES, 1, here.a, factor, 0, allPhi.view(0, samples, 0, trainPoints));
    // What the training points do not span decays freely: h += e^{-lambda t} s xi.
    long stream = RandomStreams.stream(RandomStreams.DYNAMICS_PREACTIVATION, 1, 1);
    int half = samples / 2;
    for (int first = 0; first < samples; first += half) {
      backend.fillGaussian(
          options.seed(), stream, 0, allPhi.view(first, half, trainPoints, testPoints));
    }
    backend.scaleColumns(testRest, testField);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        here.a,
        testFactor,
        Math.exp(-options.weightDecay() * time),
        testField);
    backend.activateWithDerivative(activation, allPhi, allPhi, allSlope);
    backend.scaleRows(here.z, allSlope);
    if (averaging) {
      backend.copy(meanGradient, allSlope.view(0, samples, 0, trainPoints));
    }

    double[] f = new double[points];
    double[] feature = new double[points * points];
    double[] gradient = new double[points * points];
    backend.crossGram(1 / (options.gamma() * samples), allPhi, here.z, 0, outputs);
    backend.download(outputs, f);
    backend.gram(1.0 / samples, allPhi, 0, kernel);
    backend.download(kernel, feature);
    backend.gram(1.0 / samples, allSlope, 0, kernel);
    backend.download(kernel, gradient);
    return new FixedPointSolution(
        problem,
        reason,
        time,
        evaluations,
        residual(),
        Arrays.copyOf(f, trainPoints),
        Arrays.copyOfRange(f, trainPoints, points),
        new LayerKernels(0, java.util.List.of(feature), java.util.List.of(gradient)));
  }
}
