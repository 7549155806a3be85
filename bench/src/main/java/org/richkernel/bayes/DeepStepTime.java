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
import org.richkernel.data.Dataset;
import org.richkernel.data.DatasetReader;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PosteriorParameters;

/**
 * Time of a leapfrog step of a tanh network on one thread of the processor, and where it goes:
 * {@code DeepStepTime P S L}. Processor time of the thread is counted, of {@value #MOVES}
 * trajectories of a single step.
 */
public final class DeepStepTime {
  private static final int STEPS = 1;
  private static final int WARM_UP = 5;
  private static final int MOVES = 41;

  private DeepStepTime() {}

  /** Prints the time of a step and a table of all operations. */
  public static void main(String[] arguments) {
    int samples = Integer.parseInt(arguments[1]);
    NetworkSpec network = NetworkSpec.of(Integer.parseInt(arguments[2]), Activation.TANH);
    Dataset digits =
        DatasetReader.train(
                "test-data/mnist01-train-images-idx3-ubyte.gz",
                "test-data/mnist01-train-labels-idx1-ubyte.gz")
            .classes(0, 1)
            .trainSize(Integer.parseInt(arguments[0]))
            .read()
            .train();
    BackendOptions oneThread = new BackendOptions(1, Long.MAX_VALUE);
    try (Backend plain = Backends.open("cpu", oneThread, System.err::println)) {
      MeteredBackend meter = new MeteredBackend(plain);
      long start = System.nanoTime();
      time(meter.backend(), network, digits, samples);
      System.out.println(meter.table((System.nanoTime() - start) * 1e-9));
    }
  }

  private static void time(Backend backend, NetworkSpec network, Dataset digits, int samples) {
    InputFactor input =
        InputFactor.of(backend, network, digits.inputs(), digits.points(), digits.inputDimension());
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double[] millis = new double[MOVES];
    try (PrimalPosterior posterior =
            new PrimalPosterior(
                backend,
                network,
                input,
                digits.targets(),
                new PosteriorParameters(1, 0.1, 1, 0),
                samples);
        FieldPopulation population = posterior.newPopulation(samples, 1);
        Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms")) {
      backend.fillGaussian(5, 76, 0, population.xi());
      posterior.refresh(population);
      posterior.use(population);
      CollectiveHmc hmc = new CollectiveHmc(backend, 1, 0, uniforms, (xi, gradient) -> {});
      for (int move = 0; move < WARM_UP + MOVES; move++) {
        long start = threads.getCurrentThreadCpuTime();
        hmc.move(posterior, 0, move, 0.01, STEPS);
        if (move >= WARM_UP) {
          // a move evaluates once before its first step
          millis[move - WARM_UP] = (threads.getCurrentThreadCpuTime() - start) * 1e-6 / (STEPS + 1);
        }
      }
    }
    Arrays.sort(millis);
    System.out.printf(
        Locale.ROOT,
        "P = %d, S = %d, L = %d: %.2f ms a step, least %.2f%n",
        digits.points(),
        samples,
        network.hiddenLayers(),
        millis[MOVES / 2],
        millis[0]);
  }
}
