package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/**
 * Link by explicit weights of standard normal prior: with F = [sqrt(g / S) phi^T, sqrt(g_b) 1], F
 * F^T = g Phi + g_b needs no factorization, and
 *
 * <pre>  h = W F^T,   dV/dW = T F,   dV/dphi = sqrt(g / S) W^T T,   T = dV/dh.</pre>
 *
 * <p>A row of the layers is a sample. The activations of the layer below are the first S rows of a
 * matrix that ends, where there are biases, with a row of constants: a bias is a weight on a
 * constant feature. Cost: three products of 2 S^2 P flops.
 */
public final class WeightLink implements Link {
  private final Backend backend;
  private final double scale; // sqrt(g / S)
  private final Matrix features; // phi of the layer below and the row of the biases
  private final @Nullable Matrix bias; // the row of the biases
  private final double biasFeature; // sqrt(g_b) / scale
  private final Matrix force; // T of the whole layer above
  private final List<Matrix> weights; // by panels of the layer above
  private final List<Matrix> gradients;
  private final List<Matrix> columns = new ArrayList<>(); // of W, by panels of the layer below
  private final List<Matrix> products;

  /**
   * @param scale sqrt(g / S)
   * @param below layer whose {@link LayerFields#phi()} are the first rows of the features
   * @param features phi below, S x P, or (S + 1) x P with biases
   * @param biasVariance g_b
   * @param above layer whose preactivations are computed
   * @param weights W, S x (rows of the features)
   * @param gradient dV/dW, of the same shape
   * @param scratch at least a panel of the layer below, float32
   */
  public WeightLink(
      Backend backend,
      double scale,
      LayerFields below,
      Matrix features,
      double biasVariance,
      LayerFields above,
      Matrix weights,
      Matrix gradient,
      Matrix scratch) {
    this.backend = backend;
    this.scale = scale;
    this.features = features;
    this.force = above.slope();
    this.weights = above.panels().of(weights);
    gradients = above.panels().of(gradient);
    Panels panels = below.panels();
    for (int i = 0; i < panels.count(); i++) {
      columns.add(weights.view(0, weights.rows(), panels.first(i), panels.rows(i)));
    }
    products = panels.sharing(scratch);
    int samples = panels.rows();
    bias = features.rows() > samples ? features.rowRange(samples, 1) : null;
    biasFeature = biasFeature(scale, biasVariance);
  }

  /**
   * Value of the constant feature of a bias.
   *
   * @param scale of the weights
   * @param biasVariance g_b
   */
  public static double biasFeature(double scale, double biasVariance) {
    return Math.sqrt(biasVariance) / scale;
  }

  @Override
  public void prepare() {
    if (bias != null) {
      backend.fill(biasFeature, bias);
    }
  }

  @Override
  public void forward(int panel, Matrix h) {
    backend.gemm(Transpose.NO, Transpose.NO, scale, weights.get(panel), features, 0, h);
  }

  @Override
  public void pull(int panel, Matrix panelForce) {
    backend.gemm(Transpose.NO, Transpose.YES, scale, panelForce, features, 0, gradients.get(panel));
  }

  @Override
  public void pull(int panel, Matrix phi, Matrix slope) {
    Matrix product = products.get(panel);
    backend.gemm(Transpose.YES, Transpose.NO, scale, columns.get(panel), force, 0, product);
    backend.multiply(product, slope);
  }
}
