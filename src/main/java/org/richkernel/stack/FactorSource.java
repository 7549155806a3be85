package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Matrix;

/**
 * Preactivations h = xi F^T with a row for each sample, from whitened fields and a factor F F^T of
 * their covariance: the inputs of the first layer, or a {@link WhitenedLink}.
 */
public final class FactorSource implements Source {
  private final FieldFactor factor;
  private final List<Matrix> position;
  private final List<Matrix> gradient;

  /**
   * @param factor F, P x r
   * @param panels of the layer
   * @param position xi, S x r
   * @param gradient dV/dxi, S x r
   */
  public FactorSource(FieldFactor factor, Panels panels, Matrix position, Matrix gradient) {
    this.factor = factor;
    this.position = panels.of(position);
    this.gradient = panels.of(gradient);
  }

  @Override
  public void forward(int panel, Matrix h) {
    factor.colour(position.get(panel), h);
  }

  @Override
  public void pull(int panel, Matrix force) {
    factor.pullBack(force, gradient.get(panel));
  }
}
