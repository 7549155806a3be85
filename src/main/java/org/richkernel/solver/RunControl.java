package org.richkernel.solver;

/**
 * What surrounds a run: who listens, who may stop it, where it is checkpointed.
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
}
