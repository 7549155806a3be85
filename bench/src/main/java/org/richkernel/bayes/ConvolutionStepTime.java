package org.richkernel.bayes;

import java.util.Locale;
import java.util.Random;
import org.richkernel.bench.MeteredBackend;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.PosteriorParameters;

/**
 * Processor time of a gradient of a ReLU network on random square images, on one thread beside a
 * large sgemm of the same run, and of every operation in it.
 */
public final class ConvolutionStepTime {
  private ConvolutionStepTime() {}

  /**
   * Prints a line and a table of operations.
   *
   * @param arguments side of the images, layers as on the command line, flatten or gap, primal or
   *     dual, P, K, S, gradients
   */
  public static void main(String[] arguments) {
    int side = Integer.parseInt(arguments[0]);
    Convolutions layers = Convolutions.parse(arguments[1]);
    SiteReadout readout = SiteReadout.valueOf(arguments[2].toUpperCase(Locale.ROOT));
    boolean dual = arguments[3].equals("dual");
    int points = Integer.parseInt(arguments[4]);
    int outputs = Integer.parseInt(arguments[5]);
    int samples = Integer.parseInt(arguments[6]);
    int count = Integer.parseInt(arguments[7]);
    NetworkSpec network =
        NetworkSpec.of(layers.layers().size(), Activation.RELU)
            .withConvolutions(layers.withReadout(readout));
    Random random = new Random(1);
    double[] x = random.doubles((long) points * side * side).map(u -> u - 0.5).toArray();
    double[] y = random.doubles((long) points * outputs).map(u -> u < 0.5 ? -1 : 1).toArray();
    Inputs images = Inputs.of(x, points, side * side).withShape(new ImageShape(side, side, 1));
    BackendOptions oneThread = new BackendOptions(1, Long.MAX_VALUE);
    try (Backend plain = Backends.open("cpu", oneThread, System.err::println)) {
      MeteredBackend meter = new MeteredBackend(plain, () -> (long) (1e9 * DualStepTime.now()));
      Backend backend = meter.backend();
      AdaptiveProblem problem =
          AdaptiveProblem.of(
              network, SaddleOptions.usual(), images, Targets.of(y, points, outputs));
      SampledInputs inputs = SampledInputs.of(backend, problem);
      ConvolutionShape shape = inputs.convolution().orElseThrow();
      double variance = ConvolutionLayers.readoutVariance(network, shape);
      PosteriorParameters parameters = new PosteriorParameters(1, 0.1, variance, 0);
      InputFactor patches = inputs.factor();
      try (StackPosterior<?> posterior =
              dual
                  ? new DualConvolutionPosterior(
                      backend, network, shape, patches, y, parameters, samples)
                  : new ConvolutionPosterior(
                      backend, network, shape, patches, y, parameters, samples);
          FieldPopulation population = posterior.newPopulation(samples, 1)) {
        backend.fillGaussian(1, 1, 0, population.xi());
        posterior.refresh(population);
        posterior.begin(0);
        evaluate(posterior, 3);
        double ceiling = DualStepTime.ceiling(plain);
        meter.clear();
        double before = DualStepTime.now();
        evaluate(posterior, count);
        double seconds = (DualStepTime.now() - before) / count;
        double flops = layers(shape, samples);
        double n = ConvolutionLayers.features(shape, samples);
        double p = points;
        flops +=
            dual
                ? n * n * p + 4 * n * p * outputs + n * n * n / 3
                : n * p * p + 4 * n * p * outputs + p * p * p / 3;
        System.out.printf(
            Locale.ROOT,
            "%s %s %s, P=%d, S=%d: %.1f CPU ms, %.3f Gflop, %.1f GF/s; sgemm %.1f GF/s in the same run,"
                + " share %.2f; %.0f %% of the time in BLAS-3%n",
            layers.text(),
            arguments[2],
            arguments[3],
            points,
            samples,
            1e3 * seconds,
            1e-9 * flops,
            1e-9 * flops / seconds,
            ceiling,
            1e-9 * flops / seconds / ceiling,
            100 * meter.blas3Share(count * seconds));
        System.out.println(meter.table(count * seconds));
      }
    }
  }

  private static void evaluate(StackPosterior<?> posterior, int count) {
    for (int i = 0; i < count; i++) {
      posterior.evaluate();
    }
    posterior.potential();
  }

  /** 4 S r n_1, and 6 S (k S) n_l for each layer above. */
  private static double layers(ConvolutionShape shape, double samples) {
    double flops = 4 * samples * shape.rank() * shape.columns(1);
    for (int l = 2; l <= shape.layers(); l++) {
      flops += 6 * samples * shape.features(l, (int) samples) * shape.columns(l);
    }
    return flops;
  }
}
