package org.richkernel.solver;

import java.util.Optional;

/** Where a solver leaves its state, and finds it again. */
public interface CheckpointStore {
  /** Whether it is time for a periodic checkpoint; must not influence results. */
  boolean due();

  /** Saves the state after the given number of iterations, durably. */
  void save(long iteration, SolverState state);

  /** The newest valid state, if any. */
  Optional<SolverState> load();

  /** A store that never saves. */
  static CheckpointStore none() {
    return new CheckpointStore() {
      @Override
      public boolean due() {
        return false;
      }

      @Override
      public void save(long iteration, SolverState state) {
        // Nothing is kept by design.
      }

      @Override
      public Optional<SolverState> load() {
        return Optional.empty();
      }
    };
  }
}
