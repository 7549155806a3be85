package org.richkernel.stack;

import java.util.ArrayList;
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
  private final Backend backend;
  private final NetworkSpec network;
  private final ConvolutionShape shape;
  private final Workspace memory;
  private final DoubleSupplier jitter;
  private final Matrix failures;
  private final List<LayerCovariance> covariances = new ArrayList<>(); // of layers 2 to L
  private final List<CholeskyAdjoint> adjoints = new ArrayList<>();

  /**
   * @param memory holds what {@link #plan} and {@link SiteLinks#planShared} planned
   * @param jitter relative to the mean diagonal of covariances
   * @param failures where factorizations that fail are counted, 1 x 1, float64
   */
  public WhitenedSiteLinks(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      Workspace memory,
      DoubleSupplier jitter,
      Matrix failures) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    this.memory = memory;
    this.jitter = jitter;
    this.failures = failures;
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
      covariances.add(
          new LayerCovariance(
              backend,
              map,
              unit,
              ones.view(0, n, 0, n),
              memory.get("Cholesky factor of layer " + l),
              memory.get("F of layer " + l),
              network.biasVariance()));
      adjoints.add(new CholeskyAdjoint(backend, memory, map, unit, shape.columns(l - 1)));
    }
  }

  /** Adds kernels and factors between all sites to a plan. */
  public static void plan(Backend backend, MemoryPlan plan, ConvolutionShape shape) {
    int depth = shape.layers();
    int above = shape.mostColumns(2, depth);
    int below = shape.mostColumns(1, depth - 1);
    plan.add("jitters", Precision.FLOAT64, 1, depth - 1)
        .add("unit matrix of sites", Precision.FLOAT64, above, above)
        .add("ones of sites", Precision.FLOAT64, above, above)
        .add("kernel of sites", Precision.FLOAT64, below, below)
        .add("adjoint on the sites below", Precision.FLOAT64, below, below);
    for (int l = 2; l <= depth; l++) {
      int n = shape.columns(l);
      plan.add("Cholesky factor of layer " + l, Precision.FLOAT64, n, n)
          .add("F of layer " + l, Precision.FLOAT32, n, n);
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
    return new WhitenedLink(
        backend,
        network.weightVariance(l - 1) / samples,
        square("kernel of sites", l - 1),
        covariance(l),
        adjoints.get(l - 2),
        jitter,
        jitters().view(0, 1, l - 2, 1),
        failures,
        layers.get(l - 1).panels(),
        fields.position(l),
        fields.gradient(l),
        SiteLinks.pull(memory, shape, l, samples));
  }

  @Override
  public void prepare(int samples) {
    // nothing of one number of samples stays
  }

  /** The covariance of layer l = 2 to L at the last forward pass. */
  public LayerCovariance covariance(int l) {
    return covariances.get(l - 2);
  }

  /** Jitters that were added to the covariances, 1 x (L - 1), float64. */
  public Matrix jitters() {
    return memory.get("jitters");
  }

  @Override
  public FeatureRows features(int l, int samples) {
    return new FeatureRows(covariance(l).factor(), Transpose.YES);
  }
}
