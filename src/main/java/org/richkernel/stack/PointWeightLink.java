package org.richkernel.stack;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/**
 * The link of {@link WeightLink} for layers with a row for each point: the activations of the layer
 * below are the first S columns of a matrix that ends, where there are biases, with a column of
 * constants.
 */
final class PointWeightLink implements Link {
  private final Backend backend;
  private final double scale; // sqrt(g / S)
  private final PointSource source;
  private final @Nullable Matrix bias; // the column of the biases
  private final double biasFeature; // sqrt(g_b) / scale
  private final Matrix square; // W without the biases
  private final List<Matrix> forces; // T of the layer above, by panels
  private final List<Matrix> products;

  /**
   * @param scale sqrt(g / S)
   * @param panels of the points
   * @param features phi below, P x S, or P x (S + 1) with biases
   * @param biasVariance g_b
   * @param above layer whose preactivations are computed
   * @param weights W, S x (columns of the features)
   * @param gradient dV/dW, of the same shape
   * @param scratch at least a panel of points x S, float32
   */
  PointWeightLink(
      Backend backend,
      double scale,
      Panels panels,
      Matrix features,
      double biasVariance,
      LayerFields above,
      Matrix weights,
      Matrix gradient,
      Matrix scratch) {
    this.backend = backend;
    this.scale = scale;
    source = new PointSource(backend, scale, features, panels, weights, gradient);
    int samples = weights.rows();
    int points = features.rows();
    bias = features.columns() > samples ? features.view(0, points, samples, 1) : null;
    biasFeature = WeightLink.biasFeature(scale, biasVariance);
    square = weights.view(0, samples, 0, samples);
    forces = panels.of(above.slope());
    products = panels.sharing(scratch);
  }

  @Override
  public void prepare() {
    if (bias != null) {
      backend.fill(biasFeature, bias);
    }
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
  public void pull(int panel, Matrix phi, Matrix slope) {
    Matrix product = products.get(panel);
    backend.gemm(Transpose.NO, Transpose.NO, scale, forces.get(panel), square, 0, product);
    backend.multiply(product, slope);
  }
}
