package org.richkernel.stack;

import java.util.List;
import java.util.function.DoubleSupplier;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * Convolutional layers linked by whitened fields: h^l = xi^l F_l^T with F_l the Cholesky factor of
 * Sigma^l = g F Phi^{l-1} + g_b between all pairs of sites of all images, n_l x n_l for n_l = P
 * s_l. The link is a {@link WhitenedLink} whose {@link KernelMap} averages over offsets.
 */
public final class WhitenedSiteLinks implements SiteLinks {
  private final ConvolutionShape shape;
  private final Workspace memory;
  private final WhitenedLinks links;

  /**
   * @param memory with the matrices of {@link #plan} and {@link SiteLinks#planShared}
   * @param jitter relative to the mean diagonal of covariances
   * @param failures counter of failed factorizations, 1 x 1, float64
   */
  public WhitenedSiteLinks(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      Workspace memory,
      DoubleSupplier jitter,
      Matrix failures) {
    this.shape = shape;
    this.memory = memory;
    links = new WhitenedLinks(backend, network, memory, jitter, failures);
    Matrix units = memory.get("unit matrix of sites");
    Matrix ones = memory.get("ones of sites");
    backend.addDiagonal(1, units);
    backend.fill(1, ones);
    for (int l = 2; l <= shape.layers(); l++) {
      int n = shape.columns(l);
      Matrix unit = units.view(0, n, 0, n);
      KernelMap map =
          new KernelMap.OfSites(
              backend,
              memory.get(SiteLinks.inputs(l)),
              memory.get(SiteLinks.outputs(l)),
              square("adjoint on the sites below", l - 1));
      links.add(
          map,
          unit,
          ones.view(0, n, 0, n),
          new CholeskyAdjoint(backend, memory, map, unit, shape.columns(l - 1)));
    }
  }

  /** Adds kernels and factors between all sites to a plan. */
  public static void plan(Backend backend, MemoryPlan plan, ConvolutionShape shape) {
    int depth = shape.layers();
    int above = shape.mostColumns(2, depth);
    int below = shape.mostColumns(1, depth - 1);
    WhitenedLinks.planJitters(plan, depth);
    plan.add("unit matrix of sites", Precision.FLOAT64, above, above)
        .add("ones of sites", Precision.FLOAT64, above, above)
        .add("kernel of sites", Precision.FLOAT64, below, below)
        .add("adjoint on the sites below", Precision.FLOAT64, below, below);
    for (int l = 2; l <= depth; l++) {
      WhitenedLinks.planFactor(plan, l, shape.columns(l));
    }
    CholeskyAdjoint.plan(backend, plan, above, below);
  }

  private Matrix square(String name, int l) {
    int n = shape.columns(l);
    return memory.get(name).view(0, n, 0, n);
  }

  @Override
  public Link link(int l, MovingFields fields, List<LayerFields> layers) {
    int samples = fields.rows();
    return links.link(
        l,
        samples,
        square("kernel of sites", l - 1),
        layers,
        fields,
        SiteLinks.pull(memory, shape, l, samples));
  }

  @Override
  public void prepare(int samples) {
    // no values of shared scratch depend on the number of samples
  }

  /** The covariance of layer l = 2 to L at the last forward pass. */
  public LayerCovariance covariance(int l) {
    return links.covariance(l);
  }

  /** Jitters that were added to the covariances, 1 x (L - 1), float64. */
  public Matrix jitters() {
    return links.jitters();
  }

  @Override
  public FeatureRows features(int l, int samples) {
    return new FeatureRows(covariance(l).factor(), Transpose.YES);
  }
}
