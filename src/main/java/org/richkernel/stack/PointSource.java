package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/**
 * Preactivations h^T = scale F x^T with a row for each point, from a factor whose rows are points:
 * the inputs of the first layer, or the activations of the layer below.
 */
final class PointSource implements Source {
  private final Backend backend;
  private final double scale;
  private final List<Matrix> factor;
  private final Matrix position;
  private final Matrix gradient;

  /**
   * @param factor F, P x r
   * @param panels of the points
   * @param position x, n x r
   * @param gradient dV/dx, n x r
   */
  PointSource(
      Backend backend,
      double scale,
      Matrix factor,
      Panels panels,
      Matrix position,
      Matrix gradient) {
    this.backend = backend;
    this.scale = scale;
    this.factor = panels.of(factor);
    this.position = position;
    this.gradient = gradient;
  }

  @Override
  public void forward(int panel, Matrix h) {
    backend.gemm(Transpose.NO, Transpose.YES, scale, factor.get(panel), position, 0, h);
  }

  @Override
  public void pull(int panel, Matrix force) {
    double kept = panel == 0 ? 0 : 1;
    backend.gemm(Transpose.YES, Transpose.NO, scale, force, factor.get(panel), kept, gradient);
  }
}
