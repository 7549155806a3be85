package org.richkernel.stack;

import java.util.List;
import java.util.function.DoubleSupplier;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/**
 * Link by whitened fields: h = xi F^T with F the Cholesky factor of the covariance, P x P: g Phi +
 * g_b between dense layers, and g_b plus the {@link KernelMap} of g Phi in general. The pull on the
 * layer below runs backwards through the factor and the map,
 *
 * <pre>  dV/dphi = (2 g / S) phi dV/d(g Phi).</pre>
 *
 * <p>A row of the layers is a sample. Cost: S P^2 flops for the Gram matrix, three products of S
 * P^2 with triangles, 2 S P^2 for the pull, and 4/3 to 7/3 P^3.
 */
public final class WhitenedLink implements Link {
  private final Backend backend;
  private final double weight;
  private final Matrix kernel;
  private final LayerCovariance covariance;
  private final CholeskyAdjoint adjoint;
  private final DoubleSupplier jitter;
  private final Matrix added;
  private final Matrix failures;
  private final Matrix position;
  private final Matrix gradient;
  private final FactorSource source;
  private final List<Matrix> products;
  private Matrix pull;
  private long gramNanos;
  private long solveNanos;

  /**
   * @param weight g / S
   * @param kernel receives g Phi of the layer below, P x P, float64
   * @param covariance of the layer above
   * @param jitter relative to the mean diagonal of the covariance
   * @param added receives the jitter that was added, 1 x 1, float64
   * @param failures counter of failed factorizations, 1 x 1, float64
   * @param panels of both layers
   * @param position xi, S x P
   * @param gradient dV/dxi, S x P
   * @param scratch at least a panel of rows of the layer below, float32
   */
  public WhitenedLink(
      Backend backend,
      double weight,
      Matrix kernel,
      LayerCovariance covariance,
      CholeskyAdjoint adjoint,
      DoubleSupplier jitter,
      Matrix added,
      Matrix failures,
      Panels panels,
      Matrix position,
      Matrix gradient,
      Matrix scratch) {
    this.backend = backend;
    this.weight = weight;
    this.kernel = kernel;
    this.covariance = covariance;
    this.adjoint = adjoint;
    this.jitter = jitter;
    this.added = added;
    this.failures = failures;
    this.position = position;
    this.gradient = gradient;
    source =
        new FactorSource(
            new FieldFactor.Triangular(backend, covariance.factor()), panels, position, gradient);
    products = panels.sharing(scratch);
    pull = kernel;
  }

  @Override
  public void begin() {
    backend.fill(0, kernel);
  }

  @Override
  public void read(int panel, Matrix phi) {
    long start = System.nanoTime();
    backend.gram(weight, phi, 1, kernel);
    gramNanos += System.nanoTime() - start;
  }

  @Override
  public void end() {
    long start = System.nanoTime();
    covariance.factorize(kernel, jitter.getAsDouble(), added, failures);
    solveNanos += System.nanoTime() - start;
  }

  @Override
  public void forward(int panel, Matrix h) {
    source.forward(panel, h);
  }

  @Override
  public void pull(int panel, Matrix force) {
    source.pull(panel, force);
  }

  @Override
  public void beginPull() {
    long start = System.nanoTime();
    pull = adjoint.twice(gradient, position, covariance.cholesky(), jitter.getAsDouble());
    solveNanos += System.nanoTime() - start;
  }

  @Override
  public void pull(int panel, Matrix phi, Matrix slope) {
    Matrix product = products.get(panel);
    backend.gemm(Transpose.NO, Transpose.NO, weight, phi, pull, 0, product);
    backend.multiply(product, slope);
  }

  @Override
  public long gramNanos() {
    return gramNanos;
  }

  @Override
  public long solveNanos() {
    return solveNanos;
  }
}
