package org.richkernel.solver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every state that a run saves, copied as by a disk, so that the run can be resumed as if it had
 * been killed after any of them. A checkpoint is always due.
 */
public final class SavedStates {
  private final List<SolverState> states = new ArrayList<>();

  /** A run that is not stopped. */
  public RunControl whole(Progress.Listener listener) {
    return new RunControl(listener, new StopSignal(), store(null));
  }

  /** The same without progress. */
  public RunControl whole() {
    return whole(Progress.Listener.silent());
  }

  /** A run that is asked to stop by its n-th report of progress, or before it begins for 0. */
  public RunControl stopping(long report) {
    StopSignal stop = new StopSignal();
    if (report == 0) {
      stop.raise();
    }
    long[] reports = {0};
    Progress.Listener listener =
        progress -> {
          if (++reports[0] == report) {
            stop.raise();
          }
        };
    return new RunControl(listener, stop, store(null));
  }

  /** A run that goes on from the i-th state. */
  public RunControl from(int index, Progress.Listener listener) {
    return new RunControl(listener, new StopSignal(), store(states.get(index)));
  }

  /** The same without progress. */
  public RunControl from(int index) {
    return from(index, Progress.Listener.silent());
  }

  /** A run that goes on from the last state and is asked to stop before it begins. */
  public RunControl stoppedAgain() {
    StopSignal stop = new StopSignal();
    stop.raise();
    return new RunControl(Progress.Listener.silent(), stop, store(states.get(count() - 1)));
  }

  /** States that were saved. */
  public int count() {
    return states.size();
  }

  private CheckpointStore store(@Nullable SolverState start) {
    return new CheckpointStore() {
      @Override
      public boolean due() {
        return true;
      }

      @Override
      public void save(long iteration, SolverState state) {
        states.add(copy(state));
      }

      @Override
      public Optional<SolverState> load() {
        return Optional.ofNullable(start).map(SavedStates::copy);
      }
    };
  }

  private static SolverState copy(SolverState state) {
    SolverState copy = new SolverState();
    state.allDoubles().forEach((name, values) -> copy.put(name, values.clone()));
    state.allFloats().forEach((name, values) -> copy.put(name, values.clone()));
    return copy;
  }
}
