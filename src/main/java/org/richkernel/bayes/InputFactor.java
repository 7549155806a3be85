package org.richkernel.bayes;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.EigenvectorSigns;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;

/**
 * Rank-space factor of the first layer's covariance: Sigma^1 = g_0 X X^T / D + g_b = F F^T with F
 * of P x r, r = rank.
 *
 * <p>With Z = [sqrt(g_0/D) X, sqrt(g_b) 1] = U Lambda^{1/2} W^T (thin SVD), F = U Lambda^{1/2} and
 * a new input z(x) has the whitened coordinates R_x = z(x) W and the variance s^2 = |z|^2 - |R_x|^2
 * of noise that the training fields do not determine. Eigenvectors come from the smaller of Z Z^T
 * and Z^T Z, with {@link EigenvectorSigns signs} that are the same on all backends.
 *
 * <p>F is kept in float32, in which fields are computed; {@link Exact} has it in float64.
 */
public final class InputFactor {
  /** Number of rows of inputs scaled at a time. */
  private static final int PANEL = 4096;

  /** Directions whose eigenvalue is below this fraction of the largest are dropped. */
  static final double RANK_TOLERANCE = 1e-12;

  private final int points;
  private final int features;
  private final int rank;
  private final NetworkSpec spec;
  private final float[] factor; // P x r
  private final double[] projector; // (D or D + 1) x r

  private InputFactor(
      int points, int features, int rank, NetworkSpec spec, float[] factor, double[] projector) {
    this.points = points;
    this.features = features;
    this.rank = rank;
    this.spec = spec;
    this.factor = factor;
    this.projector = projector;
  }

  /**
   * Peak memory of {@link #of} followed by {@link #coordinates}.
   *
   * @param width D, or D + 1 with biases
   * @param others number of new inputs
   */
  public static MemoryPlan plan(int points, int width, int others) {
    int rank = Math.min(points, width);
    long factor = (long) Float.BYTES * points * rank;
    return MemoryPlan.largest(
        factorPlan(points, width)
            .addHost(factor + 8L * Math.min(points, PANEL) * (2L * width + rank)),
        coordinatesPlan(others, width, rank).addHost(factor + 8L * others * (2L * width + rank)));
  }

  private static MemoryPlan factorPlan(int points, int width) {
    int n = Math.min(points, width);
    int rows = Math.min(points, panel(points, width));
    return new MemoryPlan()
        .add("scaled inputs", Precision.FLOAT64, rows, width)
        .addEigenproblem("input Gram matrix", "input eigenvalues", n)
        .add("input projection", Precision.FLOAT64, Math.max(rows, width), n);
  }

  /** Number of points on the device at a time: all if the Gram matrix is P x P. */
  private static int panel(int points, int width) {
    return points <= width ? points : PANEL;
  }

  /** Peak memory of {@link #coordinates}. */
  static MemoryPlan coordinatesPlan(int rows, int width, int rank) {
    return new MemoryPlan()
        .add("new inputs", Precision.FLOAT64, rows, width)
        .add("input projector", Precision.FLOAT64, width, rank)
        .add("new coordinates", Precision.FLOAT64, rows, rank);
  }

  /** Rows of a matrix of inputs. */
  @FunctionalInterface
  public interface Rows {
    /** Rows from {@code first} on, row-major count x D. */
    double[] copy(int first, int count);
  }

  /**
   * Factorizes the covariance of the training inputs.
   *
   * @param x inputs, row-major P x D
   */
  public static InputFactor of(
      Backend backend, NetworkSpec spec, double[] x, int points, int features) {
    return of(backend, spec, rows(x, features), points, features);
  }

  /**
   * The same without a second copy of the inputs.
   *
   * @param x P rows of D inputs
   */
  public static InputFactor of(
      Backend backend, NetworkSpec spec, Rows x, int points, int features) {
    Single single = new Single();
    double[] projector = factorize(backend, spec, x, points, features, single);
    int rank = single.values.length / points;
    return new InputFactor(points, features, rank, spec, single.values, projector);
  }

  /**
   * F that was not rounded, for linear algebra in float64.
   *
   * @param factor F, row-major P x r
   * @param projector W, row-major (D, or D + 1 with biases) x r
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Exact(double[] factor, double[] projector, int rank) {
    /**
     * Factorizes the covariance of the training inputs.
     *
     * @param x inputs, row-major P x D
     */
    static Exact of(Backend backend, NetworkSpec spec, double[] x, int points, int features) {
      Wide wide = new Wide();
      double[] projector = factorize(backend, spec, rows(x, features), points, features, wide);
      return new Exact(wide.values, projector, wide.values.length / points);
    }
  }

  /** Takes F, some rows at a time. */
  private interface Target {
    /** Makes room for the numbers of all rows. */
    void begin(int numbers);

    /** Takes rows whose first number has an index among those of all. */
    void put(int at, double[] rows);
  }

  /** F in float32. */
  private static final class Single implements Target {
    private float[] values = {};

    @Override
    public void begin(int numbers) {
      values = new float[numbers];
    }

    @Override
    public void put(int at, double[] rows) {
      for (int i = 0; i < rows.length; i++) {
        values[at + i] = (float) rows[i];
      }
    }
  }

  /** F in float64. */
  private static final class Wide implements Target {
    private double[] values = {};

    @Override
    public void begin(int numbers) {
      values = new double[numbers];
    }

    @Override
    public void put(int at, double[] rows) {
      System.arraycopy(rows, 0, values, at, rows.length);
    }
  }

  private static Rows rows(double[] x, int features) {
    return (first, count) -> Arrays.copyOfRange(x, first * features, (first + count) * features);
  }

  /** Hands F to its target and gives W. */
  private static double[] factorize(
      Backend backend, NetworkSpec spec, Rows x, int points, int features, Target target) {
    int width = spec.biasVariance() > 0 ? features + 1 : features;
    int n = Math.min(points, width);
    boolean dual = points <= width;
    int panel = panel(points, width);
    try (Workspace memory = new Workspace(backend, factorPlan(points, width))) {
      Matrix gram = memory.get("input Gram matrix");
      Matrix values = memory.get("input eigenvalues");
      Scaled scaled = new Scaled(backend, spec, x, features, memory.get("scaled inputs"));
      for (int first = 0; first < points; first += panel) {
        try (Matrix z = scaled.rows(first, Math.min(panel, points - first))) {
          backend.syrk(dual ? Transpose.NO : Transpose.YES, 1, z, first == 0 ? 0 : 1, gram);
        }
      }
      backend.eigenSymmetric(gram, values);
      double[] lambda = new double[n];
      backend.download(values, lambda);
      double threshold = RANK_TOLERANCE * Math.max(0, lambda[n - 1]);
      int first = 0;
      while (first < n - 1 && lambda[first] <= threshold) {
        first++;
      }
      int rank = n - first;
      double[] scale = new double[rank];
      for (int k = 0; k < rank; k++) {
        scale[k] = Math.sqrt(Math.max(lambda[first + k], Double.MIN_NORMAL));
      }
      Matrix vectors = gram.view(0, n, first, rank);
      double[] eigenvectors = new double[n * rank];
      backend.download(vectors, eigenvectors);
      target.begin(Math.multiplyExact(points, rank));
      // W and F change sign together
      double[] signs = EigenvectorSigns.of(eigenvectors, rank);
      scaleColumns(eigenvectors, signs, false);
      Matrix projection = memory.get("input projection");
      if (dual) {
        // W Lambda^{1/2} = Z^T U
        double[] projected = new double[width * rank];
        try (Matrix z = scaled.rows(0, points);
            Matrix product = projection.view(0, width, 0, rank)) {
          backend.gemm(Transpose.YES, Transpose.NO, 1, z, vectors, 0, product);
          backend.download(product, projected);
        }
        scaleColumns(projected, signs, false);
        scaleColumns(projected, scale, true);
        scaleColumns(eigenvectors, scale, false);
        target.put(0, eigenvectors);
        return projected;
      }
      for (int from = 0; from < points; from += panel) {
        int count = Math.min(panel, points - from);
        double[] part = new double[count * rank];
        // F = U Lambda^{1/2} = Z W
        try (Matrix z = scaled.rows(from, count);
            Matrix product = projection.view(0, count, 0, rank)) {
          backend.gemm(Transpose.NO, Transpose.NO, 1, z, vectors, 0, product);
          backend.download(product, part);
        }
        scaleColumns(part, signs, false);
        target.put(from * rank, part);
      }
      return eigenvectors;
    }
  }

  /** Z, the scaled inputs with the bias column, a panel of rows at a time. */
  private record Scaled(Backend backend, NetworkSpec spec, Rows x, int features, Matrix memory) {
    Matrix rows(int first, int count) {
      for (int from = 0; from < count; from += PANEL) {
        int own = Math.min(PANEL, count - from);
        double[] z = augment(spec, x.copy(first + from, own), own, features, memory.columns());
        try (Matrix part = memory.rowRange(from, own)) {
          backend.upload(z, part);
        }
      }
      return memory.rowRange(0, count);
    }
  }

  /**
   * A stored factor.
   *
   * @param projector W, (D or D + 1) x r
   * @param factor F, P x r
   * @throws InvalidProblemException if the shapes do not fit together
   */
  static InputFactor restored(
      NetworkSpec spec, int features, double[] projector, float[] factor, int points) {
    int rank = factor.length / Math.max(1, points);
    if (rank < 1 || factor.length != points * rank || projector.length % rank != 0) {
      throw new InvalidProblemException(
          "saved predictor", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
    return new InputFactor(points, features, rank, spec, factor, projector);
  }

  private static void scaleColumns(double[] a, double[] scale, boolean divide) {
    int columns = scale.length;
    for (int i = 0; i < a.length; i++) {
      double s = scale[i % columns];
      a[i] = divide ? a[i] / s : a[i] * s;
    }
  }

  private static double[] augment(NetworkSpec spec, double[] x, int rows, int features, int width) {
    double[] z = new double[rows * width];
    double weight = Math.sqrt(spec.weightVariance(0) / features);
    double bias = Math.sqrt(spec.biasVariance());
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < features; j++) {
        z[i * width + j] = weight * x[i * features + j];
      }
      if (width > features) {
        z[i * width + features] = bias;
      }
    }
    return z;
  }

  /** The same without the rows of the training points, which other devices hold. */
  InputFactor withoutPoints() {
    return new InputFactor(points, features, rank, spec, new float[0], projector);
  }

  /** r, the number of directions that the training inputs span. */
  public int rank() {
    return rank;
  }

  /** P. */
  public int points() {
    return points;
  }

  /** D. */
  int features() {
    return features;
  }

  /** F, row-major P x r; empty {@link #withoutPoints}. */
  public float[] factor() {
    return factor;
  }

  /** W, row-major (D, or D + 1 with biases) x r. */
  public double[] projector() {
    return projector;
  }

  /** Whitened coordinates of new inputs x, row-major rows x D. */
  public Coordinates coordinates(Backend backend, double[] x, int rows) {
    return coordinates(backend, spec, projector, rank, x, rows, features);
  }

  /** The same from a stored projector. */
  public static Coordinates coordinates(
      Backend backend,
      NetworkSpec spec,
      double[] projector,
      int rank,
      double[] x,
      int rows,
      int features) {
    int width = projector.length / rank;
    double[] z = augment(spec, x, rows, features, width);
    double[] r = new double[rows * rank];
    try (Workspace memory = new Workspace(backend, coordinatesPlan(rows, width, rank))) {
      Matrix inputs = memory.get("new inputs");
      Matrix w = memory.get("input projector");
      Matrix product = memory.get("new coordinates");
      backend.upload(z, inputs);
      backend.upload(projector, w);
      backend.gemm(Transpose.NO, Transpose.NO, 1, inputs, w, 0, product);
      backend.download(product, r);
    }
    double[] deviation = new double[rows];
    for (int i = 0; i < rows; i++) {
      double total = 0;
      double seen = 0;
      for (int j = 0; j < width; j++) {
        total += z[i * width + j] * z[i * width + j];
      }
      for (int k = 0; k < rank; k++) {
        seen += r[i * rank + k] * r[i * rank + k];
      }
      // Rounding may make the variance of a point in the training span slightly negative.
      deviation[i] = Math.sqrt(Math.max(0, total - seen));
    }
    return new Coordinates(r, deviation);
  }

  /**
   * Part of new inputs orthogonal to the span of the training inputs, z (1 - W W^T), row-major rows
   * x (D, or D + 1 with biases). The training inputs do not determine the weights that act on it.
   *
   * @param x row-major rows x D
   * @param whitened their {@link Coordinates#whitened}
   */
  static double[] residual(
      NetworkSpec spec, double[] projector, double[] x, double[] whitened, int rows, int features) {
    int rank = whitened.length / Math.max(1, rows);
    int width = projector.length / rank;
    double[] z = augment(spec, x, rows, features, width);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < width; j++) {
        for (int k = 0; k < rank; k++) {
          z[i * width + j] -= whitened[i * rank + k] * projector[j * rank + k];
        }
      }
    }
    return z;
  }

  /**
   * Coordinates of new inputs relative to the training inputs.
   *
   * @param whitened R_x, row-major points x r
   * @param deviation s, per point
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Coordinates(double[] whitened, double[] deviation) {}
}
