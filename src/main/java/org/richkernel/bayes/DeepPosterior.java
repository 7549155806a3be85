package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Routine;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * Marginal posterior of the preactivation samples of a network of any depth. Given the kernel of
 * the layer below, the rows of h^l are independent Gaussians, so with whitened fields xi^l
 *
 * <pre>  V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A,   A = g_L Phi^L + kappa,
 *   h^l = xi^l F_l^T,  F_l F_l^T = g_{l-1} Phi^{l-1} + g_b,  Phi^l = phi(h^l)^T phi(h^l) / S,</pre>
 *
 * <p>without weights and without conjugate kernels: the gradient runs backwards through the
 * Cholesky factors. All layers and all samples move together, since a kernel acts on every row of
 * the next layer.
 *
 * <p>Cost of an evaluation: three products of 2 S P r flops for the first layer; for each other one
 * of 2 S P^2 and four of half as many, and 4/3 to 7/3 P^3. Memory: 3 S (r + (L - 1) P) + 2 L S P
 * floats and (2 L + 7) P^2 doubles beside the populations.
 */
final class DeepPosterior implements MarginalPosterior {
  private final Backend backend;
  private final double[] variance; // g_0 to g_L
  private final Workspace memory;
  private final Matrix inputFactor;
  private final Matrix targetsSingle;
  private final ReadoutDual readout;
  private final @Nullable DeterminantTilt tilt;
  private final List<Matrix> kernels = new ArrayList<>(); // g_l Phi^l at the position
  private final List<LayerCovariance> covariances = new ArrayList<>(); // of layers 2 to L
  private final CholeskyAdjoint adjoint;
  private final List<Moving> sizes = new ArrayList<>();
  private final RelativeJitter jitter; // of the population in use
  private final Matrix jitters; // that were added to the covariances, 1 x (L - 1), float64
  private final List<Matrix> added = new ArrayList<>(); // the same one by one
  private final StepRoutines steps;
  private final StepRoutines ends;
  private final Runnable evaluateExactly = this::runEnd;
  private final Runnable resolveExactly = this::resolve;

  private FieldPopulation population;
  private Moving moving;
  private Routine step; // of what moves
  private Routine end;
  private double firstJitter = RelativeJitter.LEAST;
  private double potential;
  private long solveNanos; // but for the readout

  /** The scratch of all layers for one number of samples. */
  private record Moving(
      Matrix position, Matrix momentum, Matrix gradient, List<MovingBlock> layers) {}

  /**
   * @param input factor of the first layer's covariance
   * @param y targets, row-major P x K
   * @param samples the numbers of samples that populations may have
   */
  DeepPosterior(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int... samples) {
    this.backend = backend;
    this.jitter = new RelativeJitter(parameters.kappa());
    this.variance = network.weightVariances();
    int points = input.points();
    int depth = network.hiddenLayers();
    int outputs = y.length / points;
    MemoryPlan plan = new MemoryPlan();
    int most = Arrays.stream(samples).max().orElseThrow();
    plan(backend, plan, depth, points, input.rank(), outputs, most, parameters.hasDeterminant());
    memory = new Workspace(backend, plan);
    inputFactor = memory.get("F");
    readout = new ReadoutDual(backend, memory, parameters, y);
    targetsSingle = memory.get("Y, single");
    backend.upload(input.factor(), inputFactor);
    backend.copy(readout.targets(), targetsSingle);
    Matrix unit = memory.get("unit matrix");
    Matrix ones = memory.get("ones");
    jitters = memory.get("jitters");
    backend.addDiagonal(1, unit);
    backend.fill(1, ones);
    adjoint = new CholeskyAdjoint(backend, memory);
    for (int l = 1; l <= depth; l++) {
      kernels.add(memory.get("kernel of layer " + l));
      if (l > 1) {
        added.add(jitters.view(0, 1, l - 2, 1));
        covariances.add(
            new LayerCovariance(
                backend,
                unit,
                ones,
                memory.get("Cholesky factor of layer " + l),
                memory.get("F of layer " + l),
                network.biasVariance()));
      }
    }
    tilt = parameters.hasDeterminant() ? new DeterminantTilt(backend, memory, parameters) : null;
    steps = new StepRoutines(backend, this::step);
    ends = new StepRoutines(backend, this::step);
    int[] widths = FieldPopulation.widths(depth, input.rank(), points);
    for (int s : samples) {
      sizes.add(moving(network.activation(), widths, s));
    }
  }

  private Moving moving(Activation activation, int[] widths, int samples) {
    Matrix position = memory.get("position").rowRange(0, samples);
    Matrix momentum = memory.get("momentum").rowRange(0, samples);
    Matrix gradient = memory.get("gradient").rowRange(0, samples);
    List<MovingBlock> layers = new ArrayList<>();
    int column = 0;
    for (int l = 1; l <= widths.length; l++) {
      int width = widths[l - 1];
      layers.add(
          new MovingBlock(
              backend,
              activation,
              l == 1
                  ? new FieldFactor.General(backend, inputFactor)
                  : new FieldFactor.Triangular(backend, covariances.get(l - 2).factor()),
              position.view(0, samples, column, width),
              momentum.view(0, samples, column, width),
              gradient.view(0, samples, column, width),
              memory.get("phi " + l).rowRange(0, samples),
              memory.get("slope " + l).rowRange(0, samples),
              memory.get("panel")));
      column += width;
    }
    return new Moving(position, momentum, gradient, layers);
  }

  /** Adds the scratch shared by all populations, of at most {@code samples} rows, to a plan. */
  static void plan(
      Backend backend,
      MemoryPlan plan,
      int depth,
      int points,
      int rank,
      int outputs,
      int samples,
      boolean determinant) {
    int width = Math.addExact(rank, Math.multiplyExact(depth - 1, points));
    ReadoutDual.plan(plan, points, outputs);
    plan.add("F", Precision.FLOAT32, points, rank)
        .add("Y, single", Precision.FLOAT32, points, outputs)
        .add("panel", Precision.FLOAT32, Math.min(samples, backend.panelRows(points)), points)
        .add("position", Precision.FLOAT32, samples, width)
        .add("momentum", Precision.FLOAT32, samples, width)
        .add("gradient", Precision.FLOAT32, samples, width);
    plan.add("jitters", Precision.FLOAT64, 1, depth - 1)
        .add("unit matrix", Precision.FLOAT64, points, points)
        .add("ones", Precision.FLOAT64, points, points);
    CholeskyAdjoint.plan(backend, plan, points);
    for (int l = 1; l <= depth; l++) {
      plan.add("kernel of layer " + l, Precision.FLOAT64, points, points)
          .add("phi " + l, Precision.FLOAT32, samples, points)
          .add("slope " + l, Precision.FLOAT32, samples, points);
      if (l > 1) {
        plan.add("Cholesky factor of layer " + l, Precision.FLOAT64, points, points)
            .add("F of layer " + l, Precision.FLOAT32, points, points);
      }
    }
    if (determinant) {
      DeterminantTilt.plan(plan, points);
    }
  }

  @Override
  public int layers() {
    return kernels.size();
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    if (blocks != 1) {
      throw new IllegalArgumentException("all samples of a deep network move together");
    }
    Moving scratch = scratch(samples);
    int rank = scratch.layers.get(0).position().columns();
    int points = inputFactor.rows();
    FieldPopulation made =
        new FieldPopulation(
            backend,
            samples,
            1,
            FieldPopulation.widths(layers(), rank, points),
            points,
            readout.dual().columns());
    made.setJitter(firstJitter);
    return made;
  }

  private Moving scratch(int samples) {
    for (Moving scratch : sizes) {
      if (scratch.position.rows() == samples) {
        return scratch;
      }
    }
    throw new IllegalArgumentException("no population of " + samples + " samples was planned");
  }

  @Override
  public void use(FieldPopulation next) {
    population = next;
    moving = scratch(next.samples());
    jitter.set(next.jitter());
  }

  /**
   * Relative jitter of the covariances of the population in use; larger than {@link
   * RelativeJitter#LEAST} where rounding asked for it. Each population has its own: what one needs
   * is no business of another, which may live elsewhere.
   */
  double jitter() {
    return jitter.value();
  }

  /** Sets the jitter that new populations start with. */
  void setJitter(double relative) {
    firstJitter = relative;
  }

  /** Computes everything at the position, with more jitter where rounding asks for it. */
  private void resolve() {
    jitter.raising(this::forwardAndWait);
    population.setJitter(jitter.value());
  }

  @Override
  public void refresh(FieldPopulation next) {
    use(next);
    backend.copy(next.xi(), moving.position);
    backend.exactly(resolveExactly);
    for (int l = 1; l <= layers(); l++) {
      backend.copy(kernels.get(l - 1), next.kernel(l));
    }
    backend.copy(readout.dual(), next.dual());
    next.setPotential(potential);
  }

  @Override
  public void setConditions(double gamma, double kappa) {
    if (readout.setConditions(gamma, kappa)) {
      steps.forget();
      ends.forget();
    }
  }

  @Override
  public double largestShare(FieldPopulation of) {
    use(of);
    backend.copy(of.xi(), moving.position);
    backend.exactly(resolveExactly);
    double[] largestAndSum = new double[2];
    moving.layers.get(layers() - 1).shares(targetsSingle, largestAndSum);
    return largestAndSum[1] == 0 ? 0 : largestAndSum[0] / largestAndSum[1];
  }

  @Override
  public Matrix factor(int layer) {
    return layer == 1 ? inputFactor : covariances.get(layer - 2).factor();
  }

  @Override
  public Matrix position(int layer) {
    return moving.layers.get(layer - 1).position();
  }

  @Override
  public Matrix gradient(int layer) {
    return moving.layers.get(layer - 1).gradient();
  }

  @Override
  public Matrix unitMatrix() {
    return memory.get("unit matrix");
  }

  @Override
  public int blocks() {
    return 1;
  }

  @Override
  public int samples() {
    return population.samples();
  }

  @Override
  public int firstSample(int block) {
    return 0;
  }

  @Override
  public void begin(int block) {
    backend.copy(population.xi(), moving.position);
    readout.record().start();
    step = steps.of(samples(), samples(), jitter.value());
    end = ends.of(samples(), samples(), jitter.value());
    evaluateAtEnd();
  }

  @Override
  public void evaluate() {
    step.run();
  }

  @Override
  public void evaluateAtEnd() {
    backend.exactly(evaluateExactly);
  }

  private void runEnd() {
    end.run();
  }

  private void step() {
    forward();
    backward();
  }

  /** Factorizations fail for fields that have overflowed or collapsed: the move is then refused. */
  @Override
  public double potential() {
    potential = readout.record().read();
    return potential;
  }

  @Override
  public TrajectoryRecord record() {
    return readout.record();
  }

  @Override
  public void accept() {
    backend.copy(moving.position, population.xi());
    for (int l = 1; l <= layers(); l++) {
      backend.copy(kernels.get(l - 1), population.kernel(l));
    }
    backend.copy(readout.dual(), population.dual());
    population.setPotential(potential);
  }

  @Override
  public Matrix position() {
    return moving.position;
  }

  @Override
  public Matrix momentum() {
    return moving.momentum;
  }

  @Override
  public Matrix gradient() {
    return moving.gradient;
  }

  /**
   * Kernels of all layers, dual vector and potential at the position.
   *
   * @return the largest jitter that was added to a covariance
   * @throws NotPositiveDefiniteException if a covariance or the kernel of the readout is not
   */
  private double forwardAndWait() {
    readout.record().start();
    forward();
    potential = readout.record().require();
    double[] values = new double[jitters.columns()];
    backend.download(jitters, values);
    return Arrays.stream(values).max().orElse(0);
  }

  /**
   * The same without waiting: the potential goes to the record, the jitters stay where they are.
   */
  private void forward() {
    for (int l = 1; l <= layers(); l++) {
      Matrix kernel = kernels.get(l - 1);
      backend.fill(0, kernel);
      moving.layers.get(l - 1).forward(variance[l] / population.samples(), kernel);
      if (l < layers()) {
        long start = System.nanoTime();
        covariances
            .get(l - 1)
            .factorize(kernel, jitter.value(), added.get(l - 1), readout.record().failures());
        solveNanos += System.nanoTime() - start;
      }
    }
    readout.solve(kernels.get(layers() - 1), population.samples());
  }

  /** gradient = dV/dxi of all layers, from the top down; follows {@link #forward}. */
  private void backward() {
    int top = layers();
    double perSample = variance[top] / population.samples();
    MovingBlock layer = moving.layers.get(top - 1);
    if (tilt != null) {
      layer.pullFull(perSample, tilt.of(readout, population.samples()));
    } else {
      // dV/dphi = -gamma^2 g (phi v) v^T
      layer.pull(readout.pullScale(), readout.dualSingle());
    }
    for (int l = top; l > 1; l--) {
      long start = System.nanoTime();
      Matrix pull =
          adjoint.twice(
              layer.gradient(),
              layer.position(),
              covariances.get(l - 2).cholesky(),
              jitter.value());
      solveNanos += System.nanoTime() - start;
      // dV/dphi = (2 g / S) phi dV/d(g Phi)
      layer = moving.layers.get(l - 2);
      layer.pullFull(variance[l - 1] / population.samples(), pull);
    }
  }

  @Override
  public long gramNanos() {
    long nanos = 0;
    for (Moving scratch : sizes) {
      for (MovingBlock layer : scratch.layers) {
        nanos += layer.gramNanos();
      }
    }
    return nanos;
  }

  @Override
  public long solveNanos() {
    return solveNanos + readout.nanos();
  }

  @Override
  public void close() {
    steps.close();
    ends.close();
    memory.close();
  }
}
