package org.richkernel.bayes.multiscale;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.bayes.KernelModes;
import org.richkernel.bayes.LinearPredictor;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;

/**
 * All levels of a linear network with one hidden layer, in closed form or by one-dimensional
 * quadrature, after one eigendecomposition.
 */
public final class LinearScaleSolver {
  private final Backend backend;
  private final MultiScaleProblem problem;
  private final double[] kernel; // C, P x P
  private final double[] cross; // Q x P
  private final double[] own; // Q
  private final LinearModes modes;

  /**
   * Computes and diagonalizes the kernel.
   *
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if the plan does not
   *     fit
   */
  public LinearScaleSolver(Backend backend, MultiScaleProblem problem) {
    plan(problem).requireFits(backend, "lower the number of training points");
    this.backend = backend;
    this.problem = problem;
    kernel = kernel(problem, problem.inputs());
    cross = kernel(problem, problem.testInputs());
    own = new double[problem.testInputs().rows()];
    NetworkSpec network = problem.network();
    for (int x = 0; x < own.length; x++) {
      own[x] =
          problem.readoutVariance()
              * (network.weightVariance(0) * problem.testInputs().meanSquare(x)
                  + network.biasVariance());
    }
    modes =
        LinearModes.of(
            backend, kernel, problem.targets().toArray(), problem.width(), 1, problem.kappa());
  }

  /** Peak memory of a solver. */
  public static MemoryPlan plan(MultiScaleProblem problem) {
    int points = problem.points();
    int others = problem.testInputs().rows();
    return MemoryPlan.largest(KernelModes.plan(points), KernelModes.crossPlan(points, others))
        .addHost(8L * points * (4L * points + 2L * others));
  }

  /** g (g_0 x . x' / D + g_b) between points and the training points, row-major. */
  private static double[] kernel(MultiScaleProblem problem, Inputs rows) {
    NetworkSpec network = problem.network();
    Inputs columns = problem.inputs();
    double[] c = new double[Math.multiplyExact(rows.rows(), columns.rows())];
    double scale = network.weightVariance(0) / columns.dimension();
    for (int i = 0; i < rows.rows(); i++) {
      for (int j = 0; j < columns.rows(); j++) {
        double sum = 0;
        for (int k = 0; k < columns.dimension(); k++) {
          sum += rows.at(i, k) * columns.at(j, k);
        }
        c[i * columns.rows() + j] =
            problem.readoutVariance() * (scale * sum + network.biasVariance());
      }
    }
    return c;
  }

  /**
   * Solves at one scale.
   *
   * @param chi positive
   * @param testTargets Q x 1, if known
   */
  public ScaleSolution solve(double chi, Optional<Targets> testTargets) {
    LinearModes scaled = modes.withChi(chi);
    return levels(scaled, ReadoutScale.of(scaled, 0), ReadoutScale.of(scaled, 1), testTargets);
  }

  /**
   * Solves at one scale after the other, each from the readout scales of the one before; the first
   * starts from the Gaussian process, q = 1.
   *
   * @param chis positive, in any order
   * @param testTargets Q x 1, if known
   */
  public List<ScaleSolution> sweep(double[] chis, Optional<Targets> testTargets) {
    List<ScaleSolution> path = new ArrayList<>();
    double treeStart = 1;
    double rescaledStart = 1;
    for (double chi : chis) {
      LinearModes scaled = modes.withChi(chi);
      ReadoutScale tree = ReadoutScale.from(scaled, 0, treeStart);
      ReadoutScale rescaled = ReadoutScale.from(scaled, 1, rescaledStart);
      path.add(levels(scaled, tree, rescaled, testTargets));
      treeStart = tree.q();
      rescaledStart = rescaled.q();
    }
    return path;
  }

  private ScaleSolution levels(
      LinearModes scaled, ReadoutScale tree, ReadoutScale rescaled, Optional<Targets> testTargets) {
    LinearPosterior posterior = LinearPosterior.of(scaled);
    Map<String, Level> levels = new LinkedHashMap<>();
    levels.put(ScaleSolution.GAUSSIAN, LinearLoops.ofScale(scaled, 1));
    levels.put(ScaleSolution.TREE, LinearLoops.ofScale(scaled, tree.q()));
    levels.put(ScaleSolution.RESCALED, LinearLoops.ofScale(scaled, rescaled.q()));
    levels.put(ScaleSolution.ONE_LOOP, LinearLoops.oneLoop(scaled, tree.q()));
    levels.put(ScaleSolution.EXACT, posterior.mean());
    Map<String, LevelPrediction> predictions = new LinkedHashMap<>();
    Map<String, Predictor> predictors = new LinkedHashMap<>();
    levels.forEach(
        (name, level) -> {
          predictions.put(
              name, LevelPrediction.exact(level.train(), level.predict(cross, own.length)));
          predictors.put(name, predictor(level));
        });
    return new ScaleSolution(
        scaled.chi(),
        predictions,
        adaptedKernel(levels.get(ScaleSolution.TREE)),
        predictors,
        OptionalDouble.of(posterior.trainLoss()),
        testTargets.isPresent()
            ? OptionalDouble.of(
                posterior.testLoss(backend, cross, own, testTargets.get().toArray()))
            : OptionalDouble.empty(),
        rescaled.stationaryPoints(),
        Optional.empty());
  }

  /** Phi^1 = (C + (q - 1) / (v^T C v) C v v^T C) / g; C v is proportional to the outputs. */
  private double[] adaptedKernel(Level tree) {
    int points = problem.points();
    double quadratic = 0; // f^T C^{-1} f = a . f
    for (int i = 0; i < points; i++) {
      quadratic += tree.coefficients()[i] * tree.train()[i];
    }
    double weight = quadratic == 0 ? 0 : (tree.scale() - 1) / quadratic;
    double[] phi = new double[kernel.length];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        int ij = i * points + j;
        phi[ij] =
            (kernel[ij] + weight * tree.train()[i] * tree.train()[j]) / problem.readoutVariance();
      }
    }
    return phi;
  }

  /** f(x) = C(x, X) a = w . x + b. */
  private Predictor predictor(Level level) {
    NetworkSpec network = problem.network();
    Inputs x = problem.inputs();
    double[] weights = new double[x.dimension()];
    double intercept = 0;
    double scale = problem.readoutVariance() * network.weightVariance(0) / x.dimension();
    for (int i = 0; i < x.rows(); i++) {
      double a = level.coefficients()[i];
      intercept += problem.readoutVariance() * network.biasVariance() * a;
      for (int k = 0; k < weights.length; k++) {
        weights[k] += scale * a * x.at(i, k);
      }
    }
    return new LinearPredictor(weights, intercept);
  }
}
