package org.richkernel.finite;

import org.jspecify.annotations.Nullable;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.NetworkSpec;

/**
 * Inputs of the first layer's weights: in a fully connected network the coordinates in the span of
 * the training points, in a convolutional one the patches.
 *
 * @param factor F, (P s_1) x r with F F^T the covariance of the first layer, rows (site, point)
 * @param rank r
 * @param projector from inputs to coordinates, empty for patches
 * @param test coordinates of the test points; null if there are none
 */
@SuppressWarnings("ArrayRecordComponent")
record PosteriorInputs(
    float[] factor, int rank, double[] projector, InputFactor.@Nullable Coordinates test) {
  /** Peak memory of {@link #of}. */
  static MemoryPlan plan(PosteriorProblem problem) {
    NetworkSpec network = problem.network();
    Inputs train = problem.trainInputs();
    int width = train.dimension() + (network.biasVariance() > 0 ? 1 : 0);
    return network.convolutions().isPresent()
        ? new MemoryPlan()
        : InputFactor.plan(train.rows(), width, problem.testInputs().rows());
  }

  static PosteriorInputs of(Backend backend, PosteriorProblem problem, WeightLayout layout) {
    Inputs train = problem.trainInputs();
    Inputs test = problem.testInputs();
    NetworkSpec network = problem.network();
    if (network.convolutions().isPresent()) {
      NetworkSites sites = problem.sites();
      return new PosteriorInputs(
          single(scaled(network, sites, train, 0, train.rows())),
          layout.rank(),
          new double[0],
          test.rows() == 0 ? null : TestPointOutputs.patches(network, sites, layout, test));
    }
    InputFactor factor =
        InputFactor.of(backend, network, train::copyRows, train.rows(), train.dimension());
    return new PosteriorInputs(
        factor.factor(),
        factor.rank(),
        factor.projector(),
        test.rows() == 0 ? null : factor.coordinates(backend, test.toArray(), test.rows()));
  }

  private static float[] single(double[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
    }
    return rounded;
  }

  /** Dimension of the patches, biases included. */
  static int patchRank(NetworkSpec network, NetworkSites sites) {
    return sites.inputs() + (network.biasVariance() > 0 ? 1 : 0);
  }

  /** Patches of some points times sqrt(g_0 / (k C)), with biases a last column of sqrt(g_b). */
  static double[] scaled(
      NetworkSpec network, NetworkSites sites, Inputs inputs, int first, int count) {
    double[] patches = sites.patches(inputs, first, count);
    int width = sites.inputs();
    int rank = patchRank(network, sites);
    double scale = Math.sqrt(network.weightVariance(0) / width);
    double[] scaled = new double[patches.length / width * rank];
    for (int i = 0; i < scaled.length; i++) {
      int column = i % rank;
      scaled[i] =
          column < width
              ? scale * patches[i / rank * width + column]
              : Math.sqrt(network.biasVariance());
    }
    return scaled;
  }
}
