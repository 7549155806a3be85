package org.richkernel.dynamics;

import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * What a population says about points that do not train, and about all pairs of points: read off
 * the weights, never fed back.
 *
 * <p>Outside of the training points' span a weight vector keeps its Gaussian start, which weight
 * decay shrinks to e^{-lambda t}: outputs average over it in closed form, kernels draw it.
 */
final class FlowReadout {
  private final DynamicsProblem problem;
  private final Backend backend;
  private final Workspace memory;
  private final NeuronFlow flow;
  private final Activation activation;
  private final int samples;
  private final int trainPoints;
  private final int testPoints;
  private final int outputCount;
  private final double[] deviation;
  private final boolean hasRest;
  private final Matrix testFactor; // Q x r
  private final Matrix testRest; // Q x D
  private final Matrix testDeviation; // 1 x Q

  FlowReadout(
      DynamicsProblem problem,
      Backend backend,
      Workspace memory,
      RankSpace space,
      NeuronFlow flow,
      int samples) {
    this.problem = problem;
    this.backend = backend;
    this.memory = memory;
    this.flow = flow;
    this.samples = samples;
    activation = problem.network().activation();
    trainPoints = problem.trainPoints();
    testPoints = problem.testPoints();
    outputCount = problem.outputs();
    deviation = space.testDeviation();
    hasRest = space.testRest().length > 0;
    testFactor = memory.get("test factor").view(0, testPoints, 0, space.rank());
    testRest = memory.get("rest of the test points");
    testDeviation = memory.get("test deviation");
    backend.upload(space.test(), testFactor);
    if (hasRest) {
      backend.upload(space.testRest(), testRest);
    }
  }

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    int q = problem.testPoints();
    int all = problem.points();
    int d = problem.dimension();
    int panel = NeuronFlow.panelRows(problem.options().samples());
    plan.add("test factor", Precision.FLOAT32, q, RankSpace.largestRank(problem))
        .add("rest of the test points", Precision.FLOAT32, q, d)
        .add("test deviation", Precision.FLOAT32, 1, q)
        .add("test field", Precision.FLOAT32, panel, q)
        .add("test outputs", Precision.FLOAT64, q, problem.outputs())
        .add("weights outside of the span", Precision.FLOAT32, panel, q == 0 ? 0 : d)
        .add("phi of all points", Precision.FLOAT32, panel, all)
        .add("slope of all points", Precision.FLOAT32, panel, all)
        .add("g of all points", Precision.FLOAT32, panel, all)
        .add("feature kernel", Precision.FLOAT64, all, all)
        .add("gradient kernel", Precision.FLOAT64, all, all);
  }

  /** Outputs of all points, row-major M x K; those of the training points are given. */
  double[] outputs(NeuronState state, double time, double[] trainOutputs) {
    double[] f = Arrays.copyOf(trainOutputs, problem.points() * outputCount);
    if (testPoints == 0) {
      return f;
    }
    double decay = decay(time);
    double[] shrunk = Arrays.stream(deviation).map(value -> decay * value).toArray();
    backend.upload(shrunk, testDeviation);
    Matrix outputs = memory.get("test outputs");
    NeuronPanel[] panels = flow.panels();
    for (int i = 0; i < panels.length; i++) {
      Matrix field = memory.get("test field").rowRange(0, panels[i].rows());
      backend.gemm(Transpose.NO, Transpose.YES, 1, state.a(i), testFactor, 0, field);
      if (hasRest) {
        backend.activateSmoothed(activation, field, testDeviation, field);
      } else {
        backend.activate(activation, field, field);
      }
      backend.crossGram(
          1 / (problem.options().gamma() * samples), field, state.z(i), i == 0 ? 0 : 1, outputs);
    }
    double[] test = new double[testPoints * outputCount];
    backend.download(outputs, test);
    System.arraycopy(test, 0, f, trainPoints * outputCount, test.length);
    return f;
  }

  private double decay(double time) {
    return Math.exp(-problem.options().weightDecay() * time);
  }

  /** Phi and G (mean over the outputs) of all points; h and f of the state must be held. */
  LayerKernels kernels(NeuronState state, double time, int step) {
    Matrix feature = memory.get("feature kernel");
    Matrix gradient = memory.get("gradient kernel");
    NeuronPanel[] panels = flow.panels();
    for (int i = 0; i < panels.length; i++) {
      int rows = panels[i].rows();
      Matrix phi = memory.get("phi of all points").rowRange(0, rows);
      Matrix slope = memory.get("slope of all points").rowRange(0, rows);
      Matrix g = memory.get("g of all points").rowRange(0, rows);
      backend.copy(flow.slope(state, i), slope.view(0, rows, 0, trainPoints));
      backend.copy(flow.phi(i), phi.view(0, rows, 0, trainPoints));
      if (testPoints > 0) {
        Matrix test = phi.view(0, rows, trainPoints, testPoints);
        testField(state, i, panels[i], time, test);
        backend.activateWithDerivative(
            activation, test, test, slope.view(0, rows, trainPoints, testPoints));
      }
      backend.gram(1.0 / samples, phi, i == 0 ? 0 : 1, feature);
      for (int k = 0; k < outputCount; k++) {
        backend.copy(slope, g);
        backend.scaleRows(state.z(i).view(0, rows, k, 1), g);
        backend.gram(1.0 / (samples * (double) outputCount), g, i + k == 0 ? 0 : 1, gradient);
      }
    }
    int all = problem.points();
    double[] phi = new double[all * all];
    double[] g = new double[all * all];
    backend.download(feature, phi);
    backend.download(gradient, g);
    return new LayerKernels(step, List.of(phi), List.of(g));
  }

  /** h = a T^T + e^{-lambda t} xi E^T, xi the part of a neuron's start that nothing pulls at. */
  private void testField(NeuronState state, int i, NeuronPanel panel, double time, Matrix field) {
    backend.gemm(Transpose.NO, Transpose.YES, 1, state.a(i), testFactor, 0, field);
    if (hasRest) {
      Matrix xi = memory.get("weights outside of the span").rowRange(0, panel.rows());
      long stream = RandomStreams.stream(RandomStreams.DYNAMICS_PREACTIVATION, 1, 1);
      backend.fillGaussian(problem.options().seed(), stream, panel.firstPair(), xi);
      backend.gemm(Transpose.NO, Transpose.YES, decay(time), xi, testRest, 1, field);
    }
  }
}
