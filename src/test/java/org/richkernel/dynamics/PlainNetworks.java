package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.random.Well19937c;
import org.richkernel.compute.Activation;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.solver.StopReason;

/**
 * Finite networks with any number of outputs, trained by gradient descent on mini-batches, in plain
 * double loops: written from the definition of the network, with nothing in common with the
 * theories or with the networks on the facade but the batches.
 */
final class PlainNetworks {
  private PlainNetworks() {}

  /** Mean and standard error over several networks. */
  static DynamicsSolution train(DynamicsProblem problem, int width, int repeats) {
    List<Trajectory> runs = new ArrayList<>();
    for (int r = 0; r < repeats; r++) {
      TrajectoryRecorder recorder = new TrajectoryRecorder(problem);
      new One(problem, width, new Well19937c(1000 + r)).run(recorder);
      runs.add(recorder.trajectory());
    }
    return new DynamicsSolution(
        problem,
        StopReason.CONVERGED,
        OptionalInt.empty(),
        Trajectory.combine(runs, IndependentEstimates::mean),
        Trajectory.combine(runs, IndependentEstimates::standardError),
        Trajectory.combine(runs, values -> 0),
        0);
  }

  private static final class One {
    private final DynamicsProblem problem;
    private final int width;
    private final int layers;
    private final int outputs;
    private final double[][][] weights; // W^l, to x from
    private final double[][] readout; // K x N
    private final DoubleUnaryOperator f;
    private final DoubleUnaryOperator slope;

    One(DynamicsProblem problem, int width, Well19937c random) {
      this.problem = problem;
      this.width = width;
      layers = problem.network().hiddenLayers();
      outputs = problem.outputs();
      weights = new double[layers][][];
      for (int l = 0; l < layers; l++) {
        weights[l] = gaussian(random, width, l == 0 ? problem.dimension() : width);
      }
      readout = gaussian(random, outputs, width);
      Activation activation = problem.network().activation();
      f = activation == Activation.TANH ? Math::tanh : h -> Math.max(h, 0);
      slope =
          activation == Activation.TANH ? h -> 1 - Math.tanh(h) * Math.tanh(h) : h -> h > 0 ? 1 : 0;
      if (activation != Activation.TANH && activation != Activation.RELU) {
        throw new IllegalArgumentException("tanh and relu only");
      }
    }

    private static double[][] gaussian(Well19937c random, int rows, int columns) {
      double[][] values = new double[rows][columns];
      for (double[] row : values) {
        java.util.Arrays.setAll(row, i -> random.nextGaussian());
      }
      return values;
    }

    void run(TrajectoryRecorder recorder) {
      int points = problem.points();
      DynamicsOptions options = problem.options();
      for (int t = 0; t <= options.steps(); t++) {
        double[][][] h = new double[points][layers][];
        double[][][] a = new double[points][layers + 1][];
        double[] out = new double[points * outputs];
        for (int i = 0; i < points; i++) {
          a[i][0] = input(i);
          for (int l = 0; l < layers; l++) {
            h[i][l] = times(weights[l], a[i][l], l == 0 ? problem.dimension() : width);
            a[i][l + 1] = java.util.Arrays.stream(h[i][l]).map(f).toArray();
          }
          for (int k = 0; k < outputs; k++) {
            out[i * outputs + k] = dot(readout[k], a[i][layers]) / (options.gamma() * width);
          }
        }
        if (!recorder.observe(out)) {
          return;
        }
        if (recorder.keepsKernels(t)) {
          recorder.keep(kernels(t, h, a));
        }
        descend(t, recorder.pull(), h, a);
      }
    }

    private double[] input(int i) {
      double[] x = new double[problem.dimension()];
      System.arraycopy(problem.allInputs(), i * x.length, x, 0, x.length);
      return x;
    }

    /** theta = rho theta - eta N gamma^2 dLoss/dtheta, all weights at once. */
    private void descend(int t, double[] delta, double[][][] h, double[][][] a) {
      DynamicsOptions options = problem.options();
      double rate = options.stepSize() * options.gamma();
      double[][][] oldWeights = copy(weights);
      double[][] oldReadout = copy(new double[][][] {readout})[0];
      for (double[][] w : weights) {
        scale(w, options.retention());
      }
      scale(readout, options.retention());
      for (int i : problem.batches().batch(t)) {
        for (int k = 0; k < outputs; k++) {
          double error = delta[i * outputs + k];
          double[][] g = backward(oldWeights, oldReadout[k], h[i]);
          for (int l = 0; l < layers; l++) {
            double fan = Math.sqrt(l == 0 ? problem.dimension() : width);
            for (int n = 0; n < width; n++) {
              double pull = rate * error * g[l][n] / fan;
              for (int m = 0; m < a[i][l].length; m++) {
                weights[l][n][m] += pull * a[i][l][m];
              }
            }
          }
          for (int n = 0; n < width; n++) {
            readout[k][n] += rate * error * a[i][layers][n];
          }
        }
      }
    }

    private double[][] backward(double[][][] w, double[] top, double[][] h) {
      double[][] g = new double[layers][width];
      double[] z = top;
      for (int l = layers - 1; l >= 0; l--) {
        for (int n = 0; n < width; n++) {
          g[l][n] = slope.applyAsDouble(h[l][n]) * z[n];
        }
        if (l > 0) {
          z = new double[width];
          for (int n = 0; n < width; n++) {
            for (int m = 0; m < width; m++) {
              z[m] += w[l][n][m] * g[l][n] / Math.sqrt(width);
            }
          }
        }
      }
      return g;
    }

    private LayerKernels kernels(int t, double[][][] h, double[][][] a) {
      int points = problem.points();
      List<double[]> feature = new ArrayList<>();
      List<double[]> gradient = new ArrayList<>();
      double[][][][] g = new double[points][outputs][][];
      for (int i = 0; i < points; i++) {
        for (int k = 0; k < outputs; k++) {
          g[i][k] = backward(weights, readout[k], h[i]);
        }
      }
      for (int l = 0; l < layers; l++) {
        double[] phi = new double[points * points];
        double[] gg = new double[points * points];
        for (int i = 0; i < points; i++) {
          for (int j = 0; j < points; j++) {
            phi[i * points + j] = dot(a[i][l + 1], a[j][l + 1]) / width;
            for (int k = 0; k < outputs; k++) {
              gg[i * points + j] += dot(g[i][k][l], g[j][k][l]) / width / outputs;
            }
          }
        }
        feature.add(phi);
        gradient.add(gg);
      }
      return new LayerKernels(t, feature, gradient);
    }

    private static double[] times(double[][] w, double[] x, int fan) {
      double[] y = new double[w.length];
      for (int n = 0; n < y.length; n++) {
        y[n] = dot(w[n], x) / Math.sqrt(fan);
      }
      return y;
    }

    private static double dot(double[] a, double[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += a[i] * b[i];
      }
      return sum;
    }

    private static void scale(double[][] w, double factor) {
      for (double[] row : w) {
        for (int i = 0; i < row.length; i++) {
          row[i] *= factor;
        }
      }
    }

    private static double[][][] copy(double[][][] w) {
      double[][][] result = new double[w.length][][];
      for (int l = 0; l < w.length; l++) {
        result[l] = new double[w[l].length][];
        for (int n = 0; n < w[l].length; n++) {
          result[l][n] = w[l][n].clone();
        }
      }
      return result;
    }
  }
}
