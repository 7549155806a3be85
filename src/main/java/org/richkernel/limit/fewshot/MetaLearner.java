package org.richkernel.limit.fewshot;

import java.util.List;
import org.richkernel.solver.SolverState;

/** A function of images in meta-training. */
interface MetaLearner {
  /**
   * Loss and gradient of a meta-step before its update.
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

  /** Accuracy on each of some evaluation tasks, after the inner steps of an evaluation. */
  double[] evaluate(List<Task> tasks);

  /** Adds the state of later steps to a checkpoint. */
  void save(SolverState state);

  /** Restores a saved state. */
  void restore(SolverState state);
}
