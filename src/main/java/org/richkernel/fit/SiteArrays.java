package org.richkernel.fit;

import java.util.List;
import org.richkernel.metrics.FilterCovariance;
import org.richkernel.metrics.LayerSites;
import org.richkernel.network.Convolution;
import org.richkernel.result.Result;
import org.richkernel.sampling.SampledVector;

/** Sites and filters of convolutional networks as arrays of a result. */
final class SiteArrays {
  private SiteArrays() {}

  /**
   * Adds site_variance_l and site_alignment_l, height x width each, with standard errors where
   * there are some.
   *
   * @param kind between name and layer, empty or "lazy_"
   */
  static Result sites(Result result, String kind, List<LayerSites> layers) {
    Result with = result;
    for (int l = 1; l <= layers.size(); l++) {
      LayerSites layer = layers.get(l - 1);
      int height = layer.height();
      int width = layer.width();
      with = with(with, "site_variance_" + kind + l, layer.variance(), height, width);
      with = with(with, "site_alignment_" + kind + l, layer.alignment(), height, width);
    }
    return with;
  }

  /**
   * Adds filter_covariance (kC x kC, ordered by offset and channel), filter_eigenvalues and
   * filter_directions (kC x rows x columns x C), strongest first, and standard errors.
   *
   * @param first layer of the network
   */
  static Result filters(Result result, FilterCovariance filters, Convolution first) {
    int n = filters.size();
    int channels = n / (first.height() * first.width());
    Result with = with(result, "filter_covariance", filters.covariance(), n, n);
    with = with.with("filter_eigenvalues", filters.eigenvalues(), n);
    if (filters.eigenvalueErrors().length > 0) {
      with = with.with("filter_eigenvalues_standard_error", filters.eigenvalueErrors(), n);
    }
    return with.with(
        "filter_directions", filters.eigenvectors(), n, first.height(), first.width(), channels);
  }

  private static Result with(Result result, String name, SampledVector values, int... shape) {
    Result with = result.with(name, values.value(), shape);
    double[] errors = values.standardError();
    return errors.length == 0 ? with : with.with(name + "_standard_error", errors, shape);
  }
}
