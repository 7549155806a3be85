package org.richkernel.solver;

/**
 * How a result is put into a checkpoint and taken out again, with all that will be asked of it.
 *
 * @param <T> the result
 */
public interface StateForm<T> {
  /** Adds the result to an empty state; the arrays may be shared if they do not change. */
  void save(T result, SolverState state);

  /** The result that was saved. */
  T restore(SolverState state);
}
