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
 *   |g Phi|_F^2 = c^2 S / (S - 1) sum_{i != j} sum_ab (R_ia . R_jb)^2.</pre>
 *
 * <p>The norm is the U-statistic of {@link SampleGramSeries}, over pairs of different channels.
 * Cost: (S s)^2 P flops for s sites with weights of their own, or one for means over sites.
 */
final class SiteGramSeries implements KernelMeasure {
  private final Backend backend;
  private final DualConvolutionPosterior posterior;
  private final int samples;
  private final Matrix image; // R Y, float32
  private final Matrix overlaps; // of two sites, S x S, float32
  private final Matrix unit;
  private final Matrix diagonal; // S x 1
  private final Matrix sums; // |R Y|^2, |R|^2 and the sum over pairs
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
    unit = memory.get("unit matrix of samples");
    diagonal = memory.get("diagonal of overlaps");
    sums = memory.get("sums of overlaps");
    backend.addDiagonal(1, unit);
  }

  /** Adds the scratch of a layer to a plan. */
  static void plan(
      MemoryPlan plan, String prefix, ConvolutionShape shape, int layer, int samples, int outputs) {
    int rows = Math.multiplyExact(samples, shape.pooledRows(layer));
    plan.add(prefix + "features on targets", Precision.FLOAT32, rows, outputs)
        .add(prefix + "overlaps of sites", Precision.FLOAT32, samples, samples)
        .add(prefix + "unit matrix of samples", Precision.FLOAT32, samples, samples)
        .add(prefix + "diagonal of overlaps", Precision.FLOAT32, samples, 1)
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
    double square = Math.max(0, read[2]) * samples / (samples - 1.0);
    scalars.add(
        weight * read[0],
        weight * read[1],
        weight * Math.sqrt(square),
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

  /** Adds the squares of overlaps between different channels. */
  private void addPairs(List<Matrix> sites, Matrix pairs) {
    for (int a = 0; a < sites.size(); a++) {
      for (int b = 0; b <= a; b++) {
        double times = a == b ? 1 : 2;
        backend.gemm(Transpose.NO, Transpose.YES, 1, sites.get(a), sites.get(b), 0, overlaps);
        backend.rowDot(overlaps, unit, diagonal);
        backend.dot(times, overlaps, overlaps, 1, pairs);
        backend.dot(-times, diagonal, diagonal, 1, pairs);
      }
    }
  }

  @Override
  public KernelScalars scalars() {
    return scalars;
  }
}
