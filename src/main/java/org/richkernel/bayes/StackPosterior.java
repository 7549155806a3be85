package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Routine;
import org.richkernel.compute.Workspace;
import org.richkernel.stack.MovingFields;
import org.richkernel.stack.Passes;

/**
 * Marginal posterior of a stack of layers whose readout is integrated out, with parameters xi of
 * standard normal prior: blocks of populations, the moving block, and the step of a trajectory,
 * forward and back. Samples of deep networks move together, since a layer acts on every row of the
 * next. Subclasses define the layers and the readout.
 *
 * @param <T> kind of the stack
 */
abstract class StackPosterior<T extends Passes> implements MarginalPosterior {
  private final Backend backend;
  private final Workspace memory;
  private final Matrix inputFactor;
  private final TrajectoryRecord record;
  private final Map<List<Integer>, List<Block<T>>> cuts = new HashMap<>(); // by samples and blocks
  private final StepRoutines steps;
  private final StepRoutines ends;
  private final Runnable evaluateExactly = this::runEnd;

  private FieldPopulation population;
  private List<Block<T>> cut; // of the population
  private Block<T> moving;
  private Matrix movingRows;
  private Routine step; // of the moving block
  private Routine end;
  private double potential;

  /**
   * The samples that move together.
   *
   * @param samples S of their population
   * @param <T> kind of the stack
   */
  record Block<T extends Passes>(int samples, MovingFields fields, T stack) {}

  /**
   * @param plan all scratch
   * @param input factor of the first layer's covariance
   */
  StackPosterior(Backend backend, MemoryPlan plan, InputFactor input) {
    this(backend, plan, input.factor(), work -> backend.routine("leapfrog step", work));
  }

  /**
   * @param plan all scratch
   * @param factor rows of the factor of the first layer's covariance that the backend holds
   * @param routines creates the routine of a step
   */
  StackPosterior(
      Backend backend, MemoryPlan plan, float[] factor, Function<Runnable, Routine> routines) {
    this.backend = backend;
    memory = new Workspace(backend, plan);
    record = new TrajectoryRecord(backend, memory);
    inputFactor = memory.get("F");
    backend.upload(factor, inputFactor);
    steps = new StepRoutines(routines, this::step);
    ends = new StepRoutines(routines, this::step);
  }

  /** Number of rows of the largest block of S rows. */
  static int largestBlock(int samples, int blocks) {
    return (samples + blocks - 1) / blocks;
  }

  /** The moving block of the samples from {@code first} on. */
  abstract Block<T> block(int samples, int first, int rows);

  /** Restores values that populations of other sizes have overwritten in shared scratch. */
  void prepare(Block<T> block) {
    block.stack().prepare();
  }

  /** Cuts populations of S samples into blocks, once. */
  final void cut(int samples, int blocks) {
    if (blocks > 1 && layers() > 1) {
      throw new IllegalArgumentException("all samples of a deep network move together");
    }
    cuts.computeIfAbsent(
        List.of(samples, blocks),
        key -> {
          List<Block<T>> made = new ArrayList<>();
          for (int b = 0; b < blocks; b++) {
            int first = FieldPopulation.blockStart(samples, blocks, b);
            int after = FieldPopulation.blockStart(samples, blocks, b + 1);
            made.add(block(samples, first, after - first));
          }
          return made;
        });
  }

  /** Selects a population for the following calls, and its first block as the moving one. */
  final void choose(FieldPopulation next) {
    List<Block<T>> found = cuts.get(List.of(next.samples(), next.blocks()));
    if (found == null) {
      throw new IllegalArgumentException("a population of another posterior");
    }
    population = next;
    turnTo(found);
    select(0);
  }

  /** Prepares the scratch for populations of S samples in any blocks. */
  final List<Block<T>> turnTo(int samples) {
    turnTo(
        cuts.entrySet().stream()
            .filter(entry -> entry.getKey().get(0) == samples)
            .map(Map.Entry::getValue)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(samples + " samples not planned")));
    return cut;
  }

  private void turnTo(List<Block<T>> next) {
    if (next != cut) {
      cut = next;
      prepare(cut.get(0));
    }
  }

  final void select(int block) {
    moving = cut.get(block);
    movingRows = population.block(block);
  }

  /** Copies the fields of the moving block from the population. */
  final void fetch() {
    backend.copy(movingRows, position());
  }

  /** Prepares the step of the moving block. */
  final void beginSteps(double jitter) {
    step = steps.of(moving, jitter);
    end = ends.of(moving, jitter);
  }

  /** Discards all steps, after a change of the conditions. */
  final void forgetSteps() {
    steps.forget();
    ends.forget();
  }

  private void step() {
    moving.stack.forward();
    record.note();
    moving.stack.pull();
  }

  @Override
  public void evaluate() {
    step.run();
  }

  @Override
  public void evaluateAtEnd() {
    exactly(evaluateExactly);
  }

  /** Runs work with products in plain float32 on every backend of the step. */
  void exactly(Runnable work) {
    backend.exactly(work);
  }

  private void runEnd() {
    end.run();
  }

  /**
   * V; +infinity, so that the move is rejected, after a failed factorization of fields that
   * overflowed or collapsed.
   */
  @Override
  public double potential() {
    potential = record.read();
    return potential;
  }

  @Override
  public void accept() {
    backend.copy(position(), movingRows);
    save(population);
    population.setPotential(potential);
  }

  /** Copies the results at the position into a population, except for its potential. */
  abstract void save(FieldPopulation into);

  @Override
  public TrajectoryRecord record() {
    return record;
  }

  /** Fields of a population on the host, row-major. */
  final float[] fields(FieldPopulation of) {
    float[] xi = new float[Math.toIntExact(of.xi().size())];
    backend.download(of.xi(), xi);
    return xi;
  }

  final Backend backend() {
    return backend;
  }

  final Workspace memory() {
    return memory;
  }

  final FieldPopulation population() {
    return population;
  }

  /** Blocks of the population. */
  final List<Block<T>> cut() {
    return cut;
  }

  /** The moving block. */
  final Block<T> moving() {
    return moving;
  }

  @Override
  public Matrix inputFactor() {
    return inputFactor;
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

  @Override
  public Matrix position(int layer) {
    return moving.fields.position(layer);
  }

  @Override
  public Matrix gradient(int layer) {
    return moving.fields.gradient(layer);
  }

  @Override
  public long gramNanos() {
    return blocksOnce().mapToLong(block -> block.stack.gramNanos()).sum();
  }

  @Override
  public long solveNanos() {
    return blocksOnce().mapToLong(block -> block.stack.solveNanos()).sum();
  }

  private Stream<Block<T>> blocksOnce() {
    return cuts.values().stream().flatMap(List::stream).distinct();
  }

  /** Frees the scratch; owners close their populations. */
  @Override
  public void close() {
    steps.close();
    ends.close();
    memory.close();
  }
}
