package org.richkernel.lazy;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/**
 * Time of a kernel ridge fit in its forms on one thread, beside large products of the same run:
 * {@code LazyFormTime TRAIN-IMAGES TRAIN-LABELS TEST-IMAGES TEST-LABELS P TESTS KAPPA FORM...} with
 * forms dense, float64 and float32 (tiles) or a number of inducing points. ReLU NNGP, ten classes;
 * processor time of the thread is counted.
 */
public final class LazyFormTime {
  private static final int CEILING = 4096;

  private LazyFormTime() {}

  /** Prints a line for each form. */
  public static void main(String[] arguments) throws IOException {
    Datasets digits =
        DatasetReader.train(arguments[0], arguments[1])
            .test(arguments[2], arguments[3])
            .oneHot()
            .trainSize(Integer.parseInt(arguments[4]))
            .testSize(Integer.parseInt(arguments[5]))
            .read();
    int points = digits.train().points();
    int outputs = digits.train().outputs();
    Inputs x = Inputs.of(digits.train().inputs(), points, digits.train().inputDimension());
    Targets y = Targets.of(digits.train().targets(), points, outputs);
    Inputs z =
        Inputs.of(
            digits.test().orElseThrow().inputs(),
            digits.test().orElseThrow().points(),
            x.dimension());
    LazyProblem problem =
        LazyProblem.of(
                NetworkSpec.of(1, Activation.RELU),
                KernelKind.NNGP,
                Double.parseDouble(arguments[6]),
                x,
                y)
            .withTestInputs(z);
    Path scratch = Files.createTempDirectory("tiles").resolve("factor.tiles");
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), System.err::println)) {
      double[] first = new double[0];
      for (String form : Arrays.asList(arguments).subList(7, arguments.length)) {
        double sgemm = ceiling(backend, Precision.FLOAT32);
        double dgemm = ceiling(backend, Precision.FLOAT64);
        double start = now();
        LazySolution solution = solve(backend, problem, form, scratch);
        double seconds = now() - start;
        first = first.length == 0 ? solution.testPredictions() : first;
        System.out.printf(
            Locale.ROOT,
            "%s: P = %d: %.1f s, residual %.1e, %s; P^3/3 in %.1f GF/s; sgemm %.1f, dgemm %.1f GF/s"
                + " in the same run; predictions differ by %.1e from the first; wall %s%n",
            form,
            points,
            seconds,
            solution.fit().residual(),
            solution.inducing().map(InducingFit::toString).orElse("exact"),
            Math.pow(points, 3) / 3e9 / seconds,
            sgemm,
            dgemm,
            difference(first, solution.testPredictions()),
            solution.seconds());
      }
    }
  }

  private static LazySolution solve(
      Backend backend, LazyProblem problem, String form, Path scratch) {
    RunControl control = RunControl.silent();
    switch (form) {
      case "dense":
        return new LazySolver(backend, problem).solve();
      case "float64":
        return new TiledLazySolver(backend, problem, scratch, Precision.FLOAT64)
            .solve(control)
            .orElseThrow();
      case "float32":
        return new TiledLazySolver(backend, problem, scratch, Precision.FLOAT32)
            .solve(control)
            .orElseThrow();
      default:
        InducingOptions options = new InducingOptions(Integer.parseInt(form), 1e-8, 200, 0);
        return new InducingLazySolver(backend, problem, options).solve(control).orElseThrow();
    }
  }

  private static double difference(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum / a.length);
  }

  private static double now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() * 1e-9;
  }

  private static double ceiling(Backend backend, Precision precision) {
    try (Matrix a = backend.allocate(precision, CEILING, CEILING, "a");
        Matrix b = backend.allocate(precision, CEILING, CEILING, "b");
        Matrix c = backend.allocate(precision, CEILING, CEILING, "c")) {
      backend.fill(0.5, a);
      backend.fill(0.25, b);
      double best = 0;
      for (int i = 0; i < 2; i++) {
        double start = now();
        backend.gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c);
        best = Math.max(best, 2e-9 * Math.pow(CEILING, 3) / (now() - start));
      }
      return best;
    }
  }
}
