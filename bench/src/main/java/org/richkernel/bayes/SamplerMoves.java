package org.richkernel.bayes;

import java.nio.file.Path;
import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PosteriorParameters;

/**
 * Cost of an independent sample by block size and trajectory length: {@code SamplerMoves FOLDER
 * activation gamma kappa P S sweeps blocks:leapfrogs ...}. The cost is counted in gradients of the
 * whole population, which does not depend on how busy the machine is, and in milliseconds, which
 * do.
 */
public final class SamplerMoves {
  private static final int BURN_IN = 80;

  private SamplerMoves() {}

  /** Prints one row per move. */
  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    Activation activation = Activation.named(arguments[1]);
    double gamma = Double.parseDouble(arguments[2]);
    double kappa = Double.parseDouble(arguments[3]);
    int samples = Integer.parseInt(arguments[5]);
    int sweeps = Integer.parseInt(arguments[6]);
    Datasets digits =
        DatasetReader.train(
                folder.resolve("train-images-idx3-ubyte.gz").toString(),
                folder.resolve("train-labels-idx1-ubyte.gz").toString())
            .classes(0, 1)
            .trainSize(Integer.parseInt(arguments[4]))
            .read();
    int points = digits.train().points();
    double[] y = digits.train().targets();
    System.out.println(
        "| rows per block | leapfrogs | step | acceptance | autocorrelation, gradients | ms per gradient | ms per independent sample |");
    System.out.println("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    try (Backend backend = Backends.cpu()) {
      InputFactor input =
          InputFactor.of(
              backend,
              NetworkSpec.of(1, activation),
              digits.train().inputs(),
              points,
              digits.train().inputDimension());
      for (int m = 7; m < arguments.length; m++) {
        String[] move = arguments[m].split(":");
        int blocks = Integer.parseInt(move[0]);
        int leapfrogs = Integer.parseInt(move[1]);
        int rows = PrimalPosterior.largestBlock(samples, blocks);
        PosteriorParameters parameters = new PosteriorParameters(gamma, kappa, 1, 0);
        try (PrimalPosterior posterior =
                PrimalPosterior.ofBlocks(backend, activation, input, y, parameters, rows);
            FieldPopulation population = posterior.newPopulation(samples, blocks);
            LayerAverages layer = new LayerAverages(backend, input.rank(), points, 1, rows);
            SamplingChain chain =
                new SamplingChain(
                    backend,
                    7,
                    0,
                    posterior,
                    population,
                    java.util.List.of(layer),
                    TrajectoryLength.fixed(leapfrogs),
                    y,
                    null,
                    0)) {
          chain.start();
          // Short trajectories need more of them to forget the prior draw.
          for (int s = 0; s < BURN_IN * 10 / leapfrogs; s++) {
            chain.burnIn();
          }
          chain.freeze();
          long start = System.nanoTime();
          int measured = sweeps * 10 / leapfrogs;
          for (int s = 0; s < measured; s++) {
            chain.sweep();
          }
          double gradients = measured * (leapfrogs + 1.0);
          double milliseconds = (System.nanoTime() - start) * 1e-6 / gradients;
          double correlation = chain.dualFit().autocorrelationTime() * (leapfrogs + 1);
          System.out.printf(
              Locale.ROOT,
              "| %d | %d | %.3f | %.2f | %.0f | %.2f | %.0f |%n",
              rows,
              leapfrogs,
              chain.step(),
              chain.acceptance(),
              correlation,
              milliseconds,
              correlation * milliseconds);
        }
      }
    }
  }
}
