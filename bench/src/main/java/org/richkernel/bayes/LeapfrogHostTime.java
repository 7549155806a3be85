package org.richkernel.bayes;

import org.richkernel.bench.HostTime;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.data.Dataset;
import org.richkernel.network.NetworkSpec;

/** {@link HostTime} of a leapfrog step: {@code LeapfrogHostTime P S}. */
public final class LeapfrogHostTime {
  /** Steps of a trajectory; what a move costs beside its steps is spread over them. */
  private static final int STEPS = 1000;

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
    Dataset digits = HostTime.digits(Integer.parseInt(arguments[0]));
    int samples = Integer.parseInt(arguments[1]);
    try (Backend backend = HostTime.device()) {
      HostTime.header(backend, digits.points(), samples, "step");
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
    try (FieldPopulation population = posterior.newPopulation(samples, 1);
        Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms")) {
      posterior.refresh(population);
      CollectiveHmc hmc = new CollectiveHmc(backend, 1, 0, uniforms, (xi, gradient) -> {});
      HostTime.report(name, STEPS, move -> hmc.move(posterior, 0, move, 0.01, STEPS));
    }
  }
}
