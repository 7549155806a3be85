package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.richkernel.compute.Activation;

/**
 * Gradient descent of infinitely many neurons of one hidden layer in two input dimensions, their
 * weights on a grid of quadrature nodes: no sampling, no code in common with the solvers. Angles of
 * the input weights are equidistant, radii and readouts Gauss-Legendre nodes times the density.
 */
final class QuadratureDescent {
  private static final double FARTHEST = 7.5; // standard deviations
  private static final int RADII = 24;
  private static final int READOUTS = 14; // of one sign

  private final DynamicsProblem problem;
  private final DoubleUnaryOperator phi;
  private final DoubleUnaryOperator slope;
  private final double[] x; // all points / sqrt(2), M x 2
  private final double[] a;
  private final double[] b;
  private final double[] z;
  private final double[] weight;

  private QuadratureDescent(DynamicsProblem problem, int angles) {
    this.problem = problem;
    Activation activation = problem.network().activation();
    phi = activation::value;
    slope = activation::derivative;
    x = inputs(problem);
    GaussIntegratorFactory factory = new GaussIntegratorFactory();
    GaussIntegrator radius = factory.legendre(RADII, 0, FARTHEST);
    GaussIntegrator readout = factory.legendre(READOUTS, 0, FARTHEST);
    int size = angles * RADII * READOUTS * 2;
    a = new double[size];
    b = new double[size];
    z = new double[size];
    weight = new double[size];
    int n = 0;
    for (int i = 0; i < angles; i++) {
      double angle = 2 * Math.PI * (i + 0.5) / angles;
      for (int j = 0; j < RADII; j++) {
        double r = radius.getPoint(j);
        double ofRadius = radius.getWeight(j) * r * Math.exp(-r * r / 2) / angles;
        for (int k = 0; k < 2 * READOUTS; k++) {
          double w = readout.getPoint(k / 2);
          a[n] = r * Math.cos(angle);
          b[n] = r * Math.sin(angle);
          z[n] = k % 2 == 0 ? w : -w;
          weight[n++] =
              ofRadius * readout.getWeight(k / 2) * Math.exp(-w * w / 2) / Math.sqrt(2 * Math.PI);
        }
      }
    }
  }

  private static double[] inputs(DynamicsProblem problem) {
    double[] train = problem.trainInputs().toArray();
    double[] test = problem.testInputs().toArray();
    double[] all = Arrays.copyOf(train, train.length + test.length);
    System.arraycopy(test, 0, all, train.length, test.length);
    for (int i = 0; i < all.length; i++) {
      all[i] /= Math.sqrt(2);
    }
    return all;
  }

  /** Outputs, losses and kernels of all points. */
  static Trajectory solve(DynamicsProblem problem, int angles) {
    QuadratureDescent descent = new QuadratureDescent(problem, angles);
    TrajectoryRecorder recorder = new TrajectoryRecorder(problem);
    for (int t = 0; t <= problem.options().steps(); t++) {
      recorder.observe(descent.outputs());
      if (recorder.keepsKernels(t)) {
        recorder.keep(descent.kernels(t));
      }
      descent.step(recorder.pull());
    }
    return recorder.trajectory();
  }

  private double field(int neuron, int point) {
    return a[neuron] * x[2 * point] + b[neuron] * x[2 * point + 1];
  }

  private double[] outputs() {
    double[] f = new double[problem.points()];
    for (int n = 0; n < a.length; n++) {
      for (int i = 0; i < f.length; i++) {
        f[i] += weight[n] * z[n] * phi.applyAsDouble(field(n, i)) / problem.options().gamma();
      }
    }
    return f;
  }

  private LayerKernels kernels(int step) {
    int m = problem.points();
    double[] feature = new double[m * m];
    double[] gradient = new double[m * m];
    double[] p = new double[m];
    double[] g = new double[m];
    for (int n = 0; n < a.length; n++) {
      for (int i = 0; i < m; i++) {
        p[i] = phi.applyAsDouble(field(n, i));
        g[i] = z[n] * slope.applyAsDouble(field(n, i));
      }
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < m; j++) {
          feature[i * m + j] += weight[n] * p[i] * p[j];
          gradient[i * m + j] += weight[n] * g[i] * g[j];
        }
      }
    }
    List<double[]> one = new ArrayList<>(List.of(feature));
    return new LayerKernels(step, one, List.of(gradient));
  }

  private void step(double[] pull) {
    double rate = problem.options().stepSize() * problem.options().gamma();
    double keep = problem.options().retention();
    for (int n = 0; n < a.length; n++) {
      double toA = 0;
      double toB = 0;
      double toZ = 0;
      for (int i = 0; i < pull.length; i++) {
        double h = field(n, i);
        double g = pull[i] * z[n] * slope.applyAsDouble(h);
        toA += g * x[2 * i];
        toB += g * x[2 * i + 1];
        toZ += pull[i] * phi.applyAsDouble(h);
      }
      a[n] = keep * a[n] + rate * toA;
      b[n] = keep * b[n] + rate * toB;
      z[n] = keep * z[n] + rate * toZ;
    }
  }
}
