package org.richkernel.bayes;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Routine;
import org.richkernel.compute.Workspace;
import org.richkernel.stack.FieldFactor;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.PrimalReadout;

/**
 * Marginal posterior of the S preactivation samples of a network with one hidden layer, in whitened
 * fields xi (S x r), h = xi F^T:
 *
 * <pre>  V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A,   A = g Phi + kappa,
 *   Phi = phi(h)^T phi(h) / S.</pre>
 *
 * <p>c = 0 gives the saddle point as S goes to infinity, with an error of order 1/S; S = N and c =
 * K/2 give the exact posterior of a network of width N. The dual vector v = A^{-1} Y is solved at
 * every evaluation, so no conjugate kernel is ever formed and the tilt cannot run ahead of the
 * kernel.
 *
 * <p>Cost of an evaluation for n moving rows: three products of 2 n P r flops (forward, Gram,
 * backward) and P^3/3 for the Cholesky factor. Memory: 3 n r + 2 n P floats and 4 P^2 doubles
 * beside the populations.
 */
final class HiddenLayerPosterior implements MarginalPosterior {
  private final Backend backend;
  private final PosteriorParameters parameters;
  private final Workspace memory;
  private final Matrix factor; // F, P x r, float32
  private final Matrix rest; // g Phi of the rows that are held fixed
  private final Matrix candidate; // g Phi at the position
  private final TrajectoryRecord record;
  private final PrimalReadout readout;
  private final MovingBlock[] sizes; // blocks have one of two sizes
  private final DeterminantForce determinantForce;
  private final StepRoutines steps;
  private final StepRoutines ends;
  private final Runnable evaluateExactly = this::runEnd;
  private final Runnable beginExactly = this::beginMove;

  private FieldPopulation population;
  private MovingBlock moving;
  private Matrix movingRows;
  private Routine step; // of what moves
  private Routine end;
  private double potential;

  /**
   * @param y targets, row-major P x K
   * @param blockRows rows of the largest block
   */
  HiddenLayerPosterior(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int blockRows) {
    this.backend = backend;
    this.parameters = parameters;
    int outputs = y.length / input.points();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, input.points(), input.rank(), outputs, blockRows, parameters.hasDeterminant());
    memory = new Workspace(backend, plan);
    factor = memory.get("F");
    rest = memory.get("Gram of the fixed rows");
    candidate = memory.get("Gram of all rows");
    record = new TrajectoryRecord(backend, memory);
    readout =
        new PrimalReadout(backend, memory, parameters, y, record.potential(), record.failures());
    backend.upload(input.factor(), factor);
    backend.addDiagonal(1, memory.get("unit matrix"));
    FieldFactor colours = new FieldFactor.General(backend, factor);
    sizes =
        new MovingBlock[] {
          new MovingBlock(backend, activation, memory, colours, blockRows - 1),
          new MovingBlock(backend, activation, memory, colours, blockRows)
        };
    determinantForce = parameters.hasDeterminant() ? new DeterminantForce(backend, memory) : null;
    steps = new StepRoutines(backend, this::step);
    ends = new StepRoutines(backend, this::step);
  }

  /** Adds the scratch shared by all populations to a plan. */
  static void plan(
      MemoryPlan plan, int points, int rank, int outputs, int blockRows, boolean determinant) {
    TrajectoryRecord.plan(plan);
    PrimalReadout.plan(plan, points, outputs);
    plan.add("F", Precision.FLOAT32, points, rank)
        .add("Gram of the fixed rows", Precision.FLOAT64, points, points)
        .add("Gram of all rows", Precision.FLOAT64, points, points)
        .add("unit matrix", Precision.FLOAT64, points, points);
    MovingBlock.plan(plan, points, rank, blockRows);
    if (determinant) {
      DeterminantForce.plan(plan, points, blockRows);
    }
  }

  /** Rows of the largest block when S rows are cut into blocks. */
  static int largestBlock(int samples, int blocks) {
    return (samples + blocks - 1) / blocks;
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    if (largestBlock(samples, blocks) > sizes[1].rows() || samples / blocks < sizes[0].rows()) {
      throw new IllegalArgumentException(
          samples + " samples do not fall into " + blocks + " blocks of the planned size");
    }
    return new FieldPopulation(
        backend,
        samples,
        blocks,
        new int[] {factor.columns()},
        factor.rows(),
        readout.dual().columns());
  }

  @Override
  public void use(FieldPopulation next) {
    population = next;
  }

  @Override
  public void refresh(FieldPopulation next) {
    backend.exactly(() -> compute(next));
  }

  private void compute(FieldPopulation next) {
    use(next);
    backend.fill(0, next.kernel());
    for (int b = 0; b < blocks(); b++) {
      select(b);
      backend.copy(movingRows, moving.position());
      moving.forward(kernelWeight(), next.kernel());
    }
    backend.copy(next.kernel(), candidate);
    next.setPotential(solved(candidate, samples()));
    backend.copy(readout.dual(), next.dual());
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
    double[] largestAndSum = new double[2];
    Matrix targets = readout.targets();
    try (Matrix y =
        backend.allocate(Precision.FLOAT32, targets.rows(), targets.columns(), "targets")) {
      backend.copy(targets, y);
      for (int b = 0; b < blocks(); b++) {
        select(b);
        backend.copy(movingRows, moving.position());
        moving.forward();
        moving.shares(y, largestAndSum);
      }
    }
    return largestAndSum[1] == 0 ? 0 : largestAndSum[0] / largestAndSum[1];
  }

  @Override
  public int layers() {
    return 1;
  }

  @Override
  public double[] directions(int layer, double[] v) {
    return EquilibriumIdentity.directions(backend, factor, v);
  }

  @Override
  public Matrix inputFactor() {
    return factor;
  }

  /**
   * Solves for v.
   *
   * @param kernel g Phi, P x P, float64
   * @param samples S
   * @return V
   * @throws org.richkernel.compute.NotPositiveDefiniteException if the fields behind the kernel
   *     have overflowed
   */
  double solved(Matrix kernel, int samples) {
    record.start();
    readout.solve(kernel, samples);
    record.note();
    return record.require();
  }

  /** The readout that all populations share; holds what was solved last. */
  PrimalReadout readout() {
    return readout;
  }

  @Override
  public Matrix position(int layer) {
    return moving.position();
  }

  @Override
  public Matrix gradient(int layer) {
    return moving.gradient();
  }

  @Override
  public Matrix unitMatrix() {
    return memory.get("unit matrix");
  }

  /** g / S. */
  private double kernelWeight() {
    return parameters.readoutVariance() / population.samples();
  }

  private void select(int block) {
    movingRows = population.block(block);
    moving = sizes[movingRows.rows() == sizes[1].rows() ? 1 : 0];
  }

  @Override
  public int blocks() {
    return population.blocks();
  }

  @Override
  public int samples() {
    return population.samples();
  }

  @Override
  public int firstSample(int block) {
    return population.firstSample(block);
  }

  @Override
  public void begin(int block) {
    select(block);
    step = steps.of(moving.rows(), samples(), 0);
    end = ends.of(moving.rows(), samples(), 0);
    backend.exactly(beginExactly);
  }

  private void beginMove() {
    backend.copy(movingRows, moving.position());
    // rest = g Phi - (g / S) phi_b^T phi_b
    backend.copy(population.kernel(), rest);
    moving.forward(-kernelWeight(), rest);
    backend.copy(population.dual(), readout.dual());
    record.start();
    if (determinantForce != null) {
      backend.copy(population.kernel(), candidate);
      readout.solve(candidate, samples());
      record.note();
    }
    record.note(population.potential());
    pull();
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
    backend.copy(rest, candidate);
    moving.forward(kernelWeight(), candidate);
    // v = A^{-1} Y for A = candidate + kappa
    readout.solve(candidate, samples());
    record.note();
    pull();
  }

  /** Only fields that have overflowed make g Phi + kappa indefinite: the move is then refused. */
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
    backend.copy(moving.position(), movingRows);
    backend.copy(candidate, population.kernel());
    backend.copy(readout.dual(), population.dual());
    population.setPotential(potential);
  }

  @Override
  public Matrix position() {
    return moving.position();
  }

  @Override
  public Matrix momentum() {
    return moving.momentum();
  }

  @Override
  public Matrix gradient() {
    return moving.gradient();
  }

  /** gradient = dV/dxi = (phi' o (-gamma^2 g (phi v) v^T + (2 c g / S) phi A^{-1})) F. */
  private void pull() {
    if (determinantForce != null) {
      double c = parameters.determinant(population.samples());
      determinantForce.prepare(2 * c * kernelWeight(), readout, moving);
    }
    moving.pull(readout.pullScale(), readout.dualSingle());
    if (determinantForce != null) {
      determinantForce.addTo(moving);
    }
  }

  @Override
  public long gramNanos() {
    return sizes[0].gramNanos() + sizes[1].gramNanos();
  }

  @Override
  public long solveNanos() {
    return readout.nanos();
  }

  /** Frees the scratch; populations are closed by their owners. */
  @Override
  public void close() {
    steps.close();
    ends.close();
    memory.close();
  }
}
