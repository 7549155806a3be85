package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.WeightLink;

/**
 * Predictions at new points if all layers have weights: a population is a network of S neurons per
 * layer with readout w,
 *
 * <pre>  g k(x)^T v = sum_s w_s phi(h_s^L(x)),   h^1(x) = xi R_x + s_x z,   h^{l+1}(x) = W F(x)^T.
 * </pre>
 *
 * <p>The part of an input orthogonal to the training inputs enters the first layer alone, as noise
 * that the training fields do not determine: integrated for one hidden layer, drawn for each neuron
 * for several. Cost per population: S P_t (r + (L - 1) S + K) multiply-adds, for any number of
 * training points.
 */
final class WeightTestPoints implements TestPoints {
  private static final int LAYERS_PER_SWEEP = 64;

  private final Backend backend;
  private final NetworkSpec network;
  private final Workspace memory;
  private final Matrix coordinates; // R, P_t x r
  private final Matrix deviation; // s, 1 x P_t
  private final Matrix readout;
  private final int rows; // neurons of one hidden layer that are taken together

  /**
   * @param shape of the fields
   * @param samples the largest S
   * @param outputs K
   * @param panelRows number of neurons of one hidden layer in a panel
   */
  WeightTestPoints(
      Backend backend,
      NetworkSpec network,
      FieldShape shape,
      InputFactor.Coordinates points,
      int samples,
      int outputs,
      int panelRows) {
    this.backend = backend;
    this.network = network;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, shape, samples, outputs, points.deviation().length, panelRows);
    memory = new Workspace(backend, plan);
    coordinates = memory.get("coordinates of the new points");
    deviation = memory.get("deviation of the new points");
    readout = memory.get("readout of the new points");
    rows = readout.rows();
    backend.upload(points.whitened(), coordinates);
    backend.upload(points.deviation(), deviation);
  }

  /** Adds the memory of new points to a plan. */
  static void plan(
      MemoryPlan plan, FieldShape shape, int samples, int outputs, int newPoints, int panelRows) {
    boolean deep = shape.layers() > 1;
    int neurons = deep ? samples : panelRows;
    plan.add("coordinates of the new points", Precision.FLOAT32, newPoints, shape.rank())
        .add("deviation of the new points", Precision.FLOAT32, 1, newPoints)
        .add("readout of the new points", Precision.FLOAT32, neurons, outputs);
    for (int i = 0; i < (deep ? 2 : 1); i++) {
      plan.add(phi(i), Precision.FLOAT32, deep ? shape.features(samples) : neurons, newPoints);
    }
  }

  private static String phi(int i) {
    return "phi of the new points" + (i == 0 ? "" : ", layer above");
  }

  @Override
  public void addPrediction(FieldPopulation population, Draw draw, Matrix sum) {
    List<Matrix> fields = new ArrayList<>();
    for (int l = 1; l <= population.layers(); l++) {
      fields.add(population.xi(l));
    }
    addPrediction(fields, population.weights(), draw, sum);
  }

  /**
   * sum += w^T phi(h^L(x)).
   *
   * @param fields of layers 1 to L, S rows each
   * @param w readout weights, S x K, float64 or float32
   * @param sum P_t x K, float64
   */
  void addPrediction(List<Matrix> fields, Matrix w, Draw draw, Matrix sum) {
    if (fields.size() > 1) {
      addDeep(fields, w, draw, sum);
      return;
    }
    for (int from = 0; from < w.rows(); from += rows) {
      int count = Math.min(rows, w.rows() - from);
      try (Matrix xi = fields.get(0).rowRange(from, count);
          Matrix weights = w.rowRange(from, count);
          Matrix single = readout.rowRange(0, count);
          Matrix test = memory.get(phi(0)).rowRange(0, count)) {
        backend.copy(weights, single);
        backend.gemm(Transpose.NO, Transpose.YES, 1, xi, coordinates, 0, test);
        backend.activateSmoothed(network.activation(), test, deviation, test);
        backend.crossGram(1, test, single, 1, sum);
      }
    }
  }

  private void addDeep(List<Matrix> fields, Matrix w, Draw draw, Matrix sum) {
    int samples = w.rows();
    try (Matrix single = readout.rowRange(0, samples);
        Matrix first = memory.get(phi(0)).rowRange(0, samples);
        Matrix top = memory.get(phi((fields.size() - 1) % 2)).rowRange(0, samples)) {
      long iteration = draw.sweep() * LAYERS_PER_SWEEP + 1;
      long stream = RandomStreams.stream(RandomStreams.TEST_POINT, draw.chain(), iteration);
      backend.fillGaussian(draw.seed(), stream, 0, draw.firstPoint(), first);
      backend.scaleColumns(deviation, first);
      backend.gemm(Transpose.NO, Transpose.YES, 1, fields.get(0), coordinates, 1, first);
      backend.activate(network.activation(), first, first);
      for (int l = 2; l <= fields.size(); l++) {
        pass(l, fields.get(l - 1));
      }
      backend.copy(w, single);
      backend.crossGram(1, top, single, 1, sum);
    }
  }

  /** Computes phi of layer l from that of the layer below. */
  private void pass(int l, Matrix weights) {
    int samples = weights.rows();
    double scale = Math.sqrt(network.weightVariance(l - 1) / samples);
    try (Matrix features = memory.get(phi(l % 2)).rowRange(0, weights.columns());
        Matrix bias = features.rowRange(samples, weights.columns() - samples);
        Matrix above = memory.get(phi((l + 1) % 2)).rowRange(0, samples)) {
      backend.fill(WeightLink.biasFeature(scale, network.biasVariance()), bias);
      backend.gemm(Transpose.NO, Transpose.NO, scale, weights, features, 0, above);
      backend.activate(network.activation(), above, above);
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
