package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;

/** Plain float64 matrices on the Java heap: what the operations of a backend are compared with. */
final class Host {
  final int rows;
  final int columns;
  final double[] data;

  Host(int rows, int columns) {
    this.rows = rows;
    this.columns = columns;
    this.data = new double[rows * columns];
  }

  /** Normals, rounded to float32 so that both precisions hold the same numbers. */
  static Host random(int rows, int columns, long seed) {
    Host x = new Host(rows, columns);
    Random random = new Random(seed);
    for (int i = 0; i < x.data.length; i++) {
      x.data[i] = (float) random.nextGaussian();
    }
    return x;
  }

  double at(int i, int j) {
    return data[i * columns + j];
  }

  void set(int i, int j, double value) {
    data[i * columns + j] = value;
  }

  Host copy() {
    Host y = new Host(rows, columns);
    System.arraycopy(data, 0, y.data, 0, data.length);
    return y;
  }

  Host transposed() {
    Host y = new Host(columns, rows);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        y.set(j, i, at(i, j));
      }
    }
    return y;
  }

  Host op(Transpose transpose) {
    return transpose == Transpose.YES ? transposed() : this;
  }

  Host times(Host b) {
    Host c = new Host(rows, b.columns);
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < columns; k++) {
        double a = at(i, k);
        for (int j = 0; j < b.columns; j++) {
          c.data[i * b.columns + j] += a * b.at(k, j);
        }
      }
    }
    return c;
  }

  /** alpha this + beta other. */
  Host combine(double alpha, double beta, Host other) {
    Host c = new Host(rows, columns);
    for (int i = 0; i < data.length; i++) {
      c.data[i] = alpha * data[i] + beta * other.data[i];
    }
    return c;
  }

  /** A A^T / k + I, well conditioned. */
  static Host positiveDefinite(int n, long seed) {
    Host a = random(n, n + 3, seed);
    Host c = a.times(a.transposed());
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        c.set(i, j, c.at(i, j) / (n + 3) + (i == j ? 1 : 0));
      }
    }
    return c;
  }

  Host lowerTriangle() {
    Host l = copy();
    for (int i = 0; i < rows; i++) {
      for (int j = i + 1; j < columns; j++) {
        l.set(i, j, 0);
      }
    }
    return l;
  }

  /** A matrix of the backend with these elements. */
  Matrix on(Backend backend, Precision precision, String label) {
    Matrix m = backend.allocate(precision, rows, columns, label);
    backend.upload(data, m);
    return m;
  }

  /**
   * The same elements in a window of a larger matrix whose other elements are NaN, so that reading
   * outside of the window shows. The parent is returned through the window's owner array.
   */
  Matrix inWindow(Backend backend, Precision precision, String label, Matrix[] owner) {
    Matrix parent = backend.allocate(precision, rows + 3, columns + 5, label);
    backend.fill(Double.NaN, parent);
    Matrix window = parent.view(2, rows, 3, columns);
    backend.upload(data, window);
    owner[0] = parent;
    return window;
  }

  static Host from(Backend backend, Matrix m) {
    Host x = new Host(m.rows(), m.columns());
    backend.download(m, x.data);
    return x;
  }

  Host magnitudes() {
    Host y = new Host(rows, columns);
    for (int i = 0; i < data.length; i++) {
      y.data[i] = Math.abs(data[i]);
    }
    return y;
  }

  double largest() {
    double max = 0;
    for (double v : data) {
      max = Math.max(max, Math.abs(v));
    }
    return max;
  }

  /** Every element within an absolute bound of the expectation; NaN never passes. */
  void isWithin(double bound, Host expected, String what) {
    assertThat(rows).as(what).isEqualTo(expected.rows);
    assertThat(columns).as(what).isEqualTo(expected.columns);
    for (int i = 0; i < data.length; i++) {
      double error = Math.abs(data[i] - expected.data[i]);
      if (!(error <= bound)) {
        throw new AssertionError(
            what
                + ": element ("
                + i / columns
                + ", "
                + i % columns
                + ") of "
                + rows
                + " x "
                + columns
                + " is "
                + data[i]
                + ", expected "
                + expected.data[i]
                + " within "
                + bound);
      }
    }
  }
}
