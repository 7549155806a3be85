package org.richkernel.dynamics;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;

/**
 * Gradient flow of one hidden layer by Euler's method, written out neuron by neuron in float64, on
 * the neurons that the solver draws. The inputs must span all D dimensions.
 */
final class PlainFlow {
  private final DynamicsProblem problem;
  private final int neurons;
  private final int dimension;
  private final int outputs;
  private final double[][] x;
  private final double[][] a;
  private final double[][] z;

  PlainFlow(DynamicsProblem problem, Backend backend) {
    this.problem = problem;
    neurons = problem.options().samples();
    dimension = problem.dimension();
    outputs = problem.outputs();
    x = rows(problem.allInputs(), dimension);
    for (double[] row : x) {
      for (int d = 0; d < dimension; d++) {
        row[d] /= Math.sqrt(dimension);
      }
    }
    double[][] halfA = draw(backend, RandomStreams.DYNAMICS_PREACTIVATION, dimension);
    double[][] halfZ = draw(backend, RandomStreams.DYNAMICS_BACKWARD_FIELD, outputs);
    a = new double[neurons][];
    z = new double[neurons][];
    for (int s = 0; s < neurons / 2; s++) {
      a[s] = halfA[s].clone();
      a[neurons / 2 + s] = halfA[s].clone();
      z[s] = halfZ[s].clone();
      z[neurons / 2 + s] = halfZ[s].clone();
      for (int k = 0; k < outputs; k++) {
        z[neurons / 2 + s][k] *= -1;
      }
    }
  }

  private double[][] draw(Backend backend, int purpose, int columns) {
    double[] values = new double[neurons / 2 * columns];
    try (Matrix m = backend.allocate(Precision.FLOAT32, neurons / 2, columns, "draw")) {
      long stream = RandomStreams.stream(purpose, 1, 0);
      backend.fillGaussian(problem.options().seed(), stream, 0, m);
      backend.download(m, values);
    }
    return rows(values, columns);
  }

  private static double[][] rows(double[] values, int columns) {
    double[][] rows = new double[values.length / columns][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = java.util.Arrays.copyOfRange(values, i * columns, (i + 1) * columns);
    }
    return rows;
  }

  private double field(double[] weights, int point) {
    double sum = 0;
    for (int d = 0; d < dimension; d++) {
      sum += weights[d] * x[point][d];
    }
    return sum;
  }

  /** f of all points, row-major M x K. */
  double[] outputs() {
    Activation phi = problem.network().activation();
    double[] f = new double[problem.points() * outputs];
    for (int s = 0; s < neurons; s++) {
      for (int i = 0; i < problem.points(); i++) {
        double value = phi.value(field(a[s], i));
        for (int k = 0; k < outputs; k++) {
          f[i * outputs + k] += z[s][k] * value / (problem.options().gamma() * neurons);
        }
      }
    }
    return f;
  }

  void run(double time, double dt) {
    DynamicsOptions options = problem.options();
    Activation phi = problem.network().activation();
    int train = problem.trainPoints();
    double lossPull = options.loss().pull(train);
    for (long n = Math.round(time / dt); n > 0; n--) {
      double[] f = outputs();
      for (int s = 0; s < neurons; s++) {
        double[] da = new double[dimension];
        double[] dz = new double[outputs];
        for (int i = 0; i < train; i++) {
          double h = field(a[s], i);
          double pull = 0;
          for (int k = 0; k < outputs; k++) {
            double delta = lossPull * (problem.trainTargets().at(i, k) - f[i * outputs + k]);
            pull += z[s][k] * delta;
            dz[k] += options.gamma() * delta * phi.value(h);
          }
          for (int d = 0; d < dimension; d++) {
            da[d] += options.gamma() * pull * phi.derivative(h) * x[i][d];
          }
        }
        for (int d = 0; d < dimension; d++) {
          a[s][d] += dt * (da[d] - options.weightDecay() * a[s][d]);
        }
        for (int k = 0; k < outputs; k++) {
          z[s][k] += dt * (dz[k] - options.weightDecay() * z[s][k]);
        }
      }
    }
  }

  /** Phi of all points, row-major M x M. */
  double[] featureKernel() {
    int all = problem.points();
    Activation phi = problem.network().activation();
    double[] kernel = new double[all * all];
    for (int s = 0; s < neurons; s++) {
      for (int i = 0; i < all; i++) {
        for (int j = 0; j < all; j++) {
          kernel[i * all + j] += phi.value(field(a[s], i)) * phi.value(field(a[s], j)) / neurons;
        }
      }
    }
    return kernel;
  }

  /** G of all points with the plain derivative, mean over the outputs. */
  double[] gradientKernel() {
    int all = problem.points();
    Activation phi = problem.network().activation();
    double[] kernel = new double[all * all];
    for (int s = 0; s < neurons; s++) {
      double squares = 0;
      for (int k = 0; k < outputs; k++) {
        squares += z[s][k] * z[s][k] / (outputs * (double) neurons);
      }
      for (int i = 0; i < all; i++) {
        for (int j = 0; j < all; j++) {
          kernel[i * all + j] +=
              squares * phi.derivative(field(a[s], i)) * phi.derivative(field(a[s], j));
        }
      }
    }
    return kernel;
  }
}
