package org.richkernel.solver;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the last state, as a checkpoint folder would; no checkpoint is ever due. */
public final class InMemoryCheckpoints implements CheckpointStore {
  private @Nullable SolverState state;
  private long iteration;

  @Override
  public boolean due() {
    return false;
  }

  @Override
  public void save(long after, SolverState saved) {
    iteration = after;
    state = saved;
  }

  @Override
  public Optional<SolverState> load() {
    return Optional.ofNullable(state);
  }

  /** The iteration of the last state. */
  public long iteration() {
    return iteration;
  }
}
