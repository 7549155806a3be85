package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.richkernel.metrics.FilterCovariance;
import org.richkernel.metrics.LayerSites;
import org.richkernel.network.SiteMap;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.SampledVector;
import org.richkernel.stack.ConvolutionShape;

/**
 * Sites and filters of a convolutional network at the saddle point.
 *
 * @param layers 1 to L
 * @param filters of the first layer; empty if a patch has more than {@value
 *     SiteAverages#MOST_PATCH} entries
 */
public record SiteFeatures(List<LayerSites> layers, Optional<FilterCovariance> filters) {
  public SiteFeatures {
    layers = List.copyOf(layers);
  }

  /** The same values without errors, for a solution whose errors are not valid. */
  public SiteFeatures withoutErrors() {
    return new SiteFeatures(
        layers.stream().map(LayerSites::withoutErrors).toList(),
        filters.map(FilterCovariance::withoutErrors));
  }

  /**
   * The averages of chains, extrapolated; empty for a fully connected network.
   *
   * @param y targets
   * @param patches factor of the patches
   */
  static Optional<SiteFeatures> of(SaddleEstimate estimate, double[] y, InputFactor patches) {
    @Nullable SiteAverages any = estimate.large().get(0).sites();
    if (any == null) {
      return Optional.empty();
    }
    ConvolutionShape shape = any.shape();
    SampledVector all = estimate.vector(chain -> series(chain, SiteAverages::sites));
    double targetSquare = Estimate.ofProduct(y, y).value();
    List<LayerSites> layers = new ArrayList<>();
    int at = 0;
    for (SiteMap map : shape.maps()) {
      int end = at + 3 * map.outputSites();
      layers.add(
          LayerSites.of(map.outputHeight(), map.outputWidth(), part(all, at, end), targetSquare));
      at = end;
    }
    int n = SiteAverages.patch(shape);
    if (n == 0) {
      return Optional.of(new SiteFeatures(layers, Optional.empty()));
    }
    SampledVector lower = estimate.vector(chain -> series(chain, SiteAverages::filters));
    double[] basis = Arrays.copyOf(patches.projector(), n * patches.rank());
    FilterCovariance filters = FilterCovariance.within(lower, basis, n);
    return Optional.of(new SiteFeatures(layers, Optional.of(filters)));
  }

  private static BatchMeans series(SamplingChain chain, Function<SiteAverages, BatchMeans> of) {
    @Nullable SiteAverages sites = chain.sites();
    if (sites == null) {
      throw new IllegalStateException("the chain has no sites");
    }
    return of.apply(sites);
  }

  private static SampledVector part(SampledVector all, int from, int to) {
    return new SampledVector(
        Arrays.copyOfRange(all.value(), from, to),
        all.deviations().stream().map(d -> Arrays.copyOfRange(d, from, to)).toList(),
        all.degreesOfFreedom());
  }
}
