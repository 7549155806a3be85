package org.richkernel.dynamics;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * The first of two hidden layers to second order in gamma. With p = phi(h0), h0 ~ N(0, Phi^0), r ~
 * N(0, G_0^2), g0 = p' r, the responses b and bc of the layer above ({@link TopLayerExpansion}), Gb
 * = G_0^2 + b and beta = bc D,
 *
 * <pre>  H = Phi^0 (D o g0),   Z1 = Gb (D o p) + beta o p,
 *  H2 = Phi^0 [p'' r ((Phi^0 o J) g0) + p' ((Gb o J) p + p o rowsum(bc o J))],
 *  zz2 = Gb [p' ((Phi^0 o J) g0)] + beta o p' H.
 * </pre>
 */
final class FirstLayerExpansion extends LayerExpansion {
  private final double[] input; // Phi^0, M x M
  private final double[] backward; // Gb, M x M
  private final double[] equalTime; // bc, M x M
  private final Matrix inputColumns; // Phi^0, M x P
  private final Matrix backwardColumns; // Gb, M x P
  private final Matrix source; // r, S x M
  private final Matrix error; // g0, S x M
  private final Matrix pulledError; // (Phi^0 o J) g0, S x P
  private final Matrix backwardFirst; // Z1, S x M
  private final Matrix backwardSecond; // zz2, S x M
  private final Matrix beta; // 1 x M
  private final double[] slopes; // <p' p'>

  static void plan(MemoryPlan plan, int samples, DynamicsProblem problem) {
    int points = problem.points();
    int train = problem.trainPoints();
    plan.add("input kernel", Precision.FLOAT32, points, train)
        .add("backward kernel", Precision.FLOAT32, points, train)
        .add("backward source", Precision.FLOAT32, samples, points)
        .add("error of the first layer", Precision.FLOAT32, samples, points)
        .add("pulled error", Precision.FLOAT32, samples, train)
        .add("first order of z", Precision.FLOAT32, samples, points)
        .add("second order of z", Precision.FLOAT32, samples, points)
        .add("equal-time response", Precision.FLOAT32, 1, points);
  }

  /** Uses the backward source r in the workspace. */
  FirstLayerExpansion(
      Backend backend,
      Workspace memory,
      DynamicsProblem problem,
      ActivationDerivatives p,
      InitialKernels start,
      TopLayerExpansion above) {
    super(backend, memory, problem, p);
    input = start.input();
    equalTime = above.equalTimeResponse();
    double[] response = above.response();
    double[] gradient = start.layers().gradient().get(1);
    backward = new double[response.length];
    Arrays.setAll(backward, i -> gradient[i] + response[i]);
    inputColumns = trainColumns(backend, memory, "input kernel", input, problem);
    backwardColumns = trainColumns(backend, memory, "backward kernel", backward, problem);
    source = memory.get("backward source");
    error = memory.get("error of the first layer");
    pulledError = memory.get("pulled error");
    backwardFirst = memory.get("first order of z");
    backwardSecond = memory.get("second order of z");
    beta = memory.get("equal-time response");
    product(p.first(), source, error);
    slopes = average(p.first(), p.first());
  }

  /** Phi_2, and G_2 without the part that follows from the layer above, {@link #addAbove}. */
  Kernels at(Drive driven) {
    backend.upload(driven.d(), drive);
    fields(driven);
    double[] feature = featureChange();
    // m1 = p''H r + p'Z1,   m2 = p''H2 r + p'''H^2 r/2 + p''H Z1 + p' zz2
    secondChange(q.second(), q.third());
    backend.multiply(source, right);
    product(q.second(), first, scratch);
    backend.multiply(backwardFirst, scratch);
    backend.axpy(1, scratch, right);
    product(q.first(), backwardSecond, scratch);
    backend.axpy(1, scratch, right);
    product(q.second(), first, left);
    backend.multiply(source, left);
    product(q.first(), backwardFirst, scratch);
    backend.axpy(1, scratch, left);
    return new Kernels(feature, secondOrder(left, error, right));
  }

  /**
   * Adds &lt;p' p'&gt; o G_2 of the layer above.
   *
   * @param above M x M
   * @param gradient of this layer, M x M
   */
  void addAbove(double[] above, double[] gradient) {
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] += slopes[i] * above[i];
    }
  }

  /** H, H2, Z1 and zz2. */
  private void fields(Drive driven) {
    double[] betas = new double[points];
    double[] sums = new double[trainPoints];
    for (int mu = 0; mu < points; mu++) {
      for (int nu = 0; nu < trainPoints; nu++) {
        betas[mu] += equalTime[mu * points + nu] * driven.d()[nu];
        if (mu < trainPoints) {
          sums[mu] += equalTime[mu * points + nu] * driven.j()[mu * trainPoints + nu];
        }
      }
    }
    pull(inputColumns, error, first);
    backend.upload(betas, beta);
    pull(backwardColumns, q.value(), backwardFirst);
    backend.copy(q.value(), scratch);
    backend.scaleColumns(beta, scratch);
    backend.axpy(1, scratch, backwardFirst);

    Matrix value = train(q.value());
    Matrix slope = train(q.first());
    mix(weighted(input, driven), train(error), pulledError);
    // p' ((Gb o J) p + p o rowsum(bc o J))
    mix(weighted(backward, driven), value, trainField);
    backend.upload(sums, drive);
    backend.copy(value, trainScratch);
    backend.scaleColumns(drive, trainScratch);
    backend.axpy(1, trainScratch, trainField);
    backend.multiply(slope, trainField);
    // + p'' r ((Phi^0 o J) g0)
    product(train(q.second()), train(source), trainScratch);
    backend.multiply(pulledError, trainScratch);
    backend.axpy(1, trainScratch, trainField);
    mix(inputColumns, trainField, second);

    backend.multiply(slope, pulledError);
    mix(backwardColumns, pulledError, backwardSecond);
    product(q.first(), first, scratch);
    backend.scaleColumns(beta, scratch);
    backend.axpy(1, scratch, backwardSecond);
  }
}
