package org.richkernel.solver;

/**
 * Preconditioned conjugate gradients for A X = B with several right-hand sides, each by its own
 * recurrence (Hestenes and Stiefel 1952). A and the preconditioner are symmetric and positive
 * definite; vectors are float64 arrays of n x K numbers, row-major.
 */
public final class ConjugateGradients {
  /** A product with a matrix. */
  @FunctionalInterface
  public interface Product {
    /**
     * Computes to = A from.
     *
     * @return false if a stop was requested; the content of {@code to} is then undefined
     */
    boolean apply(double[] from, double[] to);
  }

  private final int columns;
  private final double[] solution;
  private final double[] residual;
  private final double[] direction;
  private final double[] preconditioned;
  private final double[] image;
  private final double[] rho; // r^T z of each column
  private long iterations;

  /**
   * Vectors of zeros.
   *
   * @param rows n
   * @param columns K
   */
  public ConjugateGradients(int rows, int columns) {
    this.columns = columns;
    int size = Math.multiplyExact(rows, columns);
    this.solution = new double[size];
    this.residual = new double[size];
    this.direction = new double[size];
    this.preconditioned = new double[size];
    this.image = new double[size];
    this.rho = new double[columns];
  }

  /** Bytes on the host. */
  public static long bytes(int rows, int columns) {
    return 8L * 5 * rows * columns;
  }

  /**
   * Begins from the present solution, along the preconditioned residual.
   *
   * @param preconditioner z = M^{-1} r
   * @param start B - A X; copied
   */
  public void restart(Product preconditioner, double[] start) {
    System.arraycopy(start, 0, residual, 0, start.length);
    preconditioner.apply(residual, preconditioned);
    System.arraycopy(preconditioned, 0, direction, 0, direction.length);
    dot(residual, preconditioned, rho);
  }

  /**
   * One step.
   *
   * @param matrix A
   * @param preconditioner z = M^{-1} r, which does not stop
   * @return false if a stop was requested; nothing has changed then
   */
  public boolean step(Product matrix, Product preconditioner) {
    if (!matrix.apply(direction, image)) {
      return false;
    }
    // alpha = r^T z / p^T A p
    double[] alpha = new double[columns];
    dot(direction, image, alpha);
    for (int k = 0; k < columns; k++) {
      alpha[k] = alpha[k] > 0 ? rho[k] / alpha[k] : 0;
    }
    add(alpha, direction, solution, 1);
    add(alpha, image, residual, -1);
    preconditioner.apply(residual, preconditioned);
    // beta = r^T z / (r^T z of the step before)
    double[] next = new double[columns];
    dot(residual, preconditioned, next);
    for (int i = 0; i < direction.length; i++) {
      int k = i % columns;
      double beta = rho[k] > 0 ? next[k] / rho[k] : 0;
      direction[i] = preconditioned[i] + beta * direction[i];
    }
    System.arraycopy(next, 0, rho, 0, columns);
    iterations++;
    return true;
  }

  private void dot(double[] a, double[] b, double[] out) {
    java.util.Arrays.fill(out, 0);
    for (int i = 0; i < a.length; i++) {
      out[i % columns] += a[i] * b[i];
    }
  }

  private void add(double[] factors, double[] from, double[] to, double sign) {
    for (int i = 0; i < to.length; i++) {
      to[i] += sign * factors[i % columns] * from[i];
    }
  }

  /** X, n x K; not a copy. */
  public double[] solution() {
    return solution;
  }

  /** (tr R^T M^{-1} R)^{1/2} of the residual R as the recurrence has it. */
  public double residualNorm() {
    double sum = 0;
    for (double value : rho) {
      sum += Math.max(value, 0);
    }
    return Math.sqrt(sum);
  }

  /** |R|_F of the residual as the recurrence has it. */
  public double plainResidualNorm() {
    double sum = 0;
    for (double value : residual) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** Steps so far. */
  public long iterations() {
    return iterations;
  }

  /** All that the next step depends on. */
  public SolverState state() {
    return new SolverState()
        .put("solution", solution.clone())
        .put("residual", residual.clone())
        .put("direction", direction.clone())
        .put("rho", rho.clone())
        .put("iterations", iterations);
  }

  /** Goes on from a state of vectors of the same size. */
  public void restore(SolverState state) {
    System.arraycopy(state.doubles("solution"), 0, solution, 0, solution.length);
    System.arraycopy(state.doubles("residual"), 0, residual, 0, residual.length);
    System.arraycopy(state.doubles("direction"), 0, direction, 0, direction.length);
    System.arraycopy(state.doubles("rho"), 0, rho, 0, rho.length);
    iterations = (long) state.number("iterations");
  }
}
