package org.richkernel.bayes;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.data.Dataset;
import org.richkernel.data.DatasetReader;
import org.richkernel.network.NetworkSpec;

/**
 * Time that the host needs to ask the CUDA device for a leapfrog step: {@code LeapfrogHostTime P S}
 * with the libraries of native/idle, which compute nothing. Processor time of the calling thread is
 * counted, so what else runs on the machine matters little.
 */
public final class LeapfrogHostTime {
  /** Steps of a trajectory; what a move costs beside its steps is spread over them. */
  private static final int STEPS = 1000;

  private static final int WARM_UP = 40;
  private static final int MOVES = 21;

  private final Backend backend;
  private final Dataset digits;
  private final int samples;

  private LeapfrogHostTime(Backend backend, Dataset digits, int samples) {
    this.backend = backend;
    this.digits = digits;
    this.samples = samples;
  }

  /** Prints one row per network. */
  public static void main(String[] arguments) {
    Dataset digits =
        DatasetReader.train(
                "test-data/mnist01-train-images-idx3-ubyte.gz",
                "test-data/mnist01-train-labels-idx1-ubyte.gz")
            .classes(0, 1)
            .trainSize(Integer.parseInt(arguments[0]))
            .read()
            .train();
    int samples = Integer.parseInt(arguments[1]);
    try (Backend backend = Backends.open("cuda", BackendOptions.defaults(), System.err::println)) {
      System.out.printf(
          Locale.ROOT,
          "%s, P = %d, S = %d%n%n| network | host us per step, median | least |%n| --- | ---: | ---: |%n",
          backend.info().device(),
          digits.points(),
          samples);
      LeapfrogHostTime time = new LeapfrogHostTime(backend, digits, samples);
      time.oneHiddenLayer();
      time.deep(2);
      time.deep(3);
    }
  }

  private void oneHiddenLayer() {
    NetworkSpec network = NetworkSpec.of(1, Activation.RELU);
    try (HiddenLayerPosterior posterior =
        new HiddenLayerPosterior(
            backend, network.activation(), input(network), digits.targets(), CONDITIONS, samples)) {
      report("one hidden layer", posterior);
    }
  }

  private void deep(int layers) {
    NetworkSpec network = NetworkSpec.of(layers, Activation.RELU);
    try (DeepPosterior posterior =
        new DeepPosterior(
            backend, network, input(network), digits.targets(), CONDITIONS, samples)) {
      report("deep, L = " + layers, posterior);
    }
  }

  private static final PosteriorParameters CONDITIONS = new PosteriorParameters(1, 0.1, 1, 0);

  /** From the processor: eigenvectors that a device did not compute are of no use. */
  private InputFactor input(NetworkSpec network) {
    try (Backend cpu = Backends.cpu()) {
      return InputFactor.of(
          cpu, network, digits.inputs(), digits.points(), digits.inputDimension());
    }
  }

  private void report(String name, MarginalPosterior posterior) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double[] micros = new double[MOVES];
    try (FieldPopulation population = posterior.newPopulation(samples, 1);
        Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms")) {
      posterior.refresh(population);
      CollectiveHmc hmc = new CollectiveHmc(backend, 1, 0, uniforms, (xi, gradient) -> {});
      for (int move = 0; move < WARM_UP + MOVES; move++) {
        long start = threads.getCurrentThreadCpuTime();
        hmc.move(posterior, 0, move, 0.01, STEPS);
        long nanos = threads.getCurrentThreadCpuTime() - start;
        if (move >= WARM_UP) {
          micros[move - WARM_UP] = nanos * 1e-3 / STEPS;
        }
      }
    }
    Arrays.sort(micros);
    System.out.printf(Locale.ROOT, "| %s | %.1f | %.1f |%n", name, micros[MOVES / 2], micros[0]);
  }
}
