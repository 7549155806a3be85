package org.richkernel.dynamics;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.richkernel.bench.MeteredBackend;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.Dataset;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/**
 * Gradient flow of one hidden ReLU layer on MNIST 0/1, 200 training and 1000 test points, gamma 1,
 * lambda 1, 10000 samples, to t = 20.
 *
 * <p>{@code euler FOLDER FILE dt threads} follows the neurons in rank space by Euler's method and
 * writes f and Phi; {@code solve FOLDER FILE threads published accuracy...} times the solver for
 * each accuracy, compares with the file, and times so many steps of the published update rule.
 * FOLDER holds the original MNIST files.
 */
public final class OneHiddenLayerFlow {
  private static final int TRAIN = 200;
  private static final int TEST = 1000;
  private static final int SAMPLES = 10000;
  private static final double TIME = 20;
  private static final double PUBLISHED_STEP = 1e-3;

  private OneHiddenLayerFlow() {}

  /** Runs one of the two. */
  public static void main(String[] arguments) throws IOException {
    DynamicsProblem problem = problem(Path.of(arguments[1]));
    Path file = Path.of(arguments[2]);
    if (arguments[0].equals("euler")) {
      euler(problem, file, Double.parseDouble(arguments[3]), Integer.parseInt(arguments[4]));
      return;
    }
    int threads = Integer.parseInt(arguments[3]);
    double published = published(problem, threads, Integer.parseInt(arguments[4]));
    for (int i = 5; i < arguments.length; i++) {
      solve(problem, file, threads, published, arguments[i]);
    }
  }

  private static DynamicsProblem problem(Path folder) {
    Datasets digits =
        DatasetReader.train(
                folder.resolve("train-images-idx3-ubyte.gz").toString(),
                folder.resolve("train-labels-idx1-ubyte.gz").toString())
            .test(
                folder.resolve("t10k-images-idx3-ubyte.gz").toString(),
                folder.resolve("t10k-labels-idx1-ubyte.gz").toString())
            .classes(0, 1)
            .trainSize(TRAIN)
            .testSize(TEST)
            .read();
    return new DynamicsProblem(
        NetworkSpec.of(1, Activation.RELU),
        DynamicsOptions.of(1, 400, TIME / 400).withWeightDecay(1).withSamples(SAMPLES),
        inputs(digits.train()),
        Targets.of(digits.train().targets()),
        inputs(digits.test().orElseThrow()),
        Targets.of(digits.test().orElseThrow().targets()));
  }

  private static Inputs inputs(Dataset data) {
    return Inputs.of(data.inputs(), data.points(), data.inputDimension());
  }

  private static Backend open(int threads) {
    return Backends.open(
        "cpu", BackendOptions.defaults().withThreads(threads), System.err::println);
  }

  private static void euler(DynamicsProblem problem, Path file, double dt, int threads)
      throws IOException {
    double cpu = cpuSeconds();
    try (Backend backend = open(threads);
        EulerReference flow = new EulerReference(backend, problem, false)) {
      long steps = Math.round(TIME / dt);
      for (long n = 0; n < steps; n++) {
        flow.step(dt);
      }
      double[] f = flow.outputs();
      double[] kernel = flow.featureKernel();
      try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
        for (double value : f) {
          out.writeDouble(value);
        }
        for (double value : kernel) {
          out.writeDouble(value);
        }
      }
      print("Euler in rank space, dt %s: %d steps, %.0f CPU s%n", dt, steps, cpuSeconds() - cpu);
    }
  }

  /** CPU seconds of the published rule for all its steps, from some of them. */
  private static double published(DynamicsProblem problem, int threads, int steps) {
    try (Backend backend = open(threads);
        EulerReference rule = new EulerReference(backend, problem, true)) {
      for (int n = 0; n < 5; n++) {
        rule.step(PUBLISHED_STEP);
      }
      double cpu = cpuSeconds();
      for (int n = 0; n < steps; n++) {
        rule.step(PUBLISHED_STEP);
      }
      double each = (cpuSeconds() - cpu) / steps;
      double total = each * TIME / PUBLISHED_STEP;
      print(
          "published rule: %.4f CPU s per step over %d steps, %.0f CPU s for %.0f steps"
              + " (extrapolated)%n",
          each, steps, total, TIME / PUBLISHED_STEP);
      return total;
    }
  }

  /** One setting: accuracy, tolerance (0 runs to t = 20) and populations, joined by colons. */
  private static void solve(
      DynamicsProblem problem, Path file, int threads, double published, String setting)
      throws IOException {
    String[] parts = setting.split(":", -1);
    OneHiddenLayerSolver solver =
        new OneHiddenLayerSolver(
            Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), Integer.parseInt(parts[2]));
    try (Backend backend = open(threads)) {
      MeteredBackend meter = new MeteredBackend(backend);
      double cpu = cpuSeconds();
      long wall = System.nanoTime();
      FixedPointSolution solution = solver.solve(problem, meter.backend(), RunControl.silent());
      double spent = cpuSeconds() - cpu;
      double seconds = (System.nanoTime() - wall) * 1e-9;
      print(
          "%naccuracy %s, tolerance %s, %s populations: %s at t = %.2f after %d evaluations, %.1f s"
              + " wall, %.1f CPU s, %.0f times less than the published rule%n",
          parts[0],
          parts[1],
          parts[2],
          solution.reason(),
          solution.time(),
          solution.evaluations(),
          seconds,
          spent,
          published / spent);
      describe(problem, file, backend, solution);
      print("BLAS-3 share of wall time %.0f %%%n", 100 * meter.blas3Share(seconds));
      System.out.print(meter.table(seconds));
    }
  }

  private static void describe(
      DynamicsProblem problem, Path file, Backend backend, FixedPointSolution solution)
      throws IOException {
    double[] f = new double[TRAIN];
    double[] kernel = new double[TRAIN * TRAIN];
    try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      for (int i = 0; i < f.length; i++) {
        f[i] = in.readDouble();
      }
      for (int i = 0; i < kernel.length; i++) {
        kernel[i] = in.readDouble();
      }
    }
    double[] y = problem.trainTargets().toArray();
    double[] delta = y.clone();
    double[] deltaThere = y.clone();
    double[] here = new double[TRAIN * TRAIN];
    int all = problem.points();
    for (int i = 0; i < TRAIN; i++) {
      delta[i] -= solution.trainOutputs()[i];
      deltaThere[i] -= f[i];
      System.arraycopy(solution.featureKernel(), i * all, here, i * TRAIN, TRAIN);
    }
    double[] outputs = solution.trainOutputs();
    print(
        "against Euler on the same neurons: Delta %.1e, Phi %.1e (relative)%n",
        distance(delta, deltaThere, deltaThere), distance(here, kernel, kernel));
    print(
        "residuals %.1e (readout), %.1e (tangent); |f - aNNGP| %.1e, |f - aNTK| %.1e of |y|%n",
        solution.readoutResidual(),
        solution.tangentResidual(),
        distance(java.util.Arrays.copyOf(solution.featurePredictor(backend), TRAIN), outputs, y),
        distance(java.util.Arrays.copyOf(solution.tangentPredictor(backend), TRAIN), outputs, y));
    double[] loss = solution.course().testLoss();
    double[] error = solution.course().testLossStandardError();
    print("test loss %.5f +- %.5f%n", loss[loss.length - 1], error[error.length - 1]);
  }

  private static double distance(double[] x, double[] y, double[] scale) {
    double squares = 0;
    double total = 0;
    for (int i = 0; i < x.length; i++) {
      squares += (x[i] - y[i]) * (x[i] - y[i]);
      total += scale[i] * scale[i];
    }
    return Math.sqrt(squares / total);
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }

  private static double cpuSeconds() {
    var bean =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return bean.getProcessCpuTime() * 1e-9;
  }
}
