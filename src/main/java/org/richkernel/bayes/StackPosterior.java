package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Routine;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.stack.DeterminantTilt;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.PrimalReadout;

/**
 * Marginal posterior of a {@link LayerStack} whose readout is integrated out by its P x P kernel:
 *
 * <pre>  V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A,   A = K + kappa,</pre>
 *
 * with parameters xi of standard normal prior. All layers and all samples move together, since a
 * layer acts on every row of the next. What the layers are is up to the subclass.
 */
abstract class StackPosterior implements MarginalPosterior {
  private final Backend backend;
  private final Workspace memory;
  private final Matrix inputFactor;
  private final Matrix targetsSingle;
  private final TrajectoryRecord record;
  private final PrimalReadout readout;
  private final @Nullable DeterminantTilt tilt;
  private final List<Sized> sizes = new ArrayList<>();
  private final StepRoutines steps;
  private final StepRoutines ends;
  private final Runnable evaluateExactly = this::runEnd;
  private final Runnable resolveExactly = this::resolve;

  private FieldPopulation population;
  private Sized moving;
  private Routine step; // of what moves
  private Routine end;
  private double potential;

  /** The layers at one number of samples. */
  record Sized(MovingFields fields, LayerStack stack) {}

  /**
   * @param plan all scratch, {@link #planShared} among it
   * @param input factor of the first layer's covariance
   * @param y targets, row-major P x K
   */
  StackPosterior(
      Backend backend,
      MemoryPlan plan,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters) {
    this.backend = backend;
    memory = new Workspace(backend, plan);
    inputFactor = memory.get("F");
    record = new TrajectoryRecord(backend, memory);
    readout =
        new PrimalReadout(backend, memory, parameters, y, record.potential(), record.failures());
    targetsSingle = memory.get("Y, single");
    backend.upload(input.factor(), inputFactor);
    backend.copy(readout.targets(), targetsSingle);
    backend.addDiagonal(1, unitMatrix());
    tilt = parameters.hasDeterminant() ? new DeterminantTilt(backend, memory, parameters) : null;
    steps = new StepRoutines(backend, this::step);
    ends = new StepRoutines(backend, this::step);
  }

  /**
   * Adds the scratch that does not depend on what the layers are to a plan.
   *
   * @param points P
   * @param sites rows of the factor of the inputs
   * @param rank its columns
   */
  static void planShared(
      MemoryPlan plan, int points, int sites, int rank, int outputs, boolean determinant) {
    TrajectoryRecord.plan(plan);
    PrimalReadout.plan(plan, points, outputs);
    plan.add("F", Precision.FLOAT32, sites, rank)
        .add("Y, single", Precision.FLOAT32, points, outputs)
        .add("unit matrix", Precision.FLOAT64, points, points);
    if (determinant) {
      DeterminantTilt.plan(plan, points);
    }
  }

  /** Makes the layers of one more number of samples known. */
  final void add(MovingFields fields, LayerStack stack) {
    sizes.add(new Sized(fields, stack));
  }

  final Backend backend() {
    return backend;
  }

  final Workspace memory() {
    return memory;
  }

  final PrimalReadout readout() {
    return readout;
  }

  final @Nullable DeterminantTilt tilt() {
    return tilt;
  }

  /** P. */
  final int points() {
    return targetsSingle.rows();
  }

  /** The layers that move. */
  final Sized moving() {
    return moving;
  }

  final FieldPopulation population() {
    return population;
  }

  /** Columns of the fields of each layer. */
  abstract int[] widths(int samples);

  /** After the layers of another number of samples were chosen, in scratch that all share. */
  abstract void prepare(int samples);

  /** Kernels that a move computes, those of the last layers: at least that of layer L. */
  abstract List<Matrix> kernels();

  /** Rows of phi^L as the readout sees them; those of one sample follow each other. */
  abstract Matrix readoutRows();

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    if (blocks != 1) {
      throw new IllegalArgumentException("all samples of a deep network move together");
    }
    sized(samples);
    return new FieldPopulation(
        backend, samples, 1, widths(samples), points(), readout.dual().columns());
  }

  private Sized sized(int samples) {
    for (Sized one : sizes) {
      if (one.fields.samples() == samples) {
        return one;
      }
    }
    throw new IllegalArgumentException("no population of " + samples + " samples was planned");
  }

  @Override
  public void use(FieldPopulation next) {
    population = next;
    Sized chosen = sized(next.samples());
    if (chosen != moving) {
      moving = chosen;
      prepare(next.samples());
    }
  }

  /** Computes everything at the position. */
  void resolve() {
    forwardAndWait();
  }

  @Override
  public void refresh(FieldPopulation next) {
    use(next);
    backend.copy(next.xi(), moving.fields.position());
    backend.exactly(resolveExactly);
    save(next);
    next.setPotential(potential);
  }

  private void save(FieldPopulation into) {
    List<Matrix> computed = kernels();
    int below = layers() - computed.size();
    for (int i = 0; i < computed.size(); i++) {
      backend.copy(computed.get(i), into.kernel(below + i + 1));
    }
    backend.copy(readout.dual(), into.dual());
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
    backend.copy(of.xi(), moving.fields.position());
    backend.exactly(resolveExactly);
    double[] largestAndSum = new double[2];
    Matrix rows = readoutRows();
    MovingBlock.shares(backend, rows, rows.rows() / of.samples(), targetsSingle, largestAndSum);
    return largestAndSum[1] == 0 ? 0 : largestAndSum[0] / largestAndSum[1];
  }

  @Override
  public Matrix inputFactor() {
    return inputFactor;
  }

  @Override
  public Matrix position(int layer) {
    return moving.fields.positions().get(layer - 1);
  }

  @Override
  public Matrix gradient(int layer) {
    return moving.fields.gradients().get(layer - 1);
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
    backend.copy(population.xi(), moving.fields.position());
    record.start();
    step = steps.of(samples(), samples(), population.jitter());
    end = ends.of(samples(), samples(), population.jitter());
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
    moving.stack.forward();
    record.note();
    moving.stack.pull();
  }

  /** Factorizations fail for fields that have overflowed or collapsed: the move is then refused. */
  @Override
  public double potential() {
    potential = record.read();
    return potential;
  }

  @Override
  public TrajectoryRecord record() {
    return record;
  }

  @Override
  public void accept() {
    backend.copy(moving.fields.position(), population.xi());
    save(population);
    population.setPotential(potential);
  }

  @Override
  public Matrix position() {
    return moving.fields.position();
  }

  @Override
  public Matrix momentum() {
    return moving.fields.momentum();
  }

  @Override
  public Matrix gradient() {
    return moving.fields.gradient();
  }

  /**
   * Kernels, dual vector and potential at the position.
   *
   * @throws NotPositiveDefiniteException if a covariance or the kernel of the readout is not
   */
  final void forwardAndWait() {
    record.start();
    moving.stack.forward();
    record.note();
    potential = record.require();
  }

  /** features v, row-major: directions in the space of weights on these features. */
  final double[] imageOf(Matrix features, double[] v) {
    int outputs = v.length / features.columns();
    try (Matrix dual = backend.allocate(Precision.FLOAT32, features.columns(), outputs, "v");
        Matrix image = backend.allocate(Precision.FLOAT32, features.rows(), outputs, "F^T v")) {
      double[] values = new double[Math.toIntExact(image.size())];
      backend.upload(v, dual);
      backend.gemm(Transpose.NO, Transpose.NO, 1, features, dual, 0, image);
      backend.download(image, values);
      return values;
    }
  }

  @Override
  public long gramNanos() {
    return sizes.stream().mapToLong(one -> one.stack.gramNanos()).sum();
  }

  @Override
  public long solveNanos() {
    return readout.nanos() + sizes.stream().mapToLong(one -> one.stack.solveNanos()).sum();
  }

  @Override
  public void close() {
    steps.close();
    ends.close();
    memory.close();
  }
}
