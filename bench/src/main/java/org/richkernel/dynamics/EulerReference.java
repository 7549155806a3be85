package org.richkernel.dynamics;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;

/**
 * Euler's method for one hidden ReLU layer, one output and the summed loss, on the neurons that the
 * solver draws: in the fields of all points, the published update rule, or in rank space.
 */
final class EulerReference implements AutoCloseable {
  private final Backend backend;
  private final DynamicsProblem problem;
  private final boolean fields;
  private final int samples;
  private final int train;
  private final Matrix state; // h of all points, S x M; or a, S x r
  private final Matrix drive; // Phi^0 of training and all points, P x M; or F, P x r
  private final Matrix readout; // z, S x 1
  private final Matrix field; // h of the training points, S x P
  private final Matrix phi; // S x P, or S x M with fields
  private final Matrix slope; // S x P, or S x M with fields
  private final Matrix outputs; // f, M x 1 with fields, P x 1 otherwise
  private final Matrix delta; // P x 1
  private final double[] f;

  /**
   * @param fields whether h of all points is marched, test points too, or weights in rank space
   */
  EulerReference(Backend backend, DynamicsProblem problem, boolean fields) {
    this.backend = backend;
    this.problem = problem;
    this.fields = fields;
    samples = problem.options().samples();
    train = problem.trainPoints();
    RankSpace space = RankSpace.of(problem, backend);
    int all = problem.points();
    int rank = space.rank();
    int columns = fields ? all : rank;
    int seen = fields ? all : train;
    state = matrix(Precision.FLOAT32, samples, columns, "state");
    drive = matrix(Precision.FLOAT32, train, columns, "drive");
    readout = matrix(Precision.FLOAT32, samples, 1, "readout");
    phi = matrix(Precision.FLOAT32, samples, seen, "phi");
    slope = matrix(Precision.FLOAT32, samples, seen, "slope");
    field = fields ? state : matrix(Precision.FLOAT32, samples, train, "field");
    outputs = matrix(Precision.FLOAT64, seen, 1, "outputs");
    delta = matrix(Precision.FLOAT32, train, 1, "delta");
    f = new double[seen];
    start(space, all, rank);
  }

  private Matrix matrix(Precision precision, int rows, int columns, String label) {
    return backend.allocate(precision, rows, columns, label);
  }

  private void start(RankSpace space, int all, int rank) {
    double[] weights = space.train();
    try (Matrix a = matrix(Precision.FLOAT32, samples, rank, "weights");
        Matrix t = matrix(Precision.FLOAT32, all, rank, "coordinates")) {
      int half = samples / 2;
      long seed = problem.options().seed();
      long streamA = RandomStreams.stream(RandomStreams.DYNAMICS_PREACTIVATION, 1, 0);
      long streamZ = RandomStreams.stream(RandomStreams.DYNAMICS_BACKWARD_FIELD, 1, 0);
      for (int first = 0; first < samples; first += half) {
        backend.fillGaussian(seed, streamA, 0, a.rowRange(first, half));
        backend.fillGaussian(seed, streamZ, 0, readout.rowRange(first, half));
      }
      backend.scale(-1, readout.rowRange(half, half));
      backend.upload(weights, t.rowRange(0, train));
      if (!fields) {
        backend.copy(a, state);
        backend.upload(weights, drive);
        return;
      }
      backend.upload(space.test(), t.rowRange(train, all - train));
      backend.gemm(Transpose.NO, Transpose.YES, 1, a, t, 0, state);
      backend.gemm(Transpose.NO, Transpose.YES, 1, t.rowRange(0, train), t, 0, drive);
    }
  }

  /** One step. */
  void step(double dt) {
    double gamma = problem.options().gamma();
    double keep = 1 - dt * problem.options().weightDecay();
    outputs();
    double[] pull = new double[train];
    for (int i = 0; i < train; i++) {
      pull[i] = problem.trainTargets().at(i, 0) - f[i];
    }
    backend.upload(pull, delta);
    Matrix trainPhi = phi.view(0, samples, 0, train);
    Matrix g = slope.view(0, samples, 0, train);
    backend.scaleRows(readout, g);
    backend.gemm(Transpose.NO, Transpose.NO, dt * gamma, trainPhi, delta, keep, readout);
    try (Matrix pulled = matrix(Precision.FLOAT32, train, drive.columns(), "pulled drive")) {
      backend.copy(drive, pulled);
      backend.scaleRows(delta, pulled);
      backend.gemm(Transpose.NO, Transpose.NO, dt * gamma, g, pulled, keep, state);
    }
  }

  /** f of the training points. */
  double[] outputs() {
    if (!fields) {
      backend.gemm(Transpose.NO, Transpose.YES, 1, state, drive, 0, field);
    }
    backend.activateWithDerivative(Activation.RELU, field, phi, slope);
    backend.crossGram(1 / (problem.options().gamma() * samples), phi, readout, 0, outputs);
    backend.download(outputs, f);
    return java.util.Arrays.copyOf(f, train);
  }

  /** Phi of the training points, row-major P x P, after {@link #outputs()}. */
  double[] featureKernel() {
    double[] kernel = new double[train * train];
    try (Matrix gram = matrix(Precision.FLOAT64, train, train, "Phi")) {
      backend.gram(1.0 / samples, phi.view(0, samples, 0, train), 0, gram);
      backend.download(gram, kernel);
    }
    return kernel;
  }

  @Override
  public void close() {
    for (Matrix m : new Matrix[] {state, drive, readout, phi, slope, outputs, delta}) {
      m.close();
    }
    if (!fields) {
      field.close();
    }
  }
}
