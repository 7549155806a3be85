package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.richkernel.solver.SolverState;

/** Kept populations of a chain for predictions, spread evenly over the measured sweeps. */
final class Snapshots {
  private final List<SamplingChain.Snapshot> kept = new ArrayList<>();
  private int looks; // at which one could be kept
  private int stride = 1; // looks between two

  /**
   * Keeps the present population if due.
   *
   * @param most largest number of kept populations
   */
  void look(int most, Supplier<SamplingChain.Snapshot> present) {
    if (looks++ % stride != 0) {
      return;
    }
    if (kept.size() >= most) {
      for (int i = 1; i < kept.size(); i++) {
        kept.remove(i);
      }
      stride *= 2;
      if (kept.size() >= most) {
        kept.remove(0);
      } else if ((looks - 1) % stride != 0) {
        return;
      }
    }
    kept.add(present.get());
  }

  /** The populations, oldest first. */
  List<SamplingChain.Snapshot> all() {
    return List.copyOf(kept);
  }

  void clear() {
    kept.clear();
    looks = 0;
    stride = 1;
  }

  /** Adds the populations to a checkpoint. */
  void save(SolverState state, String name) {
    state.put(name, looks, stride, kept.size());
    for (int i = 0; i < kept.size(); i++) {
      state.put(name + "_xi_" + i, kept.get(i).xi());
      state.put(name + "_readout_" + i, kept.get(i).readout());
    }
  }

  /** Restores a saved state. */
  void restore(SolverState state, String name) {
    double[] numbers = state.doubles(name);
    looks = (int) numbers[0];
    stride = (int) numbers[1];
    for (int i = 0; i < (int) numbers[2]; i++) {
      kept.add(
          new SamplingChain.Snapshot(
              state.floats(name + "_xi_" + i), state.doubles(name + "_readout_" + i)));
    }
  }
}
