package org.richkernel.bench;

import java.nio.file.Path;
import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.CausalOptions;
import org.richkernel.dynamics.CausalSolver;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/**
 * A whole causal solve on MNIST 0/1 beside the rate of sgemm in the same run: {@code DynamicsSolve
 * FOLDER activation layers gamma P T stepSize S threads [leftOut]}; the share of the variance left
 * out is the solver's own if it is not given, and at 1e-7 the history is kept nearly whole.
 */
public final class DynamicsSolve {
  private static final int EDGE = 2000;
  private static final int TRIES = 5;

  private DynamicsSolve() {}

  /** Solves once and prints what it took. */
  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    Activation activation = Activation.named(arguments[1]);
    int layers = Integer.parseInt(arguments[2]);
    int points = Integer.parseInt(arguments[4]);
    int steps = Integer.parseInt(arguments[5]);
    int samples = Integer.parseInt(arguments[7]);
    Datasets digits =
        DatasetReader.train(
                folder.resolve("mnist01-train-images-idx3-ubyte.gz").toString(),
                folder.resolve("mnist01-train-labels-idx1-ubyte.gz").toString())
            .classes(0, 1)
            .trainSize(points)
            .read();
    DynamicsProblem problem =
        DynamicsProblem.of(
            NetworkSpec.of(layers, activation),
            DynamicsOptions.of(
                    Double.parseDouble(arguments[3]), steps, Double.parseDouble(arguments[6]))
                .withSamples(samples),
            Inputs.of(digits.train().inputs(), points, digits.train().inputDimension()),
            Targets.of(digits.train().targets()));
    BackendOptions options = BackendOptions.defaults().withThreads(Integer.parseInt(arguments[8]));
    try (Backend plain = Backends.open("cpu", options, System.err::println)) {
      double before = productRate(plain, Precision.FLOAT32);
      MeteredBackend meter = new MeteredBackend(plain);
      FlopCount count = new FlopCount(meter.backend());
      long start = System.nanoTime();
      DynamicsSolution solution =
          new CausalSolver(causal(arguments)).solve(problem, count.backend(), RunControl.silent());
      double seconds = (System.nanoTime() - start) * 1e-9;
      double sgemm = 0.5 * (before + productRate(plain, Precision.FLOAT32));
      double dgemm = productRate(plain, Precision.FLOAT64);
      System.out.printf(
          Locale.ROOT,
          "%s L=%d P=%d T=%d S=%d: %s; loss %.4f -> %.4f +- %.4f%n",
          activation,
          layers,
          points,
          steps,
          samples,
          solution.outcome(),
          solution.trainLoss()[0],
          solution.trainLoss()[solution.times() - 1],
          solution.trainLossStandardError()[solution.times() - 1]);
      System.out.printf(
          Locale.ROOT, "wall %.2f s; sgemm %.0f, dgemm %.0f GF/s%n", seconds, sgemm, dgemm);
      // eight products of S x n with n x P at each time and pair of layers, for the whole
      // population and once more for its parts
      double n = (double) points * steps;
      double formula = 2 * 8.0 * (layers - 1) * samples * n * n;
      double ideal = count.single() / sgemm + count.twice() / dgemm;
      System.out.printf(
          Locale.ROOT,
          "full history by formula %.2f TF: %.0f GF/s, %.0f %% of sgemm%n",
          formula * 1e-12,
          formula / seconds * 1e-9,
          100 * formula / seconds * 1e-9 / sgemm);
      System.out.printf(
          Locale.ROOT,
          "done %.2f TF in float32, %.2f TF in float64: %.0f %% of gemm in their precisions%n",
          count.single() * 1e-12,
          count.twice() * 1e-12,
          100 * ideal * 1e-9 / seconds);
      System.out.printf(
          Locale.ROOT,
          "BLAS-3 share %.1f %%, peak %.1f MB promised%n",
          100 * meter.blas3Share(seconds),
          plain.peakBytes() / 1e6);
      System.out.print(meter.table(seconds));
    }
  }

  private static CausalOptions causal(String[] arguments) {
    CausalOptions usual = CausalOptions.defaults();
    return arguments.length > 9 ? usual.withLeftOut(Double.parseDouble(arguments[9])) : usual;
  }

  /** GF/s of the best of a few square products. */
  private static double productRate(Backend backend, Precision precision) {
    try (Matrix a = backend.allocate(precision, EDGE, EDGE, "a");
        Matrix b = backend.allocate(precision, EDGE, EDGE, "b");
        Matrix c = backend.allocate(precision, EDGE, EDGE, "c")) {
      if (precision == Precision.FLOAT32) {
        backend.fillGaussian(1, RandomStreams.stream(200, 0, 0), 0, a);
        backend.fillGaussian(1, RandomStreams.stream(200, 0, 1), 0, b);
      } else {
        backend.fill(1.5, a);
        backend.fill(0.5, b);
      }
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < TRIES; i++) {
        long start = System.nanoTime();
        backend.gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c);
        backend.synchronize();
        best = Math.min(best, (System.nanoTime() - start) * 1e-9);
      }
      return 2.0 * EDGE * EDGE * EDGE / best * 1e-9;
    }
  }
}
