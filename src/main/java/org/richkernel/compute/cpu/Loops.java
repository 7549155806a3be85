package org.richkernel.compute.cpu;

/** Plain loops over tiles, written so that the just-in-time compiler vectorises them. */
final class Loops {
  private Loops() {}

  static void axpy(float alpha, float[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] = Math.fma(alpha, x[i], y[i]);
    }
  }

  static void axpy(double alpha, double[] x, double[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] = Math.fma(alpha, x[i], y[i]);
    }
  }

  static void scale(float alpha, float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = alpha * x[i];
    }
  }

  static void scale(double alpha, double[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = alpha * x[i];
    }
  }

  static void multiply(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] = x[i] * y[i];
    }
  }

  static void multiply(double[] x, double[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] = x[i] * y[i];
    }
  }

  /** y = alpha x o y. */
  static void multiplyScaled(float alpha, float[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] = alpha * x[i] * y[i];
    }
  }

  static void widen(float[] x, double[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] = x[i];
    }
  }

  static void narrow(double[] x, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] = (float) x[i];
    }
  }

  /** p = p - kick g. */
  static void kick(float kick, float[] g, float[] p, int n) {
    for (int i = 0; i < n; i++) {
      p[i] = Math.fma(-kick, g[i], p[i]);
    }
  }

  /**
   * (x, p) = (x cos + p sin, p cos - x sin) as three shears. Each shear preserves volume exactly
   * for any rounded coefficient; a rounded (cos, sin) pair does not.
   */
  static void rotate(float tanHalf, float sin, float[] x, float[] p, int n) {
    for (int i = 0; i < n; i++) {
      float sheared = Math.fma(tanHalf, p[i], x[i]);
      float turned = Math.fma(-sin, sheared, p[i]);
      x[i] = Math.fma(tanHalf, turned, sheared);
      p[i] = turned;
    }
  }

  /** Sum in float64 with four partial sums, always in the same order. */
  static double sum(float[] x, int n) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      s0 += x[i];
      s1 += x[i + 1];
      s2 += x[i + 2];
      s3 += x[i + 3];
    }
    for (; i < n; i++) {
      s0 += x[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  static double sum(double[] x, int n) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      s0 += x[i];
      s1 += x[i + 1];
      s2 += x[i + 2];
      s3 += x[i + 3];
    }
    for (; i < n; i++) {
      s0 += x[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  static double dot(float[] x, float[] y, int n) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      s0 = Math.fma((double) x[i], (double) y[i], s0);
      s1 = Math.fma((double) x[i + 1], (double) y[i + 1], s1);
      s2 = Math.fma((double) x[i + 2], (double) y[i + 2], s2);
      s3 = Math.fma((double) x[i + 3], (double) y[i + 3], s3);
    }
    for (; i < n; i++) {
      s0 = Math.fma((double) x[i], (double) y[i], s0);
    }
    return (s0 + s1) + (s2 + s3);
  }

  static double dot(double[] x, double[] y, int n) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      s0 = Math.fma(x[i], y[i], s0);
      s1 = Math.fma(x[i + 1], y[i + 1], s1);
      s2 = Math.fma(x[i + 2], y[i + 2], s2);
      s3 = Math.fma(x[i + 3], y[i + 3], s3);
    }
    for (; i < n; i++) {
      s0 = Math.fma(x[i], y[i], s0);
    }
    return (s0 + s1) + (s2 + s3);
  }
}
