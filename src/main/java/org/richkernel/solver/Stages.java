package org.richkernel.solver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Stages of a run, one after the other: solves, points of a sweep, populations. A checkpoint holds
 * the results of the finished stages and the state of the present one. A resumed run must request
 * the same stages in the same order; results in the checkpoint are returned without a computation,
 * so it gives the bits of the uninterrupted one.
 *
 * <p>A stage is given a run control whose checkpoints are its own, and may itself run in stages. It
 * returns nothing only if a stop was requested; a stage without a checkpoint then starts over.
 */
public final class Stages {
  private static final String COUNT = "stages";
  private static final String STAGE = "stage_";
  private static final String AT_HAND = "at_hand";

  private final RunControl control;
  private final SolverState saved;
  private final int restored;
  private final List<SolverState> finished = new ArrayList<>();

  /** Loads the checkpoint of the run, if there is one. */
  public Stages(RunControl control) {
    this.control = control;
    saved = control.checkpoints().load().orElseGet(SolverState::new);
    restored = saved.isEmpty() ? 0 : (int) saved.number(COUNT);
  }

  /**
   * The result of the next stage.
   *
   * @param stage returns empty if a stop was requested
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public <T> Optional<T> next(StateForm<T> form, Function<RunControl, Optional<T>> stage) {
    int index = finished.size();
    if (index < restored) {
      SolverState part = saved.part(STAGE + index);
      finished.add(part);
      return Optional.of(form.restore(part));
    }
    Optional<T> result = last(stage);
    if (result.isPresent()) {
      SolverState part = new SolverState();
      form.save(result.get(), part);
      finished.add(part);
      if (control.checkpoints().due()) {
        control.checkpoints().save(finished.size(), state(new SolverState()));
      }
    }
    return result;
  }

  /** The same for the last stage, whose result goes into no checkpoint. */
  public <T> Optional<T> last(Function<RunControl, Optional<T>> stage) {
    OfStage own = new OfStage();
    Optional<T> result =
        control.stop().isRaised()
            ? Optional.empty()
            : stage.apply(new RunControl(control.listener(), control.stop(), own));
    if (result.isEmpty() && !own.left) {
      control.checkpoints().save(finished.size(), state(own.before));
    }
    return result;
  }

  private SolverState state(SolverState atHand) {
    SolverState state = new SolverState().put(COUNT, finished.size());
    for (int i = 0; i < finished.size(); i++) {
      state.put(STAGE + i, finished.get(i));
    }
    return state.put(AT_HAND, atHand);
  }

  /** Checkpoints of the present stage, with the earlier results. */
  private final class OfStage implements CheckpointStore {
    private final SolverState before =
        finished.size() == restored ? saved.part(AT_HAND) : new SolverState();
    private boolean left;

    @Override
    public boolean due() {
      return control.checkpoints().due();
    }

    @Override
    public void save(long iteration, SolverState state) {
      left = true;
      control.checkpoints().save(iteration, state(state));
    }

    @Override
    public Optional<SolverState> load() {
      return Optional.of(before).filter(state -> !state.isEmpty());
    }
  }
}
