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
 * standard normal prior: how populations are cut, what of them moves, and the step of a trajectory,
 * forward and back. Samples of deep networks move together, since a layer acts on every row of the
 * next. What the layers and the readout are is up to the subclass.
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
  private Routine step; // of what moves
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
   * @param routines makes a routine of a step
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

  /** Rows of the largest block when S rows are cut into blocks. */
  static int largestBlock(int samples, int blocks) {
    return (samples + blocks - 1) / blocks;
  }

  /** The samples from {@code first} on, as they move. */
  abstract Block<T> block(int samples, int first, int rows);

  /** Restores what populations of other sizes have overwritten in scratch that all share. */
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

  /** Makes a population the one that calls are about, and its first block the one that moves. */
  final void choose(FieldPopulation next) {
    List<Block<T>> found = cuts.get(List.of(next.samples(), next.blocks()));
    if (found == null) {
      throw new IllegalArgumentException("a population of another posterior");
    }
    population = next;
    turnTo(found);
    select(0);
  }

  /** Makes the scratch that of populations of S samples, in any cut. */
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

  /** Takes the fields of what moves from the population. */
  final void fetch() {
    backend.copy(movingRows, position());
  }

  /** Gets the step of what moves ready. */
  final void beginSteps(double jitter) {
    step = steps.of(moving, jitter);
    end = ends.of(moving, jitter);
  }

  /** Forgets all steps, after the conditions have changed. */
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

  /** Does work with float32 products in plain float32 on every backend that the step uses. */
  void exactly(Runnable work) {
    backend.exactly(work);
  }

  private void runEnd() {
    end.run();
  }

  /** Factorizations fail for fields that have overflowed or collapsed: the move is then refused. */
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

  /** Gives a population what was computed at the position, except for its potential. */
  abstract void save(FieldPopulation into);

  @Override
  public TrajectoryRecord record() {
    return record;
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

  /** How the population is cut. */
  final List<Block<T>> cut() {
    return cut;
  }

  /** The samples that move. */
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

  /** Frees the scratch; populations are closed by their owners. */
  @Override
  public void close() {
    steps.close();
    ends.close();
    memory.close();
  }
}
