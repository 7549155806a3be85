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
public record SampledInputs(
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

  /** The same without the rows of the training points, which other devices hold. */
  SampledInputs withoutPoints() {
    return new SampledInputs(
        factor.withoutPoints(), points, tests, coordinates, convolution, images);
  }

  /** Inputs of any network. */
  static SampledInputs of(Backend backend, AdaptiveProblem problem) {
    NetworkSpec network = problem.network();
    Inputs train = problem.trainInputs();
    Inputs test = problem.testInputs();
    InputFactor factor = factor(backend, problem);
    if (network.convolutions().isEmpty()) {
      return dense(
          factor,
          test.rows() == 0 ? null : factor.coordinates(backend, test.toArray(), test.rows()));
    }
    return new SampledInputs(
        factor,
        train.rows(),
        test.rows(),
        null,
        Optional.of(shape(network, train, factor.rank())),
        test);
  }

  /**
   * The factor of the covariance of the training inputs, or of the patches of training images, rows
   * ordered (site, image).
   */
  public static InputFactor factor(Backend backend, AdaptiveProblem problem) {
    NetworkSpec network = problem.network();
    Inputs train = problem.trainInputs();
    if (network.convolutions().isEmpty()) {
      return InputFactor.of(backend, network, train::copyRows, train.rows(), train.dimension());
    }
    SiteMap first = maps(network, train).get(0);
    return InputFactor.of(
        backend,
        network,
        ImagePatches.bySite(train, 0, train.rows(), first),
        train.rows() * first.outputSites(),
        ImagePatches.width(train, first));
  }

  /** Sites of the first layer; 1 of a fully connected network. */
  public static int sites(AdaptiveProblem problem) {
    return problem.network().convolutions().isEmpty()
        ? 1
        : maps(problem.network(), problem.trainInputs()).get(0).outputSites();
  }

  /** The largest rank that the {@link #factor} can have. */
  public static int largestRank(AdaptiveProblem problem) {
    return Math.min(rows(problem), width(problem));
  }

  /** Number of rows of the factor: P, or the number of patches of all images. */
  static int rows(AdaptiveProblem problem) {
    return Math.multiplyExact(problem.trainInputs().rows(), sites(problem));
  }

  /** D, or the number of entries of a patch; one more with biases. */
  static int width(AdaptiveProblem problem) {
    NetworkSpec network = problem.network();
    Inputs train = problem.trainInputs();
    int width =
        network.convolutions().isEmpty()
            ? train.dimension()
            : ImagePatches.width(train, maps(network, train).get(0));
    return width + (network.biasVariance() > 0 ? 1 : 0);
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
