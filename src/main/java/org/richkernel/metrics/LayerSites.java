package org.richkernel.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.sampling.SampledVector;

/**
 * A layer's feature kernel site by site: for each site a of height x width, row-major, with the P x
 * P kernel Phi_aa of equal sites,
 *
 * <pre>  variance_a = tr Phi_aa / P,   alignment_a = tr Y^T Phi_aa Y / (|Phi_aa|_F |Y|^2).</pre>
 *
 * @param height rows of sites
 * @param width columns of sites
 * @param variance height width numbers
 * @param alignment height width numbers; 0 where the kernel of a site vanishes
 */
public record LayerSites(int height, int width, SampledVector variance, SampledVector alignment) {
  /**
   * The numbers of a layer from sums that have a mean over samples.
   *
   * @param means tr Phi_aa / P, tr Y^T Phi_aa Y and |Phi_aa|_F^2, one after the other, each of all
   *     sites
   * @param targetSquare |Y|^2
   */
  public static LayerSites of(int height, int width, SampledVector means, double targetSquare) {
    int sites = height * width;
    double[] value = means.value();
    double[] alignment = new double[sites];
    for (int a = 0; a < sites; a++) {
      double square = value[2 * sites + a];
      alignment[a] = square > 0 ? value[sites + a] / (Math.sqrt(square) * targetSquare) : 0;
    }
    List<double[]> ofVariance = new ArrayList<>();
    List<double[]> ofAlignment = new ArrayList<>();
    for (double[] d : means.deviations()) {
      ofVariance.add(Arrays.copyOf(d, sites));
      double[] change = new double[sites];
      for (int a = 0; a < sites; a++) {
        double square = value[2 * sites + a];
        if (square > 0) {
          // d (fit / square^{1/2}) = (d fit - fit d square / (2 square)) / square^{1/2}
          double numerator = d[sites + a] - value[sites + a] * d[2 * sites + a] / (2 * square);
          change[a] = numerator / (Math.sqrt(square) * targetSquare);
        }
      }
      ofAlignment.add(change);
    }
    double freedom = means.degreesOfFreedom();
    return new LayerSites(
        height,
        width,
        new SampledVector(Arrays.copyOf(value, sites), ofVariance, freedom),
        new SampledVector(alignment, ofAlignment, freedom));
  }

  /** The same numbers without errors. */
  public LayerSites withoutErrors() {
    return new LayerSites(
        height,
        width,
        SampledVector.exact(variance.value()),
        SampledVector.exact(alignment.value()));
  }
}
