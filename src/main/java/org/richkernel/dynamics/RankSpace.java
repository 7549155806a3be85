package org.richkernel.dynamics;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.EigenvectorSigns;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;

/**
 * Coordinates of all points in an orthonormal basis V of the span of the training points, r = rank
 * X dimensions. The training points do not act on a neuron's weights orthogonal to V.
 *
 * <p>A neuron of a convolution reads patches: the rows of X are the patches of all s sites, ordered
 * (site, point), and D is the number k C of entries of a patch.
 *
 * @param rank r, at most min(P s, D)
 * @param basis V, row-major D x r
 * @param train F = X V / sqrt(D), (P s) x r, so that F F^T = X X^T / D
 * @param test coordinates of the test points, (Q s) x r
 * @param testRest component of the test points orthogonal to the span, (X_test - X_test V V^T) /
 *     sqrt(D), (Q s) x D; empty if the training points span the whole space
 * @param testDeviation norm of each row of testRest, Q s numbers
 */
@SuppressWarnings("ArrayRecordComponent")
record RankSpace(
    int rank,
    double[] basis,
    double[] train,
    double[] test,
    double[] testRest,
    double[] testDeviation) {
  /**
   * Directions whose variance is below this fraction of the largest are dropped: their deviation is
   * that of the rounding of float32 fields.
   */
  private static final double RANK_TOLERANCE = 1e-10;

  /** Peak memory of {@link #of}: the inputs, and one part after the other. */
  static MemoryPlan plan(DynamicsProblem problem) {
    int p = fields(problem, problem.trainPoints());
    int q = fields(problem, problem.testPoints());
    int d = problem.sites().inputs();
    return inputsPlan(p, q, d)
        .addAll("", MemoryPlan.largest(basisPlan(p, d), factorsPlan(p, q, d, Math.min(p, d))));
  }

  private static MemoryPlan inputsPlan(int p, int q, int d) {
    return new MemoryPlan()
        .add("training inputs", Precision.FLOAT64, p, d)
        .add("test inputs", Precision.FLOAT64, q, d);
  }

  private static MemoryPlan factorsPlan(int p, int q, int d, int rank) {
    return new MemoryPlan()
        .add("input directions", Precision.FLOAT64, d, rank)
        .add("input factor", Precision.FLOAT64, p, rank)
        .add("test factor", Precision.FLOAT64, q, rank);
  }

  private static MemoryPlan basisPlan(int p, int d) {
    int n = Math.min(p, d);
    return new MemoryPlan()
        .addEigenproblem("input kernel", "input eigenvalues", n)
        .add("all input directions", Precision.FLOAT64, d, n);
  }

  static RankSpace of(DynamicsProblem problem, Backend backend) {
    NetworkSites sites = problem.sites();
    int p = fields(problem, problem.trainPoints());
    int q = fields(problem, problem.testPoints());
    int d = sites.inputs();
    double scale = 1 / Math.sqrt(d);
    try (Workspace inputs = new Workspace(backend, inputsPlan(p, q, d))) {
      Matrix x = inputs.get("training inputs");
      Matrix test = inputs.get("test inputs");
      backend.upload(sites.patches(problem.trainInputs(), 0, problem.trainPoints()), x);
      backend.upload(sites.patches(problem.testInputs(), 0, problem.testPoints()), test);
      backend.scale(scale, x);
      backend.scale(scale, test);
      double[] basis = basis(backend, x, p, d);
      int rank = basis.length / d;
      try (Workspace factors = new Workspace(backend, factorsPlan(p, q, d, rank))) {
        Matrix v = factors.get("input directions");
        Matrix f = factors.get("input factor");
        Matrix t = factors.get("test factor");
        backend.upload(basis, v);
        backend.gemm(Transpose.NO, Transpose.NO, 1, x, v, 0, f);
        backend.gemm(Transpose.NO, Transpose.NO, 1, test, v, 0, t);
        double[] rest = new double[rank == d ? 0 : q * d];
        if (rank < d) {
          backend.gemm(Transpose.NO, Transpose.YES, -1, t, v, 1, test);
          backend.download(test, rest);
        }
        double[] train = new double[p * rank];
        double[] coordinates = new double[q * rank];
        backend.download(f, train);
        backend.download(t, coordinates);
        return new RankSpace(rank, basis, train, coordinates, rest, norms(rest, q, d));
      }
    }
  }

  /** V, row-major D x r, from the smaller of X^T X and X X^T. */
  private static double[] basis(Backend backend, Matrix x, int p, int d) {
    int n = Math.min(p, d);
    double[] lambda = new double[n];
    try (Workspace memory = new Workspace(backend, basisPlan(p, d))) {
      Matrix gram = memory.get("input kernel");
      Matrix values = memory.get("input eigenvalues");
      Matrix directions = memory.get("all input directions");
      backend.syrk(d <= p ? Transpose.YES : Transpose.NO, 1, x, 0, gram);
      backend.eigenSymmetric(gram, values);
      backend.download(values, lambda);
      if (d <= p) {
        backend.copy(gram, directions);
      } else {
        // V = X^T U Lambda^{-1/2}
        backend.gemm(Transpose.YES, Transpose.NO, 1, x, gram, 0, directions);
      }
      double[] all = new double[d * n];
      backend.download(directions, all);
      int none = 0;
      while (none < n && lambda[none] <= RANK_TOLERANCE * Math.max(0, lambda[n - 1])) {
        none++;
      }
      int rank = n - none;
      double[] signs = EigenvectorSigns.of(all, n);
      double[] basis = new double[d * rank];
      for (int k = 0; k < rank; k++) {
        if (rank == d) {
          basis[k * rank + k] = 1; // full rank: the inputs themselves are the coordinates
          continue;
        }
        double norm = d <= p ? 1 : Math.sqrt(lambda[none + k]);
        for (int i = 0; i < d; i++) {
          basis[i * rank + k] = signs[none + k] * all[i * n + none + k] / norm;
        }
      }
      return basis;
    }
  }

  private static double[] norms(double[] rest, int q, int d) {
    double[] norms = new double[q];
    for (int i = 0; i < q && rest.length > 0; i++) {
      double[] row = Arrays.copyOfRange(rest, i * d, (i + 1) * d);
      norms[i] = Math.sqrt(Arrays.stream(row).map(value -> value * value).sum());
    }
    return norms;
  }

  /** Upper bound of r, known before anything is computed. */
  static int largestRank(DynamicsProblem problem) {
    return Math.min(fields(problem, problem.trainPoints()), problem.sites().inputs());
  }

  /**
   * Number of columns of the fields of the given number of points, one for each site.
   *
   * @throws InvalidProblemException if there are 2^31 or more
   */
  static int fields(DynamicsProblem problem, int points) {
    long fields = (long) points * problem.sites().sites(1);
    if (fields > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          "train-size",
          points + " points with " + problem.sites().sites(1) + " sites",
          "points times sites must stay below 2^31");
    }
    return (int) fields;
  }

  /** |F_j|^2 = Phi^0_jj of the training fields, P s numbers. */
  double[] trainSquares() {
    double[] squares = new double[train.length / rank];
    for (int j = 0; j < squares.length; j++) {
      squares[j] = product(j, j);
    }
    return squares;
  }

  /** F F^T = Phi^0 of the training fields, row-major (P s) x (P s). */
  double[] trainKernel() {
    int fields = train.length / rank;
    double[] kernel = new double[Math.multiplyExact(fields, fields)];
    for (int i = 0; i < fields; i++) {
      for (int j = 0; j <= i; j++) {
        kernel[i * fields + j] = product(i, j);
        kernel[j * fields + i] = kernel[i * fields + j];
      }
    }
    return kernel;
  }

  private double product(int i, int j) {
    double sum = 0;
    for (int k = 0; k < rank; k++) {
      sum += train[i * rank + k] * train[j * rank + k];
    }
    return sum;
  }
}
