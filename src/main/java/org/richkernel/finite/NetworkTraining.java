package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.dynamics.TrajectoryRecorder;
import org.richkernel.solver.StopSignal;

/** One network of finite width under gradient descent; fields are neurons x points. */
final class NetworkTraining {
  private final DynamicsOptions options;
  private final Activation activation;
  private final Backend backend;
  private final int width;
  private final int layers;
  private final int trainPoints;
  private final int dimension;
  private final Matrix readout; // w, N x 1
  private final Matrix readoutCopies; // w 1^T, N x M
  private final Matrix ones; // 1 x M
  private final Matrix pull; // Delta, 1 x P
  private final Matrix pulled; // g o Delta, N x P
  private final Matrix outputs; // M x 1
  private final Matrix kernel; // M x M
  private final List<Matrix> weights = new ArrayList<>(); // W^0 .. W^{L-1}
  private final List<Matrix> phi = new ArrayList<>(); // phi^0 = X^T (D x M), phi^1 .. phi^L
  private final List<Matrix> g = new ArrayList<>(); // g^1 .. g^L

  NetworkTraining(
      DynamicsProblem problem, Backend backend, Workspace memory, int width, int repeat) {
    this.options = problem.options();
    this.activation = problem.network().activation();
    this.backend = backend;
    this.width = width;
    layers = problem.network().hiddenLayers();
    trainPoints = problem.trainPoints();
    dimension = problem.dimension();
    readout = memory.get("readout");
    readoutCopies = memory.get("readout copied to points");
    ones = memory.get("ones");
    pull = memory.get("pull");
    pulled = memory.get("pulled gradient");
    outputs = memory.get("outputs");
    kernel = memory.get("kernel");
    phi.add(memory.get("inputs"));
    long seed = options.seed();
    for (int l = 0; l < layers; l++) {
      Matrix w = memory.get(GradientDescentNetwork.weights(l));
      backend.fillGaussian(seed, stream(l, repeat), 0, w);
      weights.add(w);
      phi.add(memory.get(GradientDescentNetwork.features(l + 1)));
      g.add(memory.get(GradientDescentNetwork.gradients(l + 1)));
    }
    backend.fillGaussian(seed, stream(layers, repeat), 0, readout);
    backend.fill(1, ones);
    backend.upload(transposed(problem), phi.get(0));
  }

  private static long stream(int layer, int repeat) {
    return RandomStreams.stream(RandomStreams.FINITE_WEIGHTS, repeat, layer);
  }

  private static double[] transposed(DynamicsProblem problem) {
    int points = problem.points();
    int dimension = problem.dimension();
    double[] x = problem.allInputs();
    double[] result = new double[x.length];
    for (int i = 0; i < points; i++) {
      for (int k = 0; k < dimension; k++) {
        result[k * points + i] = x[i * dimension + k];
      }
    }
    return result;
  }

  /** Trains to the last step, a divergence or a stop. */
  void run(TrajectoryRecorder recorder, StopSignal stop) {
    double[] f = new double[phi.get(0).columns()];
    for (int t = 0; t <= options.steps() && !stop.isRaised(); t++) {
      forward();
      // f = w . phi^L / (gamma N)
      backend.crossGram(1 / (options.gamma() * width), phi.get(layers), readout, 0, outputs);
      backend.download(outputs, f);
      if (!recorder.observe(f)) {
        return;
      }
      backward();
      if (recorder.keepsKernels(t)) {
        recorder.keep(new LayerKernels(t, kernels(phi.subList(1, layers + 1)), kernels(g)));
      }
      if (t < options.steps()) {
        descend(recorder.pull());
      }
    }
  }

  /** h^{l+1} = W^l phi^l / sqrt(fan-in); g holds phi'(h) until the way back. */
  private void forward() {
    for (int l = 0; l < layers; l++) {
      Matrix h = phi.get(l + 1);
      backend.gemm(Transpose.NO, Transpose.NO, scale(l), weights.get(l), phi.get(l), 0, h);
      backend.activateWithDerivative(activation, h, h, g.get(l));
    }
  }

  /** z^L = w, z^l = W^l^T g^{l+1} / sqrt(N), g^l = phi'(h^l) z^l. */
  private void backward() {
    backend.gemm(Transpose.NO, Transpose.NO, 1, readout, ones, 0, readoutCopies);
    backend.multiply(readoutCopies, g.get(layers - 1));
    for (int l = layers - 1; l > 0; l--) {
      Matrix z = readoutCopies;
      backend.gemm(Transpose.YES, Transpose.NO, scale(l), weights.get(l), g.get(l), 0, z);
      backend.multiply(z, g.get(l - 1));
    }
  }

  /**
   * W^l = rho W^l + eta gamma sum_mu Delta_mu g^{l+1}_mu phi^l_mu^T / sqrt(fan-in), and w = rho w +
   * eta gamma sum_mu Delta_mu phi^L_mu.
   */
  private void descend(double[] delta) {
    double rho = options.retention();
    double rate = options.stepSize() * options.gamma();
    backend.upload(delta, pull);
    for (int l = 0; l < layers; l++) {
      backend.copy(train(g.get(l)), pulled);
      backend.scaleColumns(pull, pulled);
      backend.gemm(
          Transpose.NO,
          Transpose.YES,
          rate * scale(l),
          pulled,
          train(phi.get(l)),
          rho,
          weights.get(l));
    }
    backend.gemm(Transpose.NO, Transpose.YES, rate, train(phi.get(layers)), pull, rho, readout);
  }

  private double scale(int layer) {
    return 1 / Math.sqrt(layer == 0 ? dimension : width);
  }

  private Matrix train(Matrix field) {
    return field.view(0, field.rows(), 0, trainPoints);
  }

  /** field^T field / N of each layer. */
  private List<double[]> kernels(List<Matrix> fields) {
    List<double[]> result = new ArrayList<>();
    for (Matrix field : fields) {
      double[] values = new double[(int) kernel.size()];
      backend.gram(1.0 / width, field, 0, kernel);
      backend.download(kernel, values);
      result.add(values);
    }
    return result;
  }
}
