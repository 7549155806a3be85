package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.SiteMap;

/**
 * Action of a linear convolutional network per channel, as a function of one lower triangular T_l a
 * layer, C_l = T_l T_l^T being the covariance of the whitened fields over channels:
 *
 * <pre>  S(T) = sum_l [ |T_l|^2 / 2 - ln det T_l ] + (gamma^2 / 2) tr Y^T (K + kappa)^{-1} Y,
 *   X_l = F_l T_l,  Phi^l = X_l X_l^T,  F_l F_l^T = g_{l-1} F(Phi^{l-1}),  K = g_L &lt;R, Phi^L&gt;,
 * </pre>
 *
 * the energy per sample of the collective posterior as the number of samples goes to infinity. It
 * is defined for all T_l with positive diagonals, so no step of a minimization leaves the domain of
 * the tilted measure. dS/dT = 0 means C_l = (1 + F_l^T Phihat^l F_l)^{-1}, the saddle equations
 * Phi^l = (1 + Sigma^l Phihat^l)^{-1} Sigma^l, Phihat^{l-1} = F* B_l.
 */
final class LinearConvolutionAction implements AutoCloseable {
  /**
   * Jitter relative to the mean diagonal of a covariance; shifted copies of few patches may not
   * span all sites.
   */
  private static final double JITTER = 1e-11;

  private final Backend backend;
  private final Workspace memory;
  private final double gamma2;
  private final LinearReadout readout;
  private final double[] variance;
  private final List<Layer> layers = new ArrayList<>();
  private final Matrix targets;
  private final Matrix ridge; // Cholesky factor of K + kappa
  private final Matrix dual;
  private final Matrix inverse; // dS/dK
  private final Matrix features; // pooled X_L
  private final Matrix pulled; // dS/d(pooled X_L)
  private final double kappa;

  /**
   * One layer, n = points sites, r columns of its factor; only deep networks have the kernel of
   * sites.
   */
  private record Layer(
      SiteMap map, Matrix factor, Matrix t, Matrix x, Matrix pull, Matrix small, Matrix kernel) {
    private static Layer of(Workspace memory, SiteMap map, String of) {
      return new Layer(
          map,
          memory.get("factor" + of),
          memory.get("T" + of),
          memory.get("X" + of),
          memory.get("pull on X" + of),
          memory.get("pull on T" + of),
          memory.get("kernel of sites" + of));
    }

    private static void plan(MemoryPlan plan, String of, int n, int r, boolean deep) {
      plan.add("factor" + of, Precision.FLOAT64, n, r)
          .add("T" + of, Precision.FLOAT64, r, r)
          .add("X" + of, Precision.FLOAT64, n, r)
          .add("pull on X" + of, Precision.FLOAT64, n, r)
          .add("pull on T" + of, Precision.FLOAT64, r, r)
          .add("kernel of sites" + of, Precision.FLOAT64, deep ? n : 0, deep ? n : 0);
    }
  }

  /**
   * @param patches factor of the first layer's covariance, n_1 x r
   * @param maps one per layer; the patches already contain the first
   * @param variance g_0 to g_L
   * @param y Y, row-major P x K
   */
  LinearConvolutionAction(
      Backend backend,
      InputFactor.Exact patches,
      List<SiteMap> maps,
      double[] variance,
      boolean average,
      double[] y,
      int points,
      double gamma,
      double kappa) {
    this.backend = backend;
    this.variance = variance;
    this.kappa = kappa;
    gamma2 = gamma * gamma;
    memory = new Workspace(backend, plan(maps, patches.rank(), average, points, y.length / points));
    for (int l = 0; l < maps.size(); l++) {
      layers.add(Layer.of(memory, maps.get(l), ofLayer(l)));
    }
    backend.upload(patches.factor(), layers.get(0).factor);
    readout = new LinearReadout(maps.get(maps.size() - 1).outputSites(), average);
    targets = memory.get("targets");
    dual = memory.get("dual");
    ridge = memory.get("ridge");
    inverse = memory.get("pull on K");
    features = memory.get("pooled fields");
    pulled = memory.get("pull on pooled fields");
    backend.upload(y, targets);
  }

  /**
   * Memory of an action.
   *
   * @param rank columns of the factor of the first layer
   */
  static MemoryPlan plan(List<SiteMap> maps, int rank, boolean average, int points, int outputs) {
    MemoryPlan plan = new MemoryPlan();
    int columns = 0;
    for (int l = 0; l < maps.size(); l++) {
      int n = points * maps.get(l).outputSites();
      int r = l == 0 ? rank : n;
      columns = average ? r : Math.multiplyExact(maps.get(l).outputSites(), r);
      Layer.plan(plan, ofLayer(l), n, r, maps.size() > 1);
      if (maps.size() > 1) {
        plan.addHost(16L * n * n);
      }
    }
    return plan.add("targets", Precision.FLOAT64, points, outputs)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("ridge", Precision.FLOAT64, points, points)
        .add("pull on K", Precision.FLOAT64, points, points)
        .add("pooled fields", Precision.FLOAT64, points, columns)
        .add("pull on pooled fields", Precision.FLOAT64, points, columns);
  }

  private static String ofLayer(int l) {
    return " of layer " + (l + 1);
  }

  /** The entries of all T_l at initialisation: T_l = 1. */
  double[] atInitialisation() {
    int size = layers.stream().mapToInt(layer -> triangle(layer.t.rows())).sum();
    double[] entries = new double[size];
    int at = 0;
    for (Layer layer : layers) {
      for (int i = 0; i < layer.t.rows(); i++) {
        entries[at + triangle(i) + i] = 1;
      }
      at += triangle(layer.t.rows());
    }
    return entries;
  }

  private static int triangle(int n) {
    return n * (n + 1) / 2;
  }

  /** P. */
  int points() {
    return targets.rows();
  }

  /**
   * S and its gradient.
   *
   * @param entries lower triangles of all T_l by rows
   * @param gradient likewise, overwritten
   * @return S, or +infinity if a diagonal entry is not positive
   */
  double evaluate(double richness2, double[] entries, double[] gradient) {
    double action = prior(entries);
    if (Double.isInfinite(action)) {
      return action;
    }
    try {
      forward();
    } catch (NotPositiveDefiniteException e) {
      return Double.POSITIVE_INFINITY;
    }
    action += 0.5 * richness2 * backend.dot(targets, dual);
    backward(richness2);
    int at = 0;
    for (Layer layer : layers) {
      double[] pull = download(layer.small);
      int r = layer.t.rows();
      for (int i = 0; i < r; i++) {
        for (int j = 0; j <= i; j++, at++) {
          gradient[at] = entries[at] + pull[i * r + j] - (i == j ? 1 / entries[at] : 0);
        }
      }
    }
    return Double.isNaN(action) ? Double.POSITIVE_INFINITY : action;
  }

  /** The same at the richness of the network. */
  double evaluate(double[] entries, double[] gradient) {
    return evaluate(gamma2, entries, gradient);
  }

  /** gamma^2. */
  double richness2() {
    return gamma2;
  }

  private double prior(double[] entries) {
    double sum = 0;
    int at = 0;
    for (Layer layer : layers) {
      int r = layer.t.rows();
      double[] t = new double[r * r];
      for (int i = 0; i < r; i++) {
        for (int j = 0; j <= i; j++, at++) {
          t[i * r + j] = entries[at];
          sum += 0.5 * entries[at] * entries[at];
        }
        if (!(t[i * r + i] > 0)) {
          return Double.POSITIVE_INFINITY;
        }
        sum -= Math.log(t[i * r + i]);
      }
      backend.upload(t, layer.t);
    }
    return sum;
  }

  /** Computes X_l, kernels, K and V. */
  private void forward() {
    for (int l = 0; l < layers.size(); l++) {
      Layer layer = layers.get(l);
      if (l > 0) {
        Layer below = layers.get(l - 1);
        double[] covariance = new double[Math.toIntExact(layer.kernel.size())];
        layer.map.covariance(download(below.kernel), points(), points(), covariance);
        backend.upload(covariance, layer.factor);
        double trace = 0;
        int n = layer.factor.rows();
        for (int i = 0; i < n; i++) {
          trace += covariance[i * n + i];
        }
        backend.addDiagonal(JITTER * trace / n, layer.factor);
        backend.scale(variance[l], layer.factor);
        backend.cholesky(layer.factor);
      }
      backend.gemm(Transpose.NO, Transpose.NO, 1, layer.factor, layer.t, 0, layer.x);
      if (l < layers.size() - 1) {
        backend.syrk(Transpose.NO, 1, layer.x, 0, layer.kernel);
      }
    }
    backend.upload(pooled(), features);
    backend.syrk(Transpose.NO, variance[layers.size()], features, 0, ridge);
    backend.addDiagonal(kappa, ridge);
    backend.cholesky(ridge);
    backend.copy(targets, dual);
    backend.solveCholesky(ridge, dual);
  }

  private double[] pooled() {
    return readout.pooled(download(layers.get(layers.size() - 1).x), points());
  }

  /** Computes dS/dT_l from the top layer down. */
  private void backward(double richness2) {
    // dS/dK = -(gamma^2 / 2) V V^T and dS/dZ = 2 g_L dS/dK Z
    double scale = -richness2 * variance[layers.size()];
    backend.gemm(Transpose.NO, Transpose.YES, scale, dual, dual, 0, inverse);
    backend.gemm(Transpose.NO, Transpose.NO, 1, inverse, features, 0, pulled);
    backend.upload(readout.spread(download(pulled), points()), layers.get(layers.size() - 1).pull);
    for (int l = layers.size() - 1; l >= 0; l--) {
      Layer layer = layers.get(l);
      // dS/dT = F^T dS/dX
      backend.gemm(Transpose.YES, Transpose.NO, 1, layer.factor, layer.pull, 0, layer.small);
      if (l > 0) {
        pullBelow(l);
      }
    }
  }

  /** dS/dX of the layer below, through the Cholesky factor and F*. */
  private void pullBelow(int l) {
    Layer layer = layers.get(l);
    Layer below = layers.get(l - 1);
    int n = layer.factor.rows();
    // M = F^T dS/dF = (F^T dS/dX) T^T, its lower triangle mirrored
    backend.gemm(Transpose.NO, Transpose.YES, 1, layer.small, layer.t, 0, layer.kernel);
    double[] m = download(layer.kernel);
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        m[i * n + j] = m[j * n + i];
      }
    }
    backend.upload(m, layer.kernel);
    // 2 dS/dSigma = F^{-T} Q F^{-1}
    backend.solveTriangular(Side.LEFT, Transpose.YES, 1, layer.factor, layer.kernel);
    backend.solveTriangular(Side.RIGHT, Transpose.NO, 1, layer.factor, layer.kernel);
    double[] twice = download(layer.kernel);
    double trace = 0;
    for (int i = 0; i < n; i++) {
      trace += twice[i * n + i];
    }
    for (int i = 0; i < n; i++) {
      twice[i * n + i] += JITTER * trace / n;
    }
    double[] pulled = new double[Math.toIntExact(below.kernel.size())];
    layer.map.adjoint(twice, points(), points(), pulled);
    // dS/dX = 2 dS/dPhi X; the kernel of the layer below is no longer needed
    backend.upload(pulled, below.kernel);
    backend.gemm(Transpose.NO, Transpose.NO, variance[l], below.kernel, below.x, 0, below.pull);
  }

  /** V of the last evaluation, row-major P x K. */
  double[] dual() {
    return download(dual);
  }

  /**
   * The pooled kernel of a layer at the last evaluation, row-major P x P: the mean over sites of
   * entries of equal sites, or over all pairs of sites.
   *
   * @param l 1 to L
   */
  double[] kernel(int l) {
    Layer layer = layers.get(l - 1);
    LinearReadout here = new LinearReadout(layer.map.outputSites(), readout.average());
    double[] z = here.pooled(download(layer.x), points());
    MemoryPlan plan =
        new MemoryPlan()
            .add("features", Precision.FLOAT64, points(), z.length / points())
            .add("kernel", Precision.FLOAT64, points(), points());
    try (Workspace scratch = new Workspace(backend, plan)) {
      backend.upload(z, scratch.get("features"));
      backend.syrk(Transpose.NO, 1, scratch.get("features"), 0, scratch.get("kernel"));
      return download(scratch.get("kernel"));
    }
  }

  /**
   * Coefficients c of the patches of a new image, s_1 x r, in f(x) = sum_a R_a(x) c_a with the
   * whitened coordinates R_a of its patches; one output.
   *
   * @param output index among the K outputs
   */
  double[] coefficients(int output) {
    int points = points();
    int top = layers.size();
    double[] v = download(dual);
    int outputs = v.length / points;
    // f(x) = sum_b k(x, b) q_b over the sites b of the new image, q_b over all training sites
    int sites = readout.sites();
    int n = points * sites;
    double[] q = new double[sites * n];
    for (int b = 0; b < sites; b++) {
      for (int mu = 0; mu < points; mu++) {
        double weight = variance[top] * v[mu * outputs + output];
        for (int a = 0; a < sites; a++) {
          double r = readout.average() ? 1.0 / (sites * sites) : a == b ? 1.0 / sites : 0;
          q[b * n + mu * sites + a] = weight * r;
        }
      }
    }
    for (int l = top; l > 1; l--) {
      Layer layer = layers.get(l - 1);
      Layer below = layers.get(l - 2);
      // <phi(x, b) phi^T> = K_* Sigma^{-1} Phi with K_* = g F k_{l-1}
      double[] m = solved(layer, q);
      double[] next = new double[below.map.outputSites() * below.factor.rows()];
      layer.map.adjoint(m, 1, points, next);
      for (int i = 0; i < next.length; i++) {
        next[i] *= variance[l - 1];
      }
      q = next;
    }
    // k_1(x, b) = R_b C F^T
    Layer first = layers.get(0);
    int rank = first.t.rows();
    int rows = first.map.outputSites();
    try (Workspace scratch = new Workspace(backend, rowsPlan(rows, first))) {
      Matrix right = scratch.get("weights");
      Matrix half = scratch.get("weights on X");
      backend.upload(q, right);
      backend.gemm(Transpose.NO, Transpose.NO, 1, right, first.x, 0, half);
      Matrix result = right.view(0, rows, 0, rank);
      backend.gemm(Transpose.NO, Transpose.YES, 1, half, first.t, 0, result);
      return download(result);
    }
  }

  private static MemoryPlan rowsPlan(int rows, Layer layer) {
    return new MemoryPlan()
        .add("weights", Precision.FLOAT64, rows, layer.x.rows())
        .add("weights on X", Precision.FLOAT64, rows, layer.x.columns());
  }

  /** Rows q Phi Sigma^{-1} = q X T^T F^{-1}. */
  private double[] solved(Layer layer, double[] q) {
    int n = layer.factor.rows();
    int rows = q.length / n;
    try (Workspace scratch = new Workspace(backend, rowsPlan(rows, layer))) {
      Matrix right = scratch.get("weights");
      Matrix half = scratch.get("weights on X");
      backend.upload(q, right);
      backend.gemm(Transpose.NO, Transpose.NO, 1, right, layer.x, 0, half);
      backend.gemm(Transpose.NO, Transpose.YES, 1, half, layer.t, 0, right);
      backend.solveTriangular(Side.RIGHT, Transpose.NO, 1, layer.factor, right);
      return download(right);
    }
  }

  private double[] download(Matrix matrix) {
    double[] values = new double[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  @Override
  public void close() {
    memory.close();
  }
}
