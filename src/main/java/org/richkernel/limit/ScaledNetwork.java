package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.math3.fraction.BigFraction;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * One network of width n under an abc-parametrization: h^1 = W^1 x, h^{l+1} = W^{l+1} phi(h^l), f =
 * W^{L+1} phi(h^L), W^l = n^{-a_l} w^l, loss sum (f - y)^2 / 2P. Fields are points x neurons, in
 * float64: rounding must not limit changes that vanish with the width.
 */
final class ScaledNetwork {
  /** Factor that separates the iterations of layers and widths in a stream. */
  private static final long LAYERS = 1 << 12;

  private final Parametrization parametrization;
  private final ScalingOptions options;
  private final Backend backend;
  private final int width;
  private final int repeat;
  private final int depth;
  private final double[] targets;
  private final Matrix inputs; // P x d
  private final Matrix outputs; // P x 1
  private final Matrix[] pulled; // backward fields of two neighbouring layers, P x n
  private final List<Matrix> weights = new ArrayList<>(); // w^1 .. w^{L+1}
  private final List<Matrix> gradients = new ArrayList<>();
  private final List<UpdateRule> rules = new ArrayList<>();
  private final List<Matrix> hidden = new ArrayList<>(); // h^1 .. h^L
  private final List<Matrix> features = new ArrayList<>(); // phi(h^1) .. phi(h^L)
  private final List<Matrix> slopes = new ArrayList<>(); // phi'(h^1) .. phi'(h^L)

  /** Draws the network. */
  ScaledNetwork(
      Parametrization parametrization,
      ScalingOptions options,
      Backend backend,
      Workspace memory,
      int width,
      int repeat) {
    this.parametrization = parametrization;
    this.options = options;
    this.backend = backend;
    this.width = width;
    this.repeat = repeat;
    depth = parametrization.depth();
    inputs = memory.get("inputs");
    outputs = memory.get("outputs");
    pulled = new Matrix[] {memory.get("pulled"), memory.get("pulled, layer below")};
    targets = options.targets();
    drawInputs(options, backend, memory.get("drawn inputs"), inputs);
    for (int l = 1; l <= depth + 1; l++) {
      Matrix w = memory.get("weights " + l);
      draw(
          options,
          backend,
          memory.get("drawn " + l),
          w,
          repeat,
          layer(l),
          power(parametrization.b(), l));
      weights.add(w);
      gradients.add(memory.get("gradient " + l));
      Matrix state = memory.get("state " + l);
      backend.fill(0, state);
      rules.add(
          UpdateRule.of(
              parametrization.optimizer(),
              options.stepSize() * power(parametrization.c(), l),
              options,
              options.epsilon() / power(options.epsilonExponents(), l),
              state));
    }
    for (int l = 1; l <= depth; l++) {
      hidden.add(memory.get("preactivations " + l));
      features.add(memory.get("features " + l));
      slopes.add(memory.get("slopes " + l));
    }
  }

  /** Peak memory of a network of a width. */
  static MemoryPlan plan(Parametrization parametrization, ScalingOptions options, int width) {
    int depth = parametrization.depth();
    int points = options.points();
    int dimension = options.inputDimension();
    MemoryPlan plan =
        new MemoryPlan()
            .addAll("", inputsPlan(options))
            .add("outputs", Precision.FLOAT64, points, 1)
            .add("pulled", Precision.FLOAT64, points, width)
            .add("pulled, layer below", Precision.FLOAT64, points, width);
    for (int l = 1; l <= depth + 1; l++) {
      int rows = l == depth + 1 ? 1 : width;
      int columns = l == 1 ? dimension : width;
      plan.add("drawn " + l, Precision.FLOAT32, rows, columns)
          .add("weights " + l, Precision.FLOAT64, rows, columns)
          .add("gradient " + l, Precision.FLOAT64, rows, columns)
          .add("state " + l, Precision.FLOAT64, rows, columns);
    }
    for (int l = 1; l <= depth; l++) {
      plan.add("preactivations " + l, Precision.FLOAT64, points, width)
          .add("features " + l, Precision.FLOAT64, points, width)
          .add("slopes " + l, Precision.FLOAT64, points, width);
    }
    return plan;
  }

  /** Memory that {@link #drawInputs} fills. */
  static MemoryPlan inputsPlan(ScalingOptions options) {
    return new MemoryPlan()
        .add("drawn inputs", Precision.FLOAT32, options.points(), options.inputDimension())
        .add("inputs", Precision.FLOAT64, options.points(), options.inputDimension());
  }

  /** Inputs N(0, 1/d), the same for all networks of a seed. */
  static void drawInputs(ScalingOptions options, Backend backend, Matrix drawn, Matrix inputs) {
    draw(options, backend, drawn, inputs, 0, 0, 1 / Math.sqrt(options.inputDimension()));
  }

  private static void draw(
      ScalingOptions options,
      Backend backend,
      Matrix drawn,
      Matrix target,
      int chain,
      long iteration,
      double deviation) {
    long stream = RandomStreams.stream(RandomStreams.SCALING_WEIGHTS, chain, iteration);
    backend.fillGaussian(options.seed(), stream, 0, drawn);
    backend.copy(drawn, target);
    backend.scale(deviation, target);
  }

  private long layer(int l) {
    return width * LAYERS + l;
  }

  /** n^{-exponent} of a layer. */
  private double power(List<BigFraction> exponents, int layer) {
    return Math.pow(width, -exponents.get(layer - 1).doubleValue());
  }

  /** Trains, and records every step. */
  CoordinateRun train() {
    int times = options.steps() + 1;
    int block = options.points() * width;
    List<double[]> h = new ArrayList<>();
    List<double[]> sizes = new ArrayList<>();
    for (int l = 1; l <= depth; l++) {
      h.add(new double[times * block]);
    }
    for (int l = 1; l <= depth + 1; l++) {
      sizes.add(new double[times]);
    }
    double[] f = new double[times * options.points()];
    double[] last = new double[times * block];
    double[] readout = new double[width];
    backend.download(weights.get(depth), readout);
    double multiplier = power(parametrization.a(), depth + 1);
    for (int i = 0; i < width; i++) {
      readout[i] *= multiplier;
    }
    for (int t = 0; t < times; t++) {
      double[] now = forward();
      System.arraycopy(now, 0, f, t * now.length, now.length);
      for (int l = 1; l <= depth; l++) {
        record(hidden.get(l - 1), h.get(l - 1), t);
      }
      record(features.get(depth - 1), last, t);
      for (int l = 1; l <= depth + 1; l++) {
        Matrix w = weights.get(l - 1);
        sizes.get(l - 1)[t] = Math.sqrt(backend.dot(w, w) / w.size());
      }
      if (t < options.steps()) {
        descend(now);
      }
    }
    return new CoordinateRun(
        width,
        repeat,
        IntStream.rangeClosed(0, options.steps()).boxed().toList(),
        options.points(),
        h,
        f,
        Optional.of(new CoordinateRun.Split(readout, last)),
        sizes);
  }

  private void record(Matrix field, double[] over, int time) {
    double[] values = new double[Math.toIntExact(field.size())];
    backend.download(field, values);
    System.arraycopy(values, 0, over, time * values.length, values.length);
  }

  private double[] forward() {
    Matrix below = inputs;
    for (int l = 1; l <= depth; l++) {
      Matrix h = hidden.get(l - 1);
      backend.gemm(
          Transpose.NO,
          Transpose.YES,
          power(parametrization.a(), l),
          below,
          weights.get(l - 1),
          0,
          h);
      below = features.get(l - 1);
      backend.activateWithDerivative(options.activation(), h, below, slopes.get(l - 1));
    }
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        power(parametrization.a(), depth + 1),
        below,
        weights.get(depth),
        0,
        outputs);
    double[] f = new double[options.points()];
    backend.download(outputs, f);
    return f;
  }

  /** dLoss/dw^l = n^{-a_l} (g^l)^T phi^{l-1}, then decay and the optimizer's step. */
  private void descend(double[] f) {
    double[] error = new double[f.length];
    for (int p = 0; p < f.length; p++) {
      error[p] = (f[p] - targets[p]) / f.length;
    }
    backend.upload(error, outputs);
    Matrix g = outputs;
    for (int l = depth + 1; l >= 1; l--) {
      double multiplier = power(parametrization.a(), l);
      Matrix below = l == 1 ? inputs : features.get(l - 2);
      backend.gemm(Transpose.YES, Transpose.NO, multiplier, g, below, 0, gradients.get(l - 1));
      if (l > 1) {
        Matrix next = pulled[l % 2];
        backend.gemm(Transpose.NO, Transpose.NO, multiplier, g, weights.get(l - 1), 0, next);
        backend.multiply(slopes.get(l - 2), next);
        g = next;
      }
    }
    for (int l = 1; l <= depth + 1; l++) {
      Matrix w = weights.get(l - 1);
      if (options.weightDecay() > 0) {
        // w <- (1 - eta n^{-c} lambda n^{its exponent}) w
        double share =
            options.stepSize()
                * options.weightDecay()
                * power(parametrization.c(), l)
                / power(options.weightDecayExponents(), l);
        backend.scale(1 - share, w);
      }
      rules.get(l - 1).apply(backend, gradients.get(l - 1), w);
    }
  }
}
