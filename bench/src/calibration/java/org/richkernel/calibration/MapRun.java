package org.richkernel.calibration;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.richkernel.bayes.critical.FiniteWidthProblem;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.bayes.critical.MapSolution;
import org.richkernel.bayes.critical.MapSolver;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.sampling.LossError;
import org.richkernel.solver.RunControl;

/** The most probable kernels at finite width against those of very many samples. */
public final class MapRun implements CoverageRun {
  private static final int MANY = 300_000;

  private static final double KAPPA = 0.1;

  private static final Inputs TRAIN =
      Inputs.of(new double[] {1.2, 0.3, -0.5, 1.1, 0.8, -0.9, -1.0, -0.6}, 4, 2);
  private static final Targets Y = Targets.of(new double[] {1, -1, 0.5, -0.3});
  private static final Inputs TEST = Inputs.of(new double[] {0.4, 0.7, -1.3, 0.2, 0.1, -1.5}, 3, 2);
  private static final Targets Y_TEST = Targets.of(new double[] {0.2, -0.8, 0.4});

  private final NetworkSpec network;
  private final FiniteWidthProblem problem;
  private final int samples;
  private final MapSolution truth;

  /**
   * Finds the truth, on four points in the plane.
   *
   * @param chi gamma^2 N
   * @param samples of each replica of the runs that are judged
   */
  public MapRun(
      Backend backend, int layers, Activation activation, int width, double chi, int samples) {
    network = NetworkSpec.of(layers, activation).withBiasVariance(0.2);
    problem = FiniteWidthProblem.of(network, width, chi, KAPPA, TRAIN, Y);
    this.samples = samples;
    truth = solve(backend, 1_000_000_007, MANY);
  }

  private MapSolution solve(Backend backend, long seed, int count) {
    return MapSolver.solve(
            backend,
            problem,
            network,
            TRAIN,
            TEST,
            new MapOptions(count, seed, 0.05, 200),
            RunControl.silent())
        .orElseThrow();
  }

  @Override
  public String name() {
    return String.format(
        Locale.ROOT,
        "map, %s L=%d N=%d chi=%.0f",
        problem.activation().id(),
        problem.layers(),
        problem.width(),
        problem.chi());
  }

  @Override
  public void add(Backend backend, long seed, Coverage coverage) {
    MapSolution seen = solve(backend, seed, samples);
    if (!coverage.countRun(seen.converged(), seen.converged(), seen.passes())) {
      return;
    }
    for (int l = 1; l <= problem.layers(); l++) {
      int layer = l;
      double[] own = metrics(seen, l);
      double[] all = metrics(truth, l);
      double[] error =
          new IndependentEstimates(
                  parts(seen, replica -> metrics(feature(layer, replica.kernels().get(layer)))))
              .standardError();
      coverage.add("alignment of layer " + l, own[0], all[0], error[0]);
      coverage.add("trace of layer " + l, own[1], all[1], error[1]);
      coverage.add("norm of layer " + l, own[2], all[2], error[2]);
    }
    double[] y = Y.toArray();
    List<double[]> train = parts(seen, replica -> outputs(replica.dual()));
    addLoss(coverage, "train", y, outputs(seen.dual()), outputs(truth.dual()), train);
    double[] spread = seen.dualSpread().clone();
    for (int i = 0; i < spread.length; i++) {
      spread[i] *= KAPPA;
    }
    coverage.add("f_train", outputs(seen.dual()), outputs(truth.dual()), spread);
    List<double[]> test = parts(seen, MapSolution.Replica::predictions);
    double[] f = seen.testPredictions();
    addLoss(coverage, "test", Y_TEST.toArray(), f, truth.testPredictions(), test);
    coverage.add("f_test", f, truth.testPredictions(), seen.testSpread());
  }

  private static void addLoss(
      Coverage coverage,
      String name,
      double[] y,
      double[] f,
      double[] exact,
      List<double[]> parts) {
    coverage.add(
        name + " loss", Coverage.loss(y, f), Coverage.loss(y, exact), LossError.of(y, f, parts));
  }

  private double[] metrics(MapSolution solution, int layer) {
    return metrics(feature(layer, solution.adaptation().covariance(layer)));
  }

  /** Phi^l of C^l. */
  private double[] feature(int layer, double[] covariance) {
    double[] phi = covariance.clone();
    for (int i = 0; i < phi.length; i++) {
      phi[i] = (phi[i] - problem.bias()[layer - 1]) / problem.weight()[layer - 1];
    }
    return phi;
  }

  private static double[] metrics(double[] kernel) {
    KernelMetrics metrics = KernelMetrics.of(kernel, Y);
    return new double[] {metrics.alignment(), metrics.trace(), metrics.frobenius()};
  }

  private static double[] outputs(double[] dual) {
    double[] f = Y.toArray();
    for (int i = 0; i < f.length; i++) {
      f[i] -= KAPPA * dual[i];
    }
    return f;
  }

  private static List<double[]> parts(
      MapSolution solution, Function<MapSolution.Replica, double[]> numbers) {
    List<double[]> parts = new ArrayList<>();
    solution.replicas().forEach(replica -> parts.add(numbers.apply(replica)));
    return parts;
  }
}
