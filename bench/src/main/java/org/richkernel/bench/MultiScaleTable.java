package org.richkernel.bench;

import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.richkernel.bayes.multiscale.LevelPrediction;
import org.richkernel.bayes.multiscale.LinearScaleSolver;
import org.richkernel.bayes.multiscale.MultiScaleProblem;
import org.richkernel.bayes.multiscale.ScaleSolution;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * Prints the discrepancies mean y (y - f) of linear networks on one draw of the linearly separable
 * Ising task over chi, as Markdown: exact posterior, tree level, one loop and rescaled kernel, on
 * training points and 400 test points.
 */
public final class MultiScaleTable {
  private static final int TEST = 400;
  private static final double DP = 0.1;
  private static final String[] LEVELS = {
    ScaleSolution.EXACT, ScaleSolution.TREE, ScaleSolution.ONE_LOOP, ScaleSolution.RESCALED
  };

  private MultiScaleTable() {}

  /**
   * Prints the tables.
   *
   * @param arguments the seed of the draw
   */
  public static void main(String[] arguments) {
    long seed = arguments.length == 0 ? 8 : Long.parseLong(arguments[0]);
    double[] chis = {1, 2, 5, 10, 20, 50, 100};
    table(seed, 80, 40, 100, 1, chis);
    table(seed, 40, 80, 100, 1, chis);
    table(seed, 200, 80, 200, 0.5, new double[] {1, 2, 5, 10, 20, 50, 100, 200});
  }

  private static void table(
      long seed, int dimension, int points, int width, double kappa, double[] chis) {
    Random random = new Random(seed);
    double[] y = targets(points);
    double[] testY = targets(TEST);
    double[] x = inputs(random, y, dimension);
    double[] test = inputs(random, testY, dimension);
    try (Backend backend = Backends.cpu()) {
      MultiScaleProblem problem =
          new MultiScaleProblem(
              NetworkSpec.of(1, Activation.LINEAR),
              width,
              kappa,
              Inputs.of(x, points, dimension),
              Targets.of(y),
              Inputs.of(test, TEST, dimension));
      System.out.printf(
          Locale.ROOT,
          "%nD = %d, P = %d, N = %d, dp = %.1f, kappa = %.1f%n%n"
              + "| chi | roots | exact | tree | one loop | rescaled | exact, test | tree, test"
              + " | one loop, test | rescaled, test | tree error removed |%n"
              + "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |%n",
          dimension,
          points,
          width,
          DP,
          kappa);
      for (ScaleSolution scale :
          new LinearScaleSolver(backend, problem).sweep(chis, Optional.empty())) {
        row(scale, y, testY);
      }
    }
  }

  private static void row(ScaleSolution scale, double[] y, double[] testY) {
    if (scale.chi() == 1) {
      LevelPrediction gaussian = scale.level(ScaleSolution.GAUSSIAN);
      System.out.printf(
          Locale.ROOT,
          "| Gaussian process | | %.5f | | | | %.5f | | | | |%n",
          gaussian.trainDiscrepancy(y),
          gaussian.testDiscrepancy(testY));
    }
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "| %.0f |", scale.chi()));
    line.append(String.format(Locale.ROOT, " %d |", scale.stationaryPoints()));
    for (String level : LEVELS) {
      line.append(String.format(Locale.ROOT, " %.5f |", scale.level(level).trainDiscrepancy(y)));
    }
    for (String level : LEVELS) {
      line.append(String.format(Locale.ROOT, " %.5f |", scale.level(level).testDiscrepancy(testY)));
    }
    double exact = scale.level(ScaleSolution.EXACT).trainDiscrepancy(y);
    double tree = scale.level(ScaleSolution.TREE).trainDiscrepancy(y) - exact;
    double loop = scale.level(ScaleSolution.ONE_LOOP).trainDiscrepancy(y) - exact;
    line.append(String.format(Locale.ROOT, " %.1f %% |", 100 * (1 - loop / tree)));
    System.out.println(line);
  }

  private static double[] targets(int points) {
    double[] y = new double[points];
    for (int i = 0; i < points; i++) {
      y[i] = i % 2 == 0 ? 1 : -1;
    }
    return y;
  }

  /** Every component of x_i is y_i with probability 1/2 + dp, otherwise -y_i. */
  private static double[] inputs(Random random, double[] y, int dimension) {
    double[] x = new double[y.length * dimension];
    for (int i = 0; i < x.length; i++) {
      x[i] = (random.nextDouble() < 0.5 + DP ? 1 : -1) * y[i / dimension];
    }
    return x;
  }
}
