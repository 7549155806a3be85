package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.LayerCovariance;

/**
 * Predictions at new points of a network of any depth, f(x) = g k_L(x)^T v.
 *
 * <p>New points have no tilt: given the training fields, their preactivations follow the
 * conditional prior, at any finite width by the conjugacy of the Gaussian weights,
 *
 * <pre>  h^l(x) = xi^l R_x + s z,   R_x = F_l^{-1} q(x),   s^2 = q(x, x) - |R_x|^2,
 *   q = g_{l-1} k_{l-1} + g_b,   k_l(x)_mu = &lt;phi(h^l(x)) phi(h^l_mu)&gt;,</pre>
 *
 * <p>and so on from layer to layer. z is drawn below the last layer, where the next covariance
 * needs the second moment too, and integrated in the last one. Cost per population and layer: 2 S P
 * P_t multiply-adds twice, S P^2 for the training fields, and P^2 P_t for R.
 */
final class DeepTestPoints implements TestPoints {
  private static final int LAYERS_PER_SWEEP = 64;

  private final Backend backend;
  private final NetworkSpec network;
  private final int count;
  private final DoubleSupplier jitter;
  private final Workspace memory;
  private final Matrix inputFactor;
  private final Matrix inputCoordinates; // R of layer 1, P_t x r
  private final Matrix inputDeviation; // s of layer 1, 1 x P_t
  private final Matrix coordinates; // R above, P_t x P
  private final Matrix deviation; // s above
  private final Matrix kernel; // q, P_t x P, then R
  private final Matrix square; // |R_x|^2, P_t x 1
  private final Matrix variance; // q(x, x), 1 x P_t
  private final Matrix train;
  private final Matrix test;
  private final Matrix squares;
  private final Matrix column; // of ones
  private final List<LayerCovariance> covariances = new ArrayList<>();

  /**
   * @param jitter relative jitter of the covariances of the layers
   * @param panelRows number of rows of the fields in a panel
   */
  DeepTestPoints(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      InputFactor.Coordinates points,
      DoubleSupplier jitter,
      int panelRows) {
    this.backend = backend;
    this.network = network;
    this.jitter = jitter;
    count = points.deviation().length;
    int trained = input.points();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, trained, input.rank(), count, panelRows);
    memory = new Workspace(backend, plan);
    inputFactor = memory.get("new points: F");
    inputCoordinates = memory.get("new points: coordinates");
    inputDeviation = memory.get("new points: deviation");
    coordinates = memory.get("new points: coordinates above");
    deviation = memory.get("new points: deviation above");
    kernel = memory.get("new points: kernel");
    square = memory.get("new points: explained variance");
    variance = memory.get("new points: variance");
    train = memory.get("new points: phi of the training points");
    test = memory.get("new points: phi");
    squares = memory.get("new points: squares");
    column = memory.get("new points: column of ones");
    backend.upload(input.factor(), inputFactor);
    backend.upload(points.whitened(), inputCoordinates);
    backend.upload(points.deviation(), inputDeviation);
    backend.fill(1, column);
    Matrix unit = memory.get("new points: unit matrix");
    Matrix ones = memory.get("new points: ones");
    backend.addDiagonal(1, unit);
    backend.fill(1, ones);
    for (int l = 2; l <= network.hiddenLayers(); l++) {
      // all layers share one factor, one after the other
      covariances.add(
          new LayerCovariance(
              backend,
              unit,
              ones,
              memory.get("new points: Cholesky factor"),
              memory.get("new points: F above"),
              network.biasVariance()));
    }
  }

  static void plan(MemoryPlan plan, int points, int rank, int newPoints, int panelRows) {
    plan.add("new points: F", Precision.FLOAT32, points, rank)
        .add("new points: coordinates", Precision.FLOAT32, newPoints, rank)
        .add("new points: deviation", Precision.FLOAT32, 1, newPoints)
        .add("new points: coordinates above", Precision.FLOAT32, newPoints, points)
        .add("new points: deviation above", Precision.FLOAT32, 1, newPoints)
        .add("new points: kernel", Precision.FLOAT64, newPoints, points)
        .add("new points: explained variance", Precision.FLOAT64, newPoints, 1)
        .add("new points: variance", Precision.FLOAT64, 1, newPoints)
        .add("new points: phi of the training points", Precision.FLOAT32, panelRows, points)
        .add("new points: phi", Precision.FLOAT32, panelRows, newPoints)
        .add("new points: squares", Precision.FLOAT32, panelRows, newPoints)
        .add("new points: column of ones", Precision.FLOAT32, panelRows, 1)
        .add("new points: unit matrix", Precision.FLOAT64, points, points)
        .add("new points: ones", Precision.FLOAT64, points, points)
        .add("new points: Cholesky factor", Precision.FLOAT64, points, points)
        .add("new points: F above", Precision.FLOAT32, points, points);
  }

  @Override
  public void addPrediction(FieldPopulation population, Draw draw, Matrix sum) {
    int depth = network.hiddenLayers();
    Matrix factor = inputFactor;
    Matrix whitened = inputCoordinates;
    Matrix spread = inputDeviation;
    for (int l = 1; l <= depth; l++) {
      boolean top = l == depth;
      double bias = top ? 0 : network.biasVariance();
      backend.fill(bias, kernel);
      backend.fill(bias, variance);
      Layer layer = new Layer(l, top, factor, whitened, spread);
      for (int from = 0; from < population.samples(); from += train.rows()) {
        addPanel(population, layer, from, draw);
      }
      if (!top) {
        LayerCovariance covariance = covariances.get(l - 1);
        covariance.factorize(population.kernel(l), jitter.getAsDouble());
        condition(covariance.cholesky());
        factor = covariance.factor();
        whitened = coordinates;
        spread = deviation;
      }
    }
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, population.dual(), 1, sum);
  }

  private record Layer(int index, boolean top, Matrix factor, Matrix whitened, Matrix spread) {}

  /** kernel += g phi(h(x)) phi(h)^T / S and variance += g phi(h(x))^2 / S over a panel of rows. */
  private void addPanel(FieldPopulation population, Layer layer, int from, Draw draw) {
    int rows = Math.min(train.rows(), population.samples() - from);
    double weight = network.weightVariance(layer.index) / population.samples();
    Activation activation = network.activation();
    try (Matrix xi = population.xi(layer.index).rowRange(from, rows);
        Matrix known = train.rowRange(0, rows);
        Matrix sought = test.rowRange(0, rows);
        Matrix squared = squares.rowRange(0, rows);
        Matrix one = column.rowRange(0, rows)) {
      backend.gemm(Transpose.NO, Transpose.YES, 1, xi, layer.factor, 0, known);
      backend.activate(activation, known, known);
      if (layer.top) {
        backend.gemm(Transpose.NO, Transpose.YES, 1, xi, layer.whitened, 0, sought);
        backend.activateSmoothed(activation, sought, layer.spread, sought);
      } else {
        long iteration = draw.sweep() * LAYERS_PER_SWEEP + layer.index;
        long stream = RandomStreams.stream(RandomStreams.TEST_POINT, draw.chain(), iteration);
        backend.fillGaussian(draw.seed(), stream, from, draw.firstPoint(), sought);
        backend.scaleColumns(layer.spread, sought);
        backend.gemm(Transpose.NO, Transpose.YES, 1, xi, layer.whitened, 1, sought);
        backend.activate(activation, sought, sought);
        backend.copy(sought, squared);
        backend.multiply(sought, squared);
        backend.crossGram(weight, one, squared, 1, variance);
      }
      backend.crossGram(weight, sought, known, 1, kernel);
    }
  }

  /** R = q F^{-T} and s^2 = q(x, x) - |R_x|^2 for the next layer. */
  private void condition(Matrix cholesky) {
    backend.solveTriangular(Side.RIGHT, Transpose.YES, 1, cholesky, kernel);
    backend.rowDot(kernel, kernel, square);
    backend.copy(kernel, coordinates);
    double[] total = new double[count];
    double[] explained = new double[count];
    backend.download(variance, total);
    backend.download(square, explained);
    for (int i = 0; i < count; i++) {
      // Rounding and the jitter may make the variance of a training point slightly negative.
      total[i] = Math.sqrt(Math.max(0, total[i] - explained[i]));
    }
    backend.upload(total, deviation);
  }

  @Override
  public void close() {
    memory.close();
  }
}
