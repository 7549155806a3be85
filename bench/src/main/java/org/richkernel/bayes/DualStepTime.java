package org.richkernel.bayes;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;
import org.richkernel.bench.MeteredBackend;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.data.Dataset;
import org.richkernel.data.DatasetReader;
import org.richkernel.network.NetworkSpec;
import org.richkernel.option.Words;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PosteriorParameters;

/**
 * Time of a gradient of one hidden layer in the dual and in the primal form, all rows moving, on
 * one thread of the processor beside a large sgemm of the same run: {@code DualStepTime IMAGES
 * LABELS P S GRADIENTS FORM...}. Ten classes, one-hot; processor time of the thread is counted.
 */
public final class DualStepTime {
  private static final int CEILING = 2048;

  private DualStepTime() {}

  /** Prints a line for each form and a table of all operations. */
  public static void main(String[] arguments) {
    Dataset digits =
        DatasetReader.train(arguments[0], arguments[1])
            .oneHot()
            .trainSize(Integer.parseInt(arguments[2]))
            .read()
            .train();
    int samples = Integer.parseInt(arguments[3]);
    int gradients = Integer.parseInt(arguments[4]);
    BackendOptions oneThread = new BackendOptions(1, Long.MAX_VALUE);
    try (Backend plain = Backends.open("cpu", oneThread, System.err::println)) {
      MeteredBackend meter = new MeteredBackend(plain);
      Backend backend = meter.backend();
      NetworkSpec network = NetworkSpec.of(1, Activation.RELU);
      InputFactor input =
          InputFactor.of(
              backend, network, digits.inputs(), digits.points(), digits.inputDimension());
      PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
      for (int repeat = 0; repeat < 2; repeat++) {
        double ceiling = ceiling(plain);
        for (String form : Arrays.asList(arguments).subList(5, arguments.length)) {
          boolean dual = Words.constant(ReadoutForm.class, form) == ReadoutForm.DUAL;
          try (MarginalPosterior posterior =
              dual
                  ? new DualPosterior(
                      PointHolders.of(backend),
                      network,
                      input,
                      digits.targets(),
                      parameters,
                      new int[] {samples},
                      samples)
                  : PrimalPosterior.ofBlocks(
                      backend,
                      network.activation(),
                      input,
                      digits.targets(),
                      parameters,
                      samples)) {
            double seconds = time(backend, posterior, samples, gradients);
            double flops =
                new PosteriorForm.Cost(1, digits.points(), input.rank(), digits.outputs(), samples)
                    .of(
                        new PosteriorForm(
                            Words.constant(ReadoutForm.class, form), FieldForm.WHITENED));
            System.out.printf(
                Locale.ROOT,
                "%s: P = %d, S = %d, r = %d: %.3f s, %.1f GF/s; sgemm %.1f GF/s in the same run%n",
                form,
                digits.points(),
                samples,
                input.rank(),
                seconds,
                flops / seconds * 1e-9,
                ceiling);
          }
        }
      }
      System.out.println(meter.table(0));
    }
  }

  /** Processor time of the thread, seconds. */
  static double now() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return threads.getCurrentThreadCpuTime() * 1e-9;
  }

  /** The best of a few large sgemm, GF/s. */
  static double ceiling(Backend backend) {
    try (Matrix a = backend.allocate(Precision.FLOAT32, CEILING, CEILING, "a");
        Matrix b = backend.allocate(Precision.FLOAT32, CEILING, CEILING, "b");
        Matrix c = backend.allocate(Precision.FLOAT32, CEILING, CEILING, "c")) {
      backend.fill(0.5, a);
      backend.fill(0.25, b);
      double best = 0;
      for (int i = 0; i < 5; i++) {
        double start = now();
        backend.gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c);
        best = Math.max(best, 2e-9 * Math.pow(CEILING, 3) / (now() - start));
      }
      return best;
    }
  }

  /** The median over gradients after the first. */
  private static double time(
      Backend backend, MarginalPosterior posterior, int samples, int gradients) {
    try (FieldPopulation population = posterior.newPopulation(samples, 1)) {
      backend.fillGaussian(5, 76, 0, population.xi());
      posterior.refresh(population);
      posterior.use(population);
      posterior.begin(0);
      double[] seconds = new double[gradients];
      for (int i = -1; i < gradients; i++) {
        double start = now();
        posterior.evaluate();
        if (i >= 0) {
          seconds[i] = now() - start;
        }
      }
      Arrays.sort(seconds);
      return seconds[gradients / 2];
    }
  }
}
