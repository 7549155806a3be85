package org.richkernel.solver;

import java.util.Optional;

/** Where a solver leaves its state, and finds it again. */
public interface CheckpointStore {
  /** Whether it is time for a periodic checkpoint; must not influence results. */
  boolean due();

  /**
   * Whether the state at the end of a solve is to be saved too, because more work follows it that a
   * stop may interrupt.
   */
  default boolean keepsEnd() {
    return false;
  }

  /** Wall-clock seconds that saving and loading have taken so far. */
  default double seconds() {
    return 0;
  }

  /** Saves the state after the given number of iterations, durably. */
  void save(long iteration, SolverState state);

  /** The newest valid state, if any. */
  Optional<SolverState> load();

  /** The same store, which keeps the state at the end of a solve. */
  static CheckpointStore keepingEnd(CheckpointStore store) {
    return new CheckpointStore() {
      @Override
      public boolean due() {
        return store.due();
      }

      @Override
      public boolean keepsEnd() {
        return true;
      }

      @Override
      public double seconds() {
        return store.seconds();
      }

      @Override
      public void save(long iteration, SolverState state) {
        store.save(iteration, state);
      }

      @Override
      public Optional<SolverState> load() {
        return store.load();
      }
    };
  }

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
