package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;

/**
 * Solves one after the other under one run control. A checkpoint holds the solutions so far and the
 * state of the present solve. A resumed sequence returns the earlier solutions without solving and
 * gives the bits of the uninterrupted one.
 *
 * <p>Unlike {@link org.richkernel.solver.Stages} it keeps no checkpoint between two solves: the
 * next one starts from populations that only the state of the solve holds.
 */
public final class SolveSequence {
  private static final String PREFIX = "sequence";

  private final Backend backend;
  private final RunControl control;
  private int expected;
  private final Optional<SolverState> saved;
  private final List<PathPoint> points = new ArrayList<>();
  private final Map<Integer, double[]> attached = new LinkedHashMap<>();
  private final List<WarmStart> kept = new ArrayList<>();
  private final int restored;
  private @Nullable WarmStart previous;
  private @Nullable AdaptiveNbkSolution solution;

  /**
   * @param expected number of solves, for the display of progress
   * @param start populations to start from; null for draws of the prior
   */
  public SolveSequence(
      Backend backend, RunControl control, int expected, @Nullable WarmStart start) {
    this.backend = backend;
    this.control = control;
    this.expected = expected;
    previous = start;
    saved = control.checkpoints().load();
    restored = saved.map(state -> (int) state.number(PREFIX + "_points")).orElse(0);
    saved.ifPresent(this::restoreKept);
  }

  private void restoreKept(SolverState state) {
    int count = (int) state.number(PREFIX + "_kept");
    for (int i = 0; i < count; i++) {
      String name = PREFIX + "_kept_" + i;
      double[] numbers = state.doubles(name);
      List<float[]> fields = new ArrayList<>();
      for (int c = 0; c < numbers.length - 2; c++) {
        fields.add(state.floats(name + "_" + c));
      }
      kept.add(
          new WarmStart(
              numbers[0],
              numbers[1],
              fields,
              java.util.Arrays.copyOfRange(numbers, 2, numbers.length)));
    }
  }

  /** Updates the expected number of solves. */
  void expect(int solves) {
    expected = solves;
  }

  /**
   * The next solve.
   *
   * @param fresh whether it starts from the prior and not from the solve before
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public Optional<PathPoint> next(AdaptiveProblem problem, boolean fresh) {
    return solve(problem, fresh, point -> point);
  }

  /** The next solve as an intermediate one, without kernels. */
  Optional<PathPoint> pass(AdaptiveProblem problem, boolean fresh) {
    return solve(problem, fresh, PathPoint::withoutKernels);
  }

  private Optional<PathPoint> solve(
      AdaptiveProblem problem, boolean fresh, UnaryOperator<PathPoint> held) {
    int index = points.size();
    if (fresh) {
      previous = null;
    }
    if (index < restored) {
      PathPoint point = PathPoint.restore(saved.orElseThrow(), PREFIX + "_point_" + index);
      points.add(point);
      double[] numbers = saved.orElseThrow().allDoubles().get(PREFIX + "_attached_" + index);
      if (numbers != null) {
        attached.put(index, numbers);
      }
      // The fields are not needed: a checkpoint always belongs to a solve that has started. Closed
      // forms have no populations.
      previous =
          point.certificate().layers().isEmpty()
              ? null
              : new WarmStart(point.gamma(), point.kappa(), List.of(), new double[0]);
      return Optional.of(point);
    }
    AdaptiveNbkSolver.Solved solved =
        new AdaptiveNbkSolver(backend, problem).solve(control(index), previous, index);
    if (solved == null) {
      return Optional.empty();
    }
    solution = solved.solution();
    previous = solved.end();
    PathPoint point =
        held.apply(PathPoint.of(problem.options(), solved.solution(), solved.dualSquare()));
    points.add(point);
    return Optional.of(point);
  }

  /** Whether the last solution came from the checkpoint and has no {@link #solution()}. */
  public boolean restored() {
    return points.size() <= restored;
  }

  /** Attaches numbers to the last solution in later checkpoints. */
  public void attach(double[] numbers) {
    attached.put(points.size() - 1, numbers);
  }

  /** The numbers attached to the last solution, restored with it. */
  public double[] attached() {
    double[] numbers = attached.get(points.size() - 1);
    if (numbers == null) {
      throw new IllegalStateException("nothing was attached to solution " + points.size());
    }
    return numbers;
  }

  /** The full solution of the last solve. */
  public AdaptiveNbkSolution solution() {
    if (solution == null) {
      throw new IllegalStateException("nothing was solved yet");
    }
    return solution;
  }

  /** Keeps the populations of the last solve, for {@link #continueFrom}. */
  void keep() {
    // after a resume the kept populations come from the checkpoint
    if (points.size() > restored && previous != null) {
      kept.add(previous);
    }
  }

  /** Starts the next solve from the i-th kept populations. */
  void continueFrom(int i) {
    previous = kept.get(i);
  }

  private RunControl control(int index) {
    String name = "solve " + (index + 1) + " of " + expected + ", ";
    Progress.Listener listener =
        expected == 1
            ? control.listener()
            : p -> control.listener().progress(p.withPhase(name + p.phase()));
    return new RunControl(listener, control.stop(), new OfOneSolve(index));
  }

  /** Checkpoints of one solve together with the earlier solutions. */
  private final class OfOneSolve implements CheckpointStore {
    private final int index;

    OfOneSolve(int index) {
      this.index = index;
    }

    @Override
    public boolean due() {
      return control.checkpoints().due();
    }

    @Override
    public boolean keepsEnd() {
      return control.checkpoints().keepsEnd();
    }

    @Override
    public void save(long iteration, SolverState state) {
      state.put(PREFIX + "_points", index);
      long before = 0;
      for (int i = 0; i < index; i++) {
        points.get(i).save(state, PREFIX + "_point_" + i);
        before += points.get(i).sweeps();
      }
      attached.forEach((i, numbers) -> state.put(PREFIX + "_attached_" + i, numbers));
      state.put(PREFIX + "_kept", kept.size());
      for (int i = 0; i < kept.size(); i++) {
        WarmStart start = kept.get(i);
        String name = PREFIX + "_kept_" + i;
        double[] numbers = new double[2 + start.steps().length];
        numbers[0] = start.gamma();
        numbers[1] = start.kappa();
        System.arraycopy(start.steps(), 0, numbers, 2, start.steps().length);
        state.put(name, numbers);
        for (int c = 0; c < start.fields().size(); c++) {
          state.put(name + "_" + c, start.fields().get(c));
        }
      }
      control.checkpoints().save(before + iteration, state);
    }

    @Override
    public Optional<SolverState> load() {
      return index == restored ? saved : Optional.empty();
    }
  }
}
