package org.richkernel.dynamics;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.network.NetworkSites;

/**
 * Gradient flow of one hidden layer by Euler's method, written out neuron by neuron and site by
 * site in float64, on the neurons that the solver draws. The inputs, or the patches of the images,
 * must span all D dimensions.
 */
final class PlainFlow {
  private final DynamicsProblem problem;
  private final int neurons;
  private final int dimension;
  private final int outputs;
  private final int sites;
  private final int blocks; // sites with readouts of their own
  private final double factor;
  private final double[][] x; // [site M + point]
  private final double[][] a;
  private final double[][] z; // [neuron][block K + output]

  PlainFlow(DynamicsProblem problem, Backend backend) {
    this.problem = problem;
    neurons = problem.options().samples();
    outputs = problem.outputs();
    NetworkSites shape = problem.sites();
    dimension = shape.inputs();
    sites = shape.sites(1);
    blocks = shape.readoutSites();
    factor = blocks == 1 ? 1.0 / sites : 1 / Math.sqrt(sites);
    x = rows(shape.patches(problem.inputs(), 0, problem.points()), dimension);
    for (double[] row : x) {
      for (int d = 0; d < dimension; d++) {
        row[d] /= Math.sqrt(dimension);
      }
    }
    double[][] halfA = draw(backend, RandomStreams.DYNAMICS_PREACTIVATION, dimension);
    double[][] halfZ = draw(backend, RandomStreams.DYNAMICS_BACKWARD_FIELD, blocks * outputs);
    a = new double[neurons][];
    z = new double[neurons][];
    for (int s = 0; s < neurons / 2; s++) {
      a[s] = halfA[s].clone();
      a[neurons / 2 + s] = halfA[s].clone();
      z[s] = halfZ[s].clone();
      z[neurons / 2 + s] = halfZ[s].clone();
      for (int k = 0; k < blocks * outputs; k++) {
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

  private double field(double[] weights, int site, int point) {
    double[] patch = x[site * problem.points() + point];
    double sum = 0;
    for (int d = 0; d < dimension; d++) {
      sum += weights[d] * patch[d];
    }
    return sum;
  }

  private int readout(int site, int output) {
    return (blocks == 1 ? 0 : site) * outputs + output;
  }

  /** f of all points, row-major M x K. */
  double[] outputs() {
    Activation phi = problem.network().activation();
    double[] f = new double[problem.points() * outputs];
    double scale = factor / (problem.options().gamma() * neurons);
    for (int s = 0; s < neurons; s++) {
      for (int i = 0; i < problem.points(); i++) {
        for (int b = 0; b < sites; b++) {
          double value = phi.value(field(a[s], b, i));
          for (int k = 0; k < outputs; k++) {
            f[i * outputs + k] += scale * z[s][readout(b, k)] * value;
          }
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
    double rate = options.gamma() * factor;
    for (long n = Math.round(time / dt); n > 0; n--) {
      double[] f = outputs();
      for (int s = 0; s < neurons; s++) {
        double[] da = new double[dimension];
        double[] dz = new double[blocks * outputs];
        for (int i = 0; i < train; i++) {
          for (int b = 0; b < sites; b++) {
            double h = field(a[s], b, i);
            double pull = 0;
            for (int k = 0; k < outputs; k++) {
              double delta = lossPull * (problem.trainTargets().at(i, k) - f[i * outputs + k]);
              pull += z[s][readout(b, k)] * delta;
              dz[readout(b, k)] += rate * delta * phi.value(h);
            }
            double[] patch = x[b * problem.points() + i];
            for (int d = 0; d < dimension; d++) {
              da[d] += rate * pull * phi.derivative(h) * patch[d];
            }
          }
        }
        for (int d = 0; d < dimension; d++) {
          a[s][d] += dt * (da[d] - options.weightDecay() * a[s][d]);
        }
        for (int k = 0; k < dz.length; k++) {
          z[s][k] += dt * (dz[k] - options.weightDecay() * z[s][k]);
        }
      }
    }
  }

  /** Phi of all points as the readouts see it, row-major M x M. */
  double[] featureKernel() {
    int all = problem.points();
    Activation phi = problem.network().activation();
    double[] kernel = new double[all * all];
    double scale = factor * factor / neurons;
    for (int s = 0; s < neurons; s++) {
      for (int i = 0; i < all * all; i++) {
        for (int b = 0; b < sites * sites; b++) {
          if (blocks == 1 || b / sites == b % sites) {
            kernel[i] +=
                scale
                    * phi.value(field(a[s], b / sites, i / all))
                    * phi.value(field(a[s], b % sites, i % all));
          }
        }
      }
    }
    return kernel;
  }

  /** G of all points with the plain derivative, mean over the outputs. */
  double[] gradientKernel() {
    return gradients(false);
  }

  /** K of all points with the plain derivative, mean over the outputs. */
  double[] tangentKernel() {
    double[] kernel = gradients(true);
    double[] phi = featureKernel();
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] += phi[i];
    }
    return kernel;
  }

  /**
   * Sums of &lt;g g&gt; over the pairs of sites that the readouts see, or over all pairs with the
   * products of the patches.
   */
  private double[] gradients(boolean patches) {
    int all = problem.points();
    Activation phi = problem.network().activation();
    double[] kernel = new double[all * all];
    double scale = factor * factor / (outputs * (double) neurons);
    for (int s = 0; s < neurons; s++) {
      for (int i = 0; i < all * all; i++) {
        for (int pair = 0; pair < sites * sites; pair++) {
          int b = pair / sites;
          int c = pair % sites;
          if (!patches && blocks > 1 && b != c) {
            continue;
          }
          double product = 0;
          for (int k = 0; k < outputs; k++) {
            product += z[s][readout(b, k)] * z[s][readout(c, k)];
          }
          double weight = 1;
          if (patches) {
            weight = 0;
            for (int d = 0; d < dimension; d++) {
              weight += x[b * all + i / all][d] * x[c * all + i % all][d];
            }
          }
          kernel[i] +=
              scale
                  * weight
                  * product
                  * phi.derivative(field(a[s], b, i / all))
                  * phi.derivative(field(a[s], c, i % all));
        }
      }
    }
    return kernel;
  }
}
