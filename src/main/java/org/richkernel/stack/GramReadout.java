package org.richkernel.stack;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/**
 * Readout of a dense network through its feature kernel, g Phi = (g / S) phi^T phi, P x P; a row of
 * the layer is a sample.
 */
public final class GramReadout implements Readout {
  private final Backend backend;
  private final double weight;
  private final int samples;
  private final Matrix kernel;
  private final @Nullable Matrix rest;
  private final PrimalReadout solver;
  private final @Nullable DeterminantTilt tilt;
  private final List<Matrix> products;
  private Matrix pull;
  private long nanos;

  /**
   * @param weight g / S
   * @param samples S
   * @param kernel receives g Phi, P x P, float64
   * @param rest contribution of the fixed samples to g Phi, P x P; null if all samples move
   * @param solver gives v and V
   * @param tilt null if the potential has no determinant
   * @param panels of the layer
   * @param scratch at least a panel of rows x P, float32
   */
  public GramReadout(
      Backend backend,
      double weight,
      int samples,
      Matrix kernel,
      @Nullable Matrix rest,
      PrimalReadout solver,
      @Nullable DeterminantTilt tilt,
      Panels panels,
      Matrix scratch) {
    this.backend = backend;
    this.weight = weight;
    this.samples = samples;
    this.kernel = kernel;
    this.rest = rest;
    this.solver = solver;
    this.tilt = tilt;
    products = panels.sharing(scratch);
    pull = kernel;
  }

  @Override
  public void begin() {
    if (rest == null) {
      backend.fill(0, kernel);
    } else {
      backend.copy(rest, kernel);
    }
  }

  @Override
  public void read(int panel, Matrix phi) {
    long start = System.nanoTime();
    backend.gram(weight, phi, 1, kernel);
    nanos += System.nanoTime() - start;
  }

  @Override
  public void end() {
    solver.solve(kernel, samples);
  }

  @Override
  public Matrix kernel() {
    return kernel;
  }

  @Override
  public void beginPull() {
    pull = tilt == null ? solver.dualSingle() : tilt.of(solver, samples);
  }

  @Override
  public void pull(int panel, Matrix phi, Matrix slope) {
    if (tilt == null) {
      // dV/dphi = -gamma^2 g (phi v) v^T
      backend.backProject(solver.pullScale(), phi, slope, pull, slope);
      return;
    }
    Matrix product = products.get(panel);
    backend.gemm(Transpose.NO, Transpose.NO, weight, phi, pull, 0, product);
    backend.multiply(product, slope);
  }

  @Override
  public long gramNanos() {
    return nanos;
  }
}
