package org.richkernel.bayes;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ConvolutionShape;

/**
 * The inputs of a sampled problem in rank space.
 *
 * @param factor of the covariance of the training inputs, or of the patches of training images,
 *     rows ordered (site, image)
 * @param points P
 * @param tests number of test points
 * @param coordinates of the test points of a fully connected network; null when there are none
 * @param convolution sizes of a convolutional network; empty for a fully connected one
 * @param images test images of a convolutional network; null for a fully connected one
 */
record SampledInputs(
    InputFactor factor,
    int points,
    int tests,
    InputFactor.@Nullable Coordinates coordinates,
    Optional<ConvolutionShape> convolution,
    @Nullable Inputs images) {

  /** Inputs of a fully connected network. */
  static SampledInputs dense(InputFactor factor, InputFactor.@Nullable Coordinates tests) {
    int count = tests == null ? 0 : tests.deviation().length;
    return new SampledInputs(factor, factor.points(), count, tests, Optional.empty(), null);
  }

  /** Inputs of any network. */
  static SampledInputs of(Backend backend, AdaptiveProblem problem) {
    NetworkSpec network = problem.network();
    Inputs train = problem.trainInputs();
    Inputs test = problem.testInputs();
    if (network.convolutions().isEmpty()) {
      InputFactor factor =
          InputFactor.of(backend, network, train.toArray(), train.rows(), train.dimension());
      return dense(
          factor,
          test.rows() == 0 ? null : factor.coordinates(backend, test.toArray(), test.rows()));
    }
    SiteMap first = maps(network, train).get(0);
    InputFactor factor =
        InputFactor.of(
            backend,
            network,
            ImagePatches.bySite(train, 0, train.rows(), first),
            train.rows() * first.outputSites(),
            ImagePatches.width(train, first));
    return new SampledInputs(
        factor,
        train.rows(),
        test.rows(),
        null,
        Optional.of(shape(network, train, factor.rank())),
        test);
  }

  /** The site maps of a convolutional network on images. */
  static List<SiteMap> maps(NetworkSpec network, Inputs images) {
    return network.convolutions().orElseThrow().maps(images.shape());
  }

  /**
   * Sizes of a convolutional network on its training images.
   *
   * @param rank of their patches
   */
  static ConvolutionShape shape(NetworkSpec network, Inputs train, int rank) {
    SiteReadout readout = network.convolutions().orElseThrow().readout();
    List<SiteMap> maps = maps(network, train);
    boolean biases = network.biasVariance() > 0;
    int patch = ImagePatches.width(train, maps.get(0)) + (biases ? 1 : 0);
    return new ConvolutionShape(maps, readout, train.rows(), rank, patch, biases);
  }
}
