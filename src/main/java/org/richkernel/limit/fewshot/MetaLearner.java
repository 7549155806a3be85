package org.richkernel.limit.fewshot;

import java.util.List;
import org.richkernel.solver.SolverState;

/** A function of images that learns to learn. */
interface MetaLearner {
  /**
   * What a meta-step saw before it moved.
   *
   * @param loss outer loss, mean over tasks
   * @param norm of the outer gradient before clipping
   */
  record Step(double loss, double norm) {
    boolean isFinite() {
      return Double.isFinite(loss) && Double.isFinite(norm);
    }
  }

  /** One meta-step on training tasks. */
  Step learn(List<Task> tasks);

  /** Accuracy on each of some tasks of the other pool, after the steps of an evaluation. */
  double[] evaluate(List<Task> tasks);

  /** Adds everything that a later step depends on. */
  void save(SolverState state);

  /** Takes up a saved state. */
  void restore(SolverState state);
}
