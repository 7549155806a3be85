package org.richkernel.dynamics;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.SitePool;

/**
 * Outputs of a population at points that do not train, and kernels of all points. They do not act
 * back on the flow.
 *
 * <p>Outside of the training points' span a weight vector keeps its Gaussian start, which weight
 * decay shrinks to e^{-lambda t}: outputs average over it in closed form, kernels draw it.
 */
final class FlowReadout {
  private static final String NAME = "kernel";
  private static final String ALL = "mean of all points";

  private final DynamicsProblem problem;
  private final Backend backend;
  private final Workspace memory;
  private final NeuronFlow flow;
  private final Activation activation;
  private final int samples;
  private final int trainPoints;
  private final int testPoints;
  private final int outputCount;
  private final NetworkSites sites;
  private final double fieldFactor;
  private final double readFactor;
  private final Optional<PatchGradients> patches; // of points of several sites
  private final double[] deviation;
  private final boolean hasRest;
  private final Matrix testFactor; // (Q s) x r
  private final Matrix testRest; // (Q s) x D
  private final Matrix testDeviation; // 1 x (Q s)

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
    sites = problem.sites();
    fieldFactor = sites.readoutScale();
    readFactor = NeuronFlow.readFactor(sites);
    deviation = space.testDeviation();
    hasRest = space.testRest().length > 0;
    Matrix factor = memory.get("test factor");
    testFactor = factor.view(0, factor.rows(), 0, space.rank());
    testRest = memory.get("rest of the test points");
    testDeviation = memory.get("test deviation");
    backend.upload(space.test(), testFactor);
    if (hasRest) {
      backend.upload(space.testRest(), testRest);
    }
    if (sites.sites(1) > 1) {
      double[] x = sites.patches(problem.inputs(), 0, problem.points());
      double scale = 1 / Math.sqrt(sites.inputs());
      Arrays.setAll(x, i -> scale * x[i]);
      patches = Optional.of(new PatchGradients(backend, memory, NAME, x));
    } else {
      patches = Optional.empty();
    }
  }

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    NetworkSites sites = problem.sites();
    int q = RankSpace.fields(problem, problem.testPoints());
    int all = problem.points();
    int fields = RankSpace.fields(problem, all);
    int d = sites.inputs();
    int panel = NeuronFlow.panelRows(problem.options().samples());
    boolean pooled = sites.readout() == SiteReadout.GAP;
    plan.add("test factor", Precision.FLOAT32, q, RankSpace.largestRank(problem))
        .add("rest of the test points", Precision.FLOAT32, q, d)
        .add("test deviation", Precision.FLOAT32, 1, q)
        .add("test field", Precision.FLOAT32, panel, q)
        .add("test slope", Precision.FLOAT32, panel, q)
        .add("test mean", Precision.FLOAT32, pooled ? panel : 0, problem.testPoints())
        .add("test outputs", Precision.FLOAT64, problem.testPoints(), problem.outputs())
        .add("weights outside of the span", Precision.FLOAT32, panel, q == 0 ? 0 : d)
        .add("phi of all points", Precision.FLOAT32, panel, fields)
        .add("slope of all points", Precision.FLOAT32, panel, fields)
        .add("g of all points", Precision.FLOAT32, panel, fields)
        .add("mean of all points", Precision.FLOAT32, pooled ? panel : 0, all)
        .add("feature kernel", Precision.FLOAT64, all, all)
        .add("gradient kernel", Precision.FLOAT64, all, all);
    if (sites.sites(1) > 1) {
      plan.add("kernel of the weights", Precision.FLOAT64, all, all);
      PatchGradients.plan(plan, NAME, problem, all, d, panel);
    }
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
      Matrix seen = pool(field, testPoints, "test mean").pool(0);
      double scale = readFactor / (problem.options().gamma() * samples);
      backend.crossGram(scale, seen, state.z(i), i == 0 ? 0 : 1, outputs);
    }
    double[] test = new double[testPoints * outputCount];
    backend.download(outputs, test);
    System.arraycopy(test, 0, f, trainPoints * outputCount, test.length);
    return f;
  }

  private double decay(double time) {
    return Math.exp(-problem.options().weightDecay() * time);
  }

  /** Fields of the given number of points in the rows that the readouts weigh. */
  private SitePool pool(Matrix field, int points, String mean) {
    Matrix means = memory.get(mean);
    int rows = Math.min(means.rows(), field.rows());
    return new SitePool(backend, field, points, sites.readout(), means.rowRange(0, rows));
  }

  /**
   * Phi, G (mean over the outputs, sum over the pairs of sites of a readout) and, with sites, K of
   * all points; h and f of the state must be held.
   */
  LayerKernels kernels(NeuronState state, double time, int step) {
    Matrix feature = memory.get("feature kernel");
    Matrix gradient = memory.get("gradient kernel");
    NeuronPanel[] panels = flow.panels();
    double share = 1 / (samples * (double) outputCount);
    for (int i = 0; i < panels.length; i++) {
      int rows = panels[i].rows();
      Matrix phi = memory.get("phi of all points").rowRange(0, rows);
      Matrix slope = memory.get("slope of all points").rowRange(0, rows);
      Matrix g = memory.get("g of all points").rowRange(0, rows);
      place(flow.slope(state, i), slope, 0, trainPoints);
      place(flow.phi(i), phi, 0, trainPoints);
      if (testPoints > 0) {
        Matrix test = memory.get("test field").rowRange(0, rows);
        Matrix testSlope = memory.get("test slope").rowRange(0, rows);
        testField(state, i, panels[i], time, test);
        backend.activateWithDerivative(activation, test, test, testSlope);
        place(test, phi, trainPoints, testPoints);
        place(testSlope, slope, trainPoints, testPoints);
      }
      Matrix seen = pool(phi, problem.points(), ALL).pool(0);
      backend.gram(readFactor * readFactor / samples, seen, i == 0 ? 0 : 1, feature);
      Matrix z = state.z(i);
      SitePool pooled = pool(g, problem.points(), ALL);
      for (int k = 0; k < outputCount; k++) {
        double beta = i + k == 0 ? 0 : 1;
        backend.copy(slope, g);
        backend.scaleRows(
            z.view(0, z.rows(), k, 1), g.reshaped(z.rows(), g.columns() / sites.readoutSites()));
        backend.gram(readFactor * readFactor * share, pooled.pool(0), beta, gradient);
        if (patches.isPresent()) {
          Matrix kernel = memory.get("kernel of the weights");
          patches.get().add(fieldFactor * fieldFactor * share, g, beta, kernel);
        }
      }
    }
    double[] phi = download(feature);
    double[] g = download(gradient);
    if (problem.network().convolutions().isEmpty()) {
      return new LayerKernels(step, List.of(phi), List.of(g));
    }
    double[] tangent =
        patches.isPresent() ? download(memory.get("kernel of the weights")) : g.clone();
    double[] input = patches.isPresent() ? new double[0] : problem.inputKernel();
    Arrays.setAll(tangent, j -> phi[j] + (input.length > 0 ? g[j] * input[j] : tangent[j]));
    return new LayerKernels(step, List.of(phi), List.of(g), Optional.of(tangent));
  }

  private double[] download(Matrix kernel) {
    double[] values = new double[Math.toIntExact(kernel.size())];
    backend.download(kernel, values);
    return values;
  }

  /** Columns (site, point) of some points among those of all points, from a point on. */
  private void place(Matrix some, Matrix all, int first, int count) {
    int points = problem.points();
    for (int a = 0; a < sites.sites(1); a++) {
      backend.copy(
          some.view(0, some.rows(), a * count, count),
          all.view(0, some.rows(), a * points + first, count));
    }
  }

  /**
   * h = a T^T + e^{-lambda t} xi E^T, xi the initial weights orthogonal to the training points,
   * which have no gradient.
   */
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
