package org.richkernel.finite;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * Outputs of sampled networks at test points.
 *
 * <p>The training points see only r directions of a neuron's first-layer weights; the others keep
 * their prior under the posterior. So the preactivation of a test point is W^0 R_x plus s_x times a
 * fresh normal for each neuron, which is exact for the mean output of each point.
 */
final class TestPointOutputs implements AutoCloseable {
  private static final int PANEL = 256;

  private final Backend backend;
  private final NetworkSpec network;
  private final int width;
  private final int count;
  private final int outputs;
  private final Workspace memory;
  private final Matrix coordinates; // Q x r
  private final @Nullable Matrix deviation; // 1 x Q

  TestPointOutputs(
      Backend backend,
      NetworkSpec network,
      WeightLayout layout,
      int outputs,
      InputFactor.Coordinates points) {
    this.backend = backend;
    this.network = network;
    this.outputs = outputs;
    width = layout.width();
    count = points.deviation().length;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, layout, outputs, count);
    memory = new Workspace(backend, plan);
    coordinates = memory.get("test coordinates");
    backend.upload(points.whitened(), coordinates);
    boolean determined = java.util.Arrays.stream(points.deviation()).allMatch(s -> s == 0);
    deviation = determined ? null : memory.get("test deviations");
    if (deviation != null) {
      backend.upload(points.deviation(), deviation);
    }
  }

  static void plan(MemoryPlan plan, WeightLayout layout, int outputs, int count) {
    int panel = Math.min(PANEL, count);
    plan.add("test coordinates", Precision.FLOAT32, count, layout.rank())
        .add("test deviations", Precision.FLOAT32, 1, count)
        .add("test features", Precision.FLOAT32, layout.fanIn(), panel)
        .add("test features, next layer", Precision.FLOAT32, layout.fanIn(), panel)
        .add("test outputs", Precision.FLOAT64, count, outputs);
  }

  /**
   * Outputs of one network.
   *
   * @param weights W^0 .. W^{L-1}, with biases
   * @param readout u, N x K
   * @param seed key of the normals
   * @param chain names their stream
   * @param iteration names their stream
   * @return row-major Q x K
   */
  double[] of(List<Matrix> weights, Matrix readout, long seed, int chain, long iteration) {
    Matrix result = memory.get("test outputs");
    long stream = RandomStreams.stream(RandomStreams.POSTERIOR_TEST_POINT, chain, iteration);
    for (int from = 0; from < count; from += PANEL) {
      int columns = Math.min(PANEL, count - from);
      Matrix top = features(weights, from, columns, seed, stream);
      backend.crossGram(1, top, readout, 0, result.rowRange(from, columns));
    }
    double[] values = new double[count * outputs];
    backend.download(result, values);
    return values;
  }

  private Matrix features(List<Matrix> weights, int from, int columns, long seed, long stream) {
    Activation activation = network.activation();
    Matrix here = memory.get("test features").view(0, rows(), 0, columns);
    Matrix next = memory.get("test features, next layer").view(0, rows(), 0, columns);
    Matrix h = here.rowRange(0, width);
    Matrix points = coordinates.rowRange(from, columns);
    if (deviation == null) {
      backend.gemm(Transpose.NO, Transpose.YES, 1, weights.get(0), points, 0, h);
    } else {
      // a panel's normals are those of rows that no other panel has
      backend.fillGaussian(seed, stream, (long) (from / PANEL) * width, h);
      backend.scaleColumns(deviation.view(0, 1, from, columns), h);
      backend.gemm(Transpose.NO, Transpose.YES, 1, weights.get(0), points, 1, h);
    }
    backend.activate(activation, h, h);
    for (int l = 1; l < weights.size(); l++) {
      double g = network.weightVariance(l);
      if (rows() > width) {
        backend.fill(Math.sqrt(network.biasVariance() * width / g), here.rowRange(width, 1));
      }
      h = next.rowRange(0, width);
      backend.gemm(Transpose.NO, Transpose.NO, Math.sqrt(g / width), weights.get(l), here, 0, h);
      backend.activate(activation, h, h);
      Matrix swap = here;
      here = next;
      next = swap;
    }
    return h;
  }

  private int rows() {
    return memory.get("test features").rows();
  }

  @Override
  public void close() {
    memory.close();
  }
}
