package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/**
 * Convolution by explicit weights of standard normal prior: with C = cols(phi) of the layer below,
 * row (d, i) of C at the site a of an image holding phi_i at the site that a reads at offset d,
 *
 * <pre>  h = sqrt(g / (k S)) W C,   dV/dW = sqrt(g / (k S)) T C^T,
 *   dV/dphi = uncols(sqrt(g / (k S)) W^T T),   T = dV/dh,</pre>
 *
 * uncols being the transpose of cols. Given the layer below, the rows of h are independent N(0, g F
 * Phi + g_b), for C^T C / (k S) = F Phi; nothing of the size of F Phi is formed. Biases are weights
 * on a last row of constants, see {@link WeightLink#biasFeature}.
 *
 * <p>A row of the layers is a channel; columns are ordered (site, image). Cost: three products of 2
 * k S^2 P s flops for s sites above.
 */
public final class ConvolutionLink implements Link {
  private final Backend backend;
  private final double scale;
  private final Matrix inputs;
  private final Matrix outputs;
  private final LayerFields below;
  private final Matrix columns; // C without the row of the biases; W^T T while pulling
  private final Matrix features; // C
  private final Matrix force; // T of the whole layer above
  private final Matrix shared; // columns of W that act on C without biases
  private final Matrix pull; // dV/dphi of the layer below
  private final List<Matrix> weights; // by panels of the layer above
  private final List<Matrix> gradients;
  private final List<Matrix> pulls; // by panels of the layer below

  /**
   * @param scale sqrt(g / (k S))
   * @param inputs {@link ConvolutionShape#inputTable}, float32
   * @param outputs {@link ConvolutionShape#outputTable}, float32
   * @param below S x (P sites below)
   * @param features scratch, (k S) x (P sites above), or with biases one row more that holds the
   *     constant, float32
   * @param above S x (P sites above)
   * @param weights W, S x (rows of the features)
   * @param gradient dV/dW, of the same shape
   * @param pull scratch, S x (P sites below), float32
   */
  public ConvolutionLink(
      Backend backend,
      double scale,
      Matrix inputs,
      Matrix outputs,
      LayerFields below,
      Matrix features,
      LayerFields above,
      Matrix weights,
      Matrix gradient,
      Matrix pull) {
    this.backend = backend;
    this.scale = scale;
    this.inputs = inputs;
    this.outputs = outputs;
    this.below = below;
    this.features = features;
    this.pull = pull;
    force = above.slope();
    columns = features.rowRange(0, inputs.columns() * below.phi().rows());
    shared = weights.view(0, weights.rows(), 0, columns.rows());
    this.weights = above.panels().of(weights);
    gradients = above.panels().of(gradient);
    pulls = below.panels().of(pull);
  }

  @Override
  public void end() {
    backend.cols(inputs, below.phi(), columns);
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
  public void beginPull() {
    // the gradient of the weights no longer needs C
    backend.gemm(Transpose.YES, Transpose.NO, scale, shared, force, 0, columns);
    backend.uncols(outputs, columns, pull);
  }

  @Override
  public void pull(int panel, Matrix phi, Matrix slope) {
    backend.multiply(pulls.get(panel), slope);
  }
}
