package org.richkernel.solver;

import org.richkernel.group.RankGroup;

/**
 * Control of a run: listener, stop signal and checkpoints.
 *
 * @param listener receives progress
 * @param stop asks for a stop
 * @param checkpoints keeps states
 */
public record RunControl(Progress.Listener listener, StopSignal stop, CheckpointStore checkpoints) {
  /** No progress, no stop, no checkpoints. */
  public static RunControl silent() {
    return new RunControl(Progress.Listener.silent(), new StopSignal(), CheckpointStore.none());
  }

  /**
   * The control of a rank: one that is stopped stops all, and rank 0 keeps the states of all, which
   * are the same.
   */
  public RunControl among(RankGroup ranks) {
    return ranks.size() == 1
        ? this
        : new RunControl(
            listener, new CommonStop(ranks, stop), new FirstRankCheckpoints(ranks, checkpoints));
  }
}
