package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * One population of S samples marched through all times.
 *
 * <p>Columns of a history are the training points of all earlier times and then all points of the
 * present one ("now"); test points drive nothing, so the next time overwrites their columns.
 */
final class CausalRun {
  private final Backend backend;
  private final DynamicsOptions options;
  private final Activation activation;
  private final TrajectoryRecorder recorder;
  private final long firstSample;
  private final int samples;
  private final int layers;
  private final int points;
  private final int trainPoints;

  private final Matrix[] phi; // phi(h^l), S x n, l = 1 .. L
  private final Matrix[] g; // g^l, S x n, l = 1 .. L
  private final Matrix[] featureRow; // Phi^l(now, .), M x n, l = 0 .. L
  private final Matrix[] gradientRow; // G^l(now, .), M x n, l = 1 .. L
  private final GaussianHistory[] forward; // u^l, l = 2 .. L
  private final GaussianHistory[] backward; // r^l, l = 1 .. L - 1

  private final Matrix inputField; // u^1, S x M, the same at all times
  private final Matrix readout; // r^L = w(0), S x 1
  private final Matrix topField; // z^L, S x 1, the same for all points
  private final Matrix field; // h or z of now, S x M
  private final Matrix coefficients; // M x n
  private final Matrix response; // M x n
  private final Matrix narrow; // M x n, float32
  private final Matrix weights; // 1 x n
  private final Matrix narrowWeights; // 1 x n, float32
  private final Matrix outputs; // M x 1
  private final double[] hostWeights;

  static void plan(MemoryPlan plan, DynamicsProblem problem, int samples) {
    int layers = problem.network().hiddenLayers();
    int points = problem.points();
    int n = problem.trainPoints() * problem.options().steps() + points;
    int rank = InputFields.rank(problem);
    for (int l = 1; l <= layers; l++) {
      plan.add("phi " + l, Precision.FLOAT32, samples, n)
          .add("g " + l, Precision.FLOAT32, samples, n)
          .add("feature kernel " + l, Precision.FLOAT64, points, n)
          .add("gradient kernel " + l, Precision.FLOAT64, points, n);
      if (l > 1) {
        GaussianHistory.plan(plan, "u " + l, samples, n);
      }
      if (l < layers) {
        GaussianHistory.plan(plan, "r " + l, samples, n);
      }
    }
    plan.add("feature kernel 0", Precision.FLOAT64, points, n)
        .add("input factor", Precision.FLOAT32, points, rank)
        .add("input noise", Precision.FLOAT32, samples, rank)
        .add("input field", Precision.FLOAT32, samples, points)
        .add("readout", Precision.FLOAT32, samples, 1)
        .add("backward field of the top layer", Precision.FLOAT32, samples, 1)
        .add("field", Precision.FLOAT32, samples, points)
        .add("coefficients", Precision.FLOAT64, points, n)
        .add("response", Precision.FLOAT64, points, n)
        .add("coefficients in float32", Precision.FLOAT32, points, n)
        .add("memory weights", Precision.FLOAT64, 1, n)
        .add("memory weights in float32", Precision.FLOAT32, 1, n)
        .add("outputs", Precision.FLOAT64, points, 1);
    GaussianHistory.planScratch(plan, points, n);
  }

  /**
   * @param memory holds what {@link #plan} planned, for at least this many samples
   * @param firstSample index of the first sample in the random streams
   */
  CausalRun(
      DynamicsProblem problem,
      CausalOptions causal,
      Backend backend,
      Workspace memory,
      TrajectoryRecorder recorder,
      long firstSample,
      int samples) {
    this.backend = backend;
    this.recorder = recorder;
    this.firstSample = firstSample;
    this.samples = samples;
    options = problem.options();
    activation = problem.network().activation();
    layers = problem.network().hiddenLayers();
    points = problem.points();
    trainPoints = problem.trainPoints();
    phi = new Matrix[layers + 1];
    g = new Matrix[layers + 1];
    featureRow = new Matrix[layers + 1];
    gradientRow = new Matrix[layers + 1];
    forward = new GaussianHistory[layers + 1];
    backward = new GaussianHistory[layers + 1];
    for (int l = 1; l <= layers; l++) {
      phi[l] = memory.get("phi " + l).rowRange(0, samples);
      g[l] = memory.get("g " + l).rowRange(0, samples);
      featureRow[l] = memory.get("feature kernel " + l);
      gradientRow[l] = memory.get("gradient kernel " + l);
      if (l > 1) {
        forward[l] = history(causal, memory, "u " + l);
      }
      if (l < layers) {
        backward[l] = history(causal, memory, "r " + l);
      }
    }
    featureRow[0] = memory.get("feature kernel 0");
    inputField = memory.get("input field").rowRange(0, samples);
    readout = memory.get("readout").rowRange(0, samples);
    topField = memory.get("backward field of the top layer").rowRange(0, samples);
    field = memory.get("field").rowRange(0, samples);
    coefficients = memory.get("coefficients");
    response = memory.get("response");
    narrow = memory.get("coefficients in float32");
    weights = memory.get("memory weights");
    narrowWeights = memory.get("memory weights in float32");
    outputs = memory.get("outputs");
    hostWeights = new double[weights.columns()];
    start(problem, memory);
  }

  private GaussianHistory history(CausalOptions causal, Workspace memory, String name) {
    return new GaussianHistory(backend, causal, memory, name, samples, points, trainPoints);
  }

  /** u^1 = a F^T and w, drawn once; Phi^0 of the training points at every time. */
  private void start(DynamicsProblem problem, Workspace memory) {
    Matrix factor = memory.get("input factor");
    Matrix noise = memory.get("input noise").rowRange(0, samples);
    backend.upload(InputFields.factor(problem, backend), factor);
    fillGaussian(RandomStreams.DYNAMICS_PREACTIVATION, 1, noise);
    backend.gemm(Transpose.NO, Transpose.YES, 1, noise, factor, 0, inputField);
    fillGaussian(RandomStreams.DYNAMICS_BACKWARD_FIELD, layers, readout);

    double[] kernel = problem.inputKernel();
    double[] rows = new double[points * hostWeights.length];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < hostWeights.length; j++) {
        rows[i * hostWeights.length + j] = kernel[i * points + j % trainPoints];
      }
    }
    backend.upload(rows, featureRow[0]);
  }

  private void fillGaussian(int purpose, int layer, Matrix target) {
    backend.fillGaussian(
        options.seed(), RandomStreams.stream(purpose, layer, 0), firstSample, target);
  }

  /** One time; false when it diverged. */
  boolean advance(int t) {
    int past = t * trainPoints;
    double decay = Math.pow(options.retention(), t);
    recorder.memoryWeights(t, hostWeights);
    backend.upload(hostWeights, weights);
    backend.copy(weights, narrowWeights);
    for (int l = 1; l <= layers; l++) {
      forward(l, t, past, decay);
    }
    readOut(past, decay);
    double[] f = new double[points];
    backend.download(outputs, f);
    if (!recorder.observe(f)) {
      return false;
    }
    for (int l = layers - 1; l >= 1; l--) {
      gradientRow(l + 1, past);
      backward(l, t, past, decay);
    }
    if (recorder.keepsKernels(t)) {
      gradientRow(1, past);
      recorder.keep(snapshot(t, past));
    }
    return true;
  }

  /**
   * h^l(t) = rho^t [u(t) + sum_{s&lt;t} A^{l-1}(t, s) g(s)] + eta gamma sum_{s&lt;t} rho^{t-1-s}
   * Phi^{l-1}(t, s) Delta(s) g(s), then phi(h), phi'(h) and Phi^l(t, .).
   */
  private void forward(int l, int t, int past, double decay) {
    if (l == 1) {
      backend.copy(inputField, field);
    } else {
      forward[l].extend(past, row(featureRow[l - 1], past));
      draw(forward[l], RandomStreams.DYNAMICS_PREACTIVATION, l, t, past);
    }
    backend.scale(decay, field);

    Matrix c = coefficients.view(0, points, 0, past);
    backend.copy(featureRow[l - 1].view(0, points, 0, past), c);
    backend.scaleColumns(weights.view(0, 1, 0, past), c);
    if (l > 1) {
      Matrix a = response.view(0, points, 0, past);
      backward[l - 1].response(now(phi[l - 1], past), past, a);
      backend.axpy(decay, a, c);
    }
    addHistory(c, g[l].view(0, samples, 0, past));

    // g keeps phi'(h) until z is known
    backend.activateWithDerivative(activation, field, now(phi[l], past), now(g[l], past));
    backend.crossGram(
        1.0 / samples,
        now(phi[l], past),
        phi[l].view(0, samples, 0, past + points),
        0,
        row(featureRow[l], past));
  }

  /**
   * z^L(t) = rho^t w + eta gamma sum_{s&lt;t} rho^{t-1-s} sum_nu Delta_nu(s) phi_nu(s), g^L and f =
   * &lt;z^L phi^L&gt; / gamma.
   */
  private void readOut(int past, double decay) {
    backend.copy(readout, topField);
    backend.scale(decay, topField);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        phi[layers].view(0, samples, 0, past),
        narrowWeights.view(0, 1, 0, past),
        1,
        topField);
    backend.scaleRows(topField, now(g[layers], past));
    backend.crossGram(
        1 / (options.gamma() * samples), now(phi[layers], past), topField, 0, outputs);
  }

  /**
   * z^l(t) = rho^t [r(t) + sum_{s&lt;=t} B^l(t, s) phi(s)] + eta gamma sum_{s&lt;t} rho^{t-1-s}
   * G^{l+1}(t, s) Delta(s) phi(s), then g^l = phi'(h^l) z^l.
   */
  private void backward(int l, int t, int past, double decay) {
    backward[l].extend(past, row(gradientRow[l + 1], past));
    draw(backward[l], RandomStreams.DYNAMICS_BACKWARD_FIELD, l, t, past);
    backend.scale(decay, field);

    Matrix d = row(coefficients, past);
    backend.fill(0, d);
    Matrix memory = coefficients.view(0, points, 0, past);
    backend.copy(gradientRow[l + 1].view(0, points, 0, past), memory);
    backend.scaleColumns(weights.view(0, 1, 0, past), memory);
    backend.axpy(decay, backwardResponse(l, past), d);
    addHistory(d, phi[l].view(0, samples, 0, past + points));
    backend.multiply(field, now(g[l], past));
  }

  /**
   * B^l(t, .) including the present time. Training points do not depend on test points, so they are
   * solved for without them.
   */
  private Matrix backwardResponse(int l, int past) {
    Matrix b = row(response, past);
    backend.fill(0, b);
    int trained = past + trainPoints;
    forward[l + 1].response(
        g[l + 1].view(0, samples, past, trainPoints), trained, b.view(0, trainPoints, 0, trained));
    int testPoints = points - trainPoints;
    if (testPoints > 0) {
      forward[l + 1].response(
          g[l + 1].view(0, samples, trained, testPoints),
          past + points,
          b.rowRange(trainPoints, testPoints));
    }
    return b;
  }

  /** field += history c^T. */
  private void addHistory(Matrix c, Matrix history) {
    Matrix c32 = narrow.view(0, points, 0, c.columns());
    backend.copy(c, c32);
    backend.gemm(Transpose.NO, Transpose.YES, 1, history, c32, 1, field);
  }

  private void draw(GaussianHistory source, int purpose, int layer, int t, int past) {
    source.draw(
        past,
        options.seed(),
        firstSample,
        RandomStreams.stream(purpose, layer, 2L * t),
        RandomStreams.stream(purpose, layer, 2L * t + 1),
        field);
  }

  /** G^l(t, .). */
  private void gradientRow(int l, int past) {
    backend.crossGram(
        1.0 / samples,
        now(g[l], past),
        g[l].view(0, samples, 0, past + points),
        0,
        row(gradientRow[l], past));
  }

  private Matrix now(Matrix history, int past) {
    return history.view(0, samples, past, points);
  }

  private Matrix row(Matrix rows, int past) {
    return rows.view(0, points, 0, past + points);
  }

  private LayerKernels snapshot(int t, int past) {
    List<double[]> feature = new ArrayList<>();
    List<double[]> gradient = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      feature.add(block(featureRow[l], past));
      gradient.add(block(gradientRow[l], past));
    }
    return new LayerKernels(t, feature, gradient);
  }

  private double[] block(Matrix rows, int past) {
    double[] values = new double[points * points];
    backend.download(rows.view(0, points, past, points), values);
    return values;
  }
}
