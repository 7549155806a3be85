package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ConvolutionShape;

/**
 * Scalars of the pooled kernel g Phi = c R^T R of a convolutional layer, with R its pooled rows:
 *
 * <pre>  tr Y^T g Phi Y = c |R Y|^2,   tr g Phi = c |R|^2,
 *   |g Phi|_F^2 = c^2 |R R^T|_F^2 = c^2 sum_ab |R_a R_b^T|_F^2</pre>
 *
 * <p>with R_a the rows of a site. As in {@link SampleGramSeries} it is that of the sweep's own
 * kernel. Cost: (S s)^2 P flops for s sites with weights of their own, or one for means over sites.
 */
final class SiteGramSeries implements KernelMeasure {
  private final Backend backend;
  private final DualConvolutionPosterior posterior;
  private final int samples;
  private final Matrix image; // R Y, float32
  private final Matrix overlaps; // of two sites, S x S, float32
  private final Matrix sums; // |R Y|^2, |R|^2 and |R R^T|^2
  private final double[] read = new double[3];
  private final KernelScalars scalars = new KernelScalars();

  /**
   * @param memory with the matrices of {@link #plan}
   * @param samples S
   */
  SiteGramSeries(
      Backend backend, Workspace memory, DualConvolutionPosterior posterior, int samples) {
    this.backend = backend;
    this.posterior = posterior;
    this.samples = samples;
    image = memory.get("features on targets");
    overlaps = memory.get("overlaps of sites");
    sums = memory.get("sums of overlaps");
  }

  /** Adds the scratch of a layer to a plan. */
  static void plan(
      MemoryPlan plan, String prefix, ConvolutionShape shape, int layer, int samples, int outputs) {
    int rows = Math.multiplyExact(samples, shape.pooledRows(layer));
    plan.add(prefix + "features on targets", Precision.FLOAT32, rows, outputs)
        .add(prefix + "overlaps of sites", Precision.FLOAT32, samples, samples)
        .add(prefix + "sums of overlaps", Precision.FLOAT64, 1, 3);
  }

  @Override
  public void measure(FieldPopulation population, int layer, Matrix targets, Matrix unused) {
    Matrix rows = posterior.pooled(layer);
    backend.gemm(Transpose.NO, Transpose.NO, 1, rows, posterior.targetsSingle(), 0, image);
    try (Matrix fit = sums.view(0, 1, 0, 1);
        Matrix trace = sums.view(0, 1, 1, 1);
        Matrix pairs = sums.view(0, 1, 2, 1)) {
      backend.dot(1, image, image, 0, fit);
      backend.dot(1, rows, rows, 0, trace);
      backend.fill(0, pairs);
      addPairs(sites(layer, rows), pairs);
    }
    backend.download(sums, read);
    double weight = posterior.weight(layer);
    scalars.add(
        weight * read[0],
        weight * read[1],
        weight * Math.sqrt(read[2]),
        backend.dot(targets, targets));
  }

  /** The rows of each site, S x P each. */
  private List<Matrix> sites(int layer, Matrix rows) {
    if (posterior.shape().readout() == SiteReadout.GAP) {
      return List.of(rows);
    }
    int points = rows.columns();
    Matrix phi = posterior.activations(layer);
    List<Matrix> sites = new ArrayList<>();
    for (int a = 0; a < posterior.shape().sites(layer); a++) {
      sites.add(phi.view(0, samples, a * points, points));
    }
    return sites;
  }

  /** Adds the squares of overlaps of all sites. */
  private void addPairs(List<Matrix> sites, Matrix pairs) {
    for (int a = 0; a < sites.size(); a++) {
      for (int b = 0; b <= a; b++) {
        double times = a == b ? 1 : 2;
        backend.gemm(Transpose.NO, Transpose.YES, 1, sites.get(a), sites.get(b), 0, overlaps);
        backend.dot(times, overlaps, overlaps, 1, pairs);
      }
    }
  }

  @Override
  public KernelScalars scalars() {
    return scalars;
  }
}
