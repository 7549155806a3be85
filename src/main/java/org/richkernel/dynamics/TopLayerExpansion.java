package org.richkernel.dynamics;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * The last hidden layer to second order in gamma. With q = phi(h0), h0 ~ N(0, Phi_0^{L-1}), w ~
 * N(0, 1), E = q' w, Theta the tangent kernel below, and D, J as in {@link LayerExpansion.Drive},
 *
 * <pre>  h = h0 + gamma H + gamma^2 H2,   z = w + gamma Z + gamma^2 z2,
 *  H = Theta (D o E),   Z = D . q,   z2 = q' . ((Theta o J) E),
 *  H2 = Theta [q'' w ((Theta o J) E) + q' (J q)].
 * </pre>
 */
final class TopLayerExpansion extends LayerExpansion {
  private final double[] tangentBelow; // Theta^{L-1}, M x M
  private final Matrix tangentColumns; // Theta^{L-1}, M x P
  private final Matrix readout; // w, S x 1
  private final Matrix error; // E, S x M
  private final Matrix readoutFirst; // Z, S x 1
  private final Matrix readoutSecond; // z2, S x 1
  private final double[] slopes; // <q' q'>
  private final double[] curved; // <q'' q>, row: the point of q''
  private final double[] curvedSlopes; // <q'' q''>
  private final double[] bentSlopes; // <q''' q'>, row: the point of q'''

  static void plan(MemoryPlan plan, int samples, DynamicsProblem problem) {
    plan.add(
            "tangent kernel below the top",
            Precision.FLOAT32,
            problem.points(),
            problem.trainPoints())
        .add("readout", Precision.FLOAT32, samples, 1)
        .add("first order of the readout", Precision.FLOAT32, samples, 1)
        .add("second order of the readout", Precision.FLOAT32, samples, 1)
        .add("error of the top", Precision.FLOAT32, samples, problem.points());
  }

  /** Uses the readout weights w in the workspace. */
  TopLayerExpansion(
      Backend backend,
      Workspace memory,
      DynamicsProblem problem,
      ActivationDerivatives q,
      double[] tangentBelow) {
    super(backend, memory, problem, q);
    this.tangentBelow = tangentBelow;
    tangentColumns =
        trainColumns(backend, memory, "tangent kernel below the top", tangentBelow, problem);
    readout = memory.get("readout");
    readoutFirst = memory.get("first order of the readout");
    readoutSecond = memory.get("second order of the readout");
    error = memory.get("error of the top");
    backend.copy(q.first(), error);
    backend.scaleRows(readout, error);
    slopes = average(q.first(), q.first());
    curved = average(q.second(), q.value());
    curvedSlopes = average(q.second(), q.second());
    bentSlopes = average(q.third(), q.first());
  }

  /**
   * First-order response of the layer's gradient to its Gaussian field, divided by D_nu: Theta o
   * &lt;q'' q''&gt; + &lt;q' q'&gt;, M x M.
   */
  double[] response() {
    double[] b = new double[points * points];
    Arrays.setAll(b, i -> tangentBelow[i] * curvedSlopes[i] + slopes[i]);
    return b;
  }

  /**
   * The same at equal times, coefficients of D_nu in a sum over nu: Theta o &lt;q''' q'&gt; +
   * &lt;q'' q&gt;, M x M.
   */
  double[] equalTimeResponse() {
    double[] b = new double[points * points];
    Arrays.setAll(b, i -> tangentBelow[i] * bentSlopes[i] + curved[i]);
    return b;
  }

  /**
   * Phi_2 and G_2 at a time.
   *
   * @param below Phi_2 of the layer below, M x M; zero for the first layer
   */
  Kernels at(Drive driven, double[] below) {
    backend.upload(driven.d(), drive);
    fields(driven);
    // Phi_2 = <q'H (q'H)^T> + Sym<q (q'H2 + q''H^2/2)^T> + dPhi, dPhi from the layer below
    double[] feature = featureChange();
    // k1 = q''H w + q'Z,   k2 = (q''H2 + q'''H^2/2) w + q''H Z + q' z2
    secondChange(q.second(), q.third());
    backend.scaleRows(readout, right);
    addProduct(1, q.second(), first, readoutFirst, right);
    addScaledRows(q.first(), readoutSecond, right);
    product(q.second(), first, left);
    backend.scaleRows(readout, left);
    addScaledRows(q.first(), readoutFirst, left);
    double[] gradient = secondOrder(left, error, right);
    addBelow(below, slopes, curved, feature);
    addBelow(below, curvedSlopes, bentSlopes, gradient);
    return new Kernels(feature, gradient);
  }

  /** H, H2, Z and z2. */
  private void fields(Drive driven) {
    pull(tangentColumns, error, first);
    Matrix value = train(q.value());
    Matrix slope = train(q.first());
    backend.gemm(Transpose.NO, Transpose.YES, 1, value, drive, 0, readoutFirst);
    mix(weighted(tangentBelow, driven), train(error), trainField);
    backend.rowDot(slope, trainField, readoutSecond);
    // q'' w ((Theta o J) E) + q' (J q)
    backend.multiply(train(q.second()), trainField);
    backend.scaleRows(readout, trainField);
    backend.upload(driven.j(), squareDrive);
    mix(squareDrive, value, trainScratch);
    backend.multiply(slope, trainScratch);
    backend.axpy(1, trainScratch, trainField);
    backend.gemm(Transpose.NO, Transpose.YES, 1, trainField, tangentColumns, 0, second);
  }

  /**
   * Adds the effect of a change V of the covariance on an average &lt;a a^T&gt; (Price's theorem).
   */
  private void addBelow(double[] v, double[] slopeAverage, double[] curvedAverage, double[] sum) {
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        int ij = i * points + j;
        sum[ij] +=
            v[ij] * slopeAverage[ij]
                + (v[i * points + i] * curvedAverage[ij]
                        + v[j * points + j] * curvedAverage[j * points + i])
                    / 2;
      }
    }
  }
}
