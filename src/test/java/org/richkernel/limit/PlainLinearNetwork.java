package org.richkernel.limit;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;

/** f(x) = v^T (u x + beta b) by plain loops on the weights themselves. */
public final class PlainLinearNetwork {
  final int n;
  final int d;
  final int outputs;
  final double beta;
  final double[] u; // n x d
  final double[] v; // n x K
  final double[] b; // n
  private final double[][] velocity;

  public PlainLinearNetwork(LinearShape shape, int n, double[] omega) {
    this.n = n;
    d = shape.inputs();
    outputs = shape.outputs();
    beta = shape.bias();
    u = new double[n * d];
    v = new double[n * outputs];
    b = new double[n];
    velocity = new double[][] {new double[u.length], new double[v.length], new double[n]};
    double scale = 1 / Math.sqrt(n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        u[i * d + j] = shape.inputDeviation() * scale * omega[i * (d + outputs) + j];
      }
      for (int k = 0; k < outputs; k++) {
        v[i * outputs + k] = shape.readoutDeviation() * scale * omega[i * (d + outputs) + d + k];
      }
    }
  }

  /** The network that a {@link LinearNetwork} of finite width stands for. */
  public static PlainLinearNetwork drawn(LinearShape shape, long seed, int repeat) {
    int n = shape.width().orElseThrow();
    int columns = shape.inputs() + shape.outputs();
    try (Backend backend = Backends.cpu();
        Matrix drawn = backend.allocate(Precision.FLOAT32, n, columns, "drawn")) {
      long stream = RandomStreams.stream(RandomStreams.LINEAR_WEIGHTS, repeat, n);
      backend.fillGaussian(seed, stream, 0, drawn);
      double[] omega = new double[n * columns];
      backend.download(drawn, omega);
      return new PlainLinearNetwork(shape, n, omega);
    }
  }

  /** The same weights, at rest. */
  public PlainLinearNetwork copy() {
    return new PlainLinearNetwork(this);
  }

  private PlainLinearNetwork(PlainLinearNetwork other) {
    n = other.n;
    d = other.d;
    outputs = other.outputs;
    beta = other.beta;
    u = other.u.clone();
    v = other.v.clone();
    b = other.b.clone();
    velocity = new double[][] {new double[u.length], new double[v.length], new double[n]};
  }

  double[] hidden(double[] x) {
    double[] h = new double[n];
    for (int i = 0; i < n; i++) {
      h[i] = beta * b[i];
      for (int j = 0; j < d; j++) {
        h[i] += u[i * d + j] * x[j];
      }
    }
    return h;
  }

  public double[] outputs(double[] x) {
    double[] h = hidden(x);
    double[] f = new double[outputs];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < outputs; k++) {
        f[k] += v[i * outputs + k] * h[i];
      }
    }
    return f;
  }

  /** Gradients of u, v and b from the errors chi of some points. */
  public double[][] gradients(double[][] points, double[][] chi) {
    double[][] g = {new double[u.length], new double[v.length], new double[n]};
    for (int p = 0; p < points.length; p++) {
      double[] h = hidden(points[p]);
      for (int i = 0; i < n; i++) {
        double pulled = 0;
        for (int k = 0; k < outputs; k++) {
          pulled += v[i * outputs + k] * chi[p][k];
          g[1][i * outputs + k] += h[i] * chi[p][k];
        }
        g[2][i] += beta * pulled;
        for (int j = 0; j < d; j++) {
          g[0][i * d + j] += pulled * points[p][j];
        }
      }
    }
    return g;
  }

  /** Moves by gradients; returns their norm. */
  public double descend(double[][] g, DescentRule rule) {
    double norm = 0;
    for (double[] part : g) {
      for (double value : part) {
        norm += value * value;
      }
    }
    norm = Math.sqrt(norm);
    double shrink = rule.clips() ? Math.min(1, rule.clip() / (norm + 1e-6)) : 1;
    double[][] w = {u, v, b};
    for (int part = 0; part < 3; part++) {
      for (int i = 0; i < w[part].length; i++) {
        velocity[part][i] = rule.momentum() * velocity[part][i] + shrink * g[part][i];
        w[part][i] *= 1 - rule.stepSize() * rule.weightDecay();
        w[part][i] -= rule.stepSize() * velocity[part][i];
      }
    }
    return norm;
  }
}
