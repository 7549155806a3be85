package org.richkernel.bayes;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;

/** Linear convolutional networks without biases: {@link LinearConvolutionSaddle} on a data set. */
final class LinearConvolutionSolver {
  /**
   * Largest number of columns of a layer's factor: images times sites, or the rank of the patches.
   * The layer below may have four times as many.
   */
  private static final int LARGEST = 400;

  private LinearConvolutionSolver() {}

  /** Whether the layers are small enough. */
  static boolean applies(AdaptiveProblem problem) {
    List<SiteMap> maps = SampledInputs.maps(problem.network(), problem.trainInputs());
    int points = problem.trainInputs().rows();
    boolean small = rank(problem) <= LARGEST;
    for (int l = 1; l < maps.size(); l++) {
      small &= (long) points * maps.get(l).outputSites() <= LARGEST;
      small &= (long) points * maps.get(l - 1).outputSites() <= 4 * LARGEST;
    }
    return small;
  }

  /** The largest rank that the patches can have. */
  private static int rank(AdaptiveProblem problem) {
    SiteMap first = SampledInputs.maps(problem.network(), problem.trainInputs()).get(0);
    long rows = (long) problem.trainInputs().rows() * first.outputSites();
    return (int) Math.min(rows, ImagePatches.width(problem.trainInputs(), first));
  }

  static MemoryPlan plan(AdaptiveProblem problem) {
    List<SiteMap> maps = SampledInputs.maps(problem.network(), problem.trainInputs());
    SiteMap first = maps.get(0);
    int points = problem.trainInputs().rows();
    return MemoryPlan.largest(
        InputFactor.plan(
            points * first.outputSites(), ImagePatches.width(problem.trainInputs(), first), 0),
        LinearConvolutionAction.plan(
            maps,
            rank(problem),
            readsMeans(problem.network()),
            points,
            problem.trainTargets().outputs()));
  }

  private static boolean readsMeans(NetworkSpec network) {
    return network.convolutions().orElseThrow().readout() == SiteReadout.GAP;
  }

  static AdaptiveNbkSolution solve(Backend backend, AdaptiveProblem problem) {
    NetworkSpec network = problem.network();
    Inputs train = problem.trainInputs();
    List<SiteMap> maps = SampledInputs.maps(network, train);
    SiteMap first = maps.get(0);
    double kappa = problem.options().kappa();
    double[] y = problem.trainTargets().toArray();
    Map<String, Double> seconds = new LinkedHashMap<>();
    long start = System.nanoTime();
    InputFactor.Exact patches =
        InputFactor.Exact.of(
            backend,
            network,
            ImagePatches.byImage(train, first),
            train.rows() * first.outputSites(),
            ImagePatches.width(train, first));
    long solving = System.nanoTime();
    seconds.put("inputs", (solving - start) * 1e-9);
    LinearConvolutionSaddle saddle =
        LinearConvolutionSaddle.solve(
            backend,
            patches,
            maps,
            network.weightVariances(),
            readsMeans(network),
            y,
            train.rows(),
            problem.options().gamma(),
            kappa);
    seconds.put("solve", (System.nanoTime() - solving) * 1e-9);
    LinearPredictor predictor = predictor(network, train, first, patches, saddle.coefficients());
    return LinearSolution.of(
        backend,
        problem,
        saddle.residual(),
        saddle.kernels(),
        saddle.dual(),
        predictor,
        List.of(),
        seconds);
  }

  /** f(x) = sum_a z_a(x) W c_a with the scaled patches z_a, gathered by pixels. */
  private static LinearPredictor predictor(
      NetworkSpec network,
      Inputs train,
      SiteMap first,
      InputFactor.Exact patches,
      List<double[]> coefficients) {
    int channels = train.shape().channels();
    int width = ImagePatches.width(train, first);
    int outputs = coefficients.size();
    double scale = Math.sqrt(network.weightVariance(0) / width);
    double[] weights = new double[train.dimension() * outputs];
    int rank = patches.rank();
    for (int k = 0; k < outputs; k++) {
      double[] c = coefficients.get(k);
      for (int a = 0; a < first.outputSites(); a++) {
        for (int j = 0; j < width; j++) {
          int b = first.input(a, j / channels);
          if (b >= 0) {
            double sum = 0;
            for (int r = 0; r < rank; r++) {
              sum += patches.projector()[j * rank + r] * c[a * rank + r];
            }
            weights[(b * channels + j % channels) * outputs + k] += scale * sum;
          }
        }
      }
    }
    return new LinearPredictor(weights, new double[outputs]);
  }
}
