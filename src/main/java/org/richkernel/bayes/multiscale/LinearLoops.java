package org.richkernel.bayes.multiscale;

/**
 * Mean predictors of a linear network with one hidden layer as saddle points (arXiv:2502.03210).
 *
 * <p>With ft = chi v and W(ft) = -(N/2) ln(1 - ft^T C ft / (chi N)), q = 1 / (1 - ft^T C ft / (chi
 * N)) and c = C ft:
 *
 * <pre>  tree:      y = (kappa / chi) ft + W',     W' = q c / chi,
 *   one loop:  &lt;ft&gt; = ft + M^{-1} T / 2,   M = kappa / chi + W'',   T_d = tr(M^{-1} W'''_d),
 *   W'' = q C / chi + b c c^T,   b = 2 q^2 / (chi^2 N),
 *   T = b tr(M^{-1} C) c + (8 q^3 / (chi^3 N^2)) (c^T M^{-1} c) c + 2 b C M^{-1} c.</pre>
 */
final class LinearLoops {
  private LinearLoops() {}

  /** f(x) = q C(x, X) (q C + kappa)^{-1} y for a given scale of the readout. */
  static Level ofScale(LinearModes modes, double q) {
    int points = modes.points();
    double[] a = new double[points];
    double[] f = new double[points];
    for (int i = 0; i < points; i++) {
      double d = q * modes.lambda(i) + modes.kappa();
      a[i] = q * modes.z(i) / d;
      f[i] = modes.lambda(i) * a[i];
    }
    return new Level(modes.toPoints(a), modes.toPoints(f), q);
  }

  /**
   * One loop around the tree level. Test points are further arguments of W, so the mean output
   * there is W'_x + W''_x delta - T_x / 2 with delta = M^{-1} T / 2.
   *
   * @param q the scale of the tree level
   */
  static Level oneLoop(LinearModes modes, double q) {
    OneLoop loop = new OneLoop(modes, q);
    int points = modes.points();
    double chi = modes.chi();
    double[] a = new double[points];
    double[] f = new double[points];
    double along = 0; // c . delta
    for (int i = 0; i < points; i++) {
      along += loop.c[i] * loop.shift[i];
    }
    for (int i = 0; i < points; i++) {
      a[i] =
          q / chi * (loop.ft[i] + loop.shift[i])
              + loop.b * along * loop.ft[i]
              - 0.5 * (loop.alongField * loop.ft[i] + 2 * loop.b * loop.solved[i]);
      f[i] = modes.z(i) - modes.kappa() / chi * (loop.ft[i] + loop.shift[i]);
    }
    return new Level(modes.toPoints(a), modes.toPoints(f), q);
  }

  /** The vectors of the one-loop term, all in the eigenbasis of C. */
  private static final class OneLoop {
    final double[] ft;
    final double[] c;
    final double[] solved; // M^{-1} c
    final double[] shift; // M^{-1} T / 2
    final double b;
    final double alongField; // coefficient of c in T

    OneLoop(LinearModes modes, double q) {
      int points = modes.points();
      double chi = modes.chi();
      double n = modes.width();
      ft = new double[points];
      c = new double[points];
      double[] diagonal = new double[points]; // (q lambda + kappa) / chi
      b = 2 * q * q / (chi * chi * n);
      double quadratic = 0; // c D^{-1} c
      double weighted = 0; // c D^{-1} Lambda D^{-1} c
      double trace = 0; // tr D^{-1} Lambda
      for (int i = 0; i < points; i++) {
        double d = q * modes.lambda(i) + modes.kappa();
        diagonal[i] = d / chi;
        ft[i] = chi * modes.z(i) / d;
        c[i] = modes.lambda(i) * ft[i];
        quadratic += c[i] * c[i] / diagonal[i];
        weighted += c[i] * c[i] * modes.lambda(i) / (diagonal[i] * diagonal[i]);
        trace += modes.lambda(i) / diagonal[i];
      }
      // Sherman-Morrison for M = D + b c c^T
      double denominator = 1 + b * quadratic;
      double traceSolved = trace - b * weighted / denominator; // tr M^{-1} C
      double quadraticSolved = quadratic / denominator; // c M^{-1} c
      alongField = b * traceSolved + 4 * b * q / (chi * n) * quadraticSolved;
      solved = new double[points];
      double[] t = new double[points];
      double overlap = 0; // c D^{-1} T
      for (int i = 0; i < points; i++) {
        solved[i] = c[i] / diagonal[i] / denominator;
        t[i] = alongField * c[i] + 2 * b * modes.lambda(i) * solved[i];
        overlap += c[i] * t[i] / diagonal[i];
      }
      shift = new double[points];
      for (int i = 0; i < points; i++) {
        shift[i] = 0.5 * (t[i] - b * c[i] * overlap / denominator) / diagonal[i];
      }
    }
  }
}
