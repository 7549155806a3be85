package org.richkernel.model;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;

/**
 * Stands for a theory whose outputs are known at the points that it was solved for and at no
 * others: it refuses new inputs in one line.
 *
 * @param solver its name on the command line
 */
public record GivenPointsOnly(String solver) implements Predictor {
  /**
   * Refuses.
   *
   * @throws InvalidProblemException always
   */
  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    throw refused();
  }

  /**
   * Refuses.
   *
   * @throws InvalidProblemException always
   */
  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    throw refused();
  }

  private InvalidProblemException refused() {
    return new InvalidProblemException(
        "test-x",
        "new to this result (solver " + solver + ")",
        "it follows the points it was made with; name them as --test-x of dynamics, or use one"
            + " hidden layer and --solver one-hidden");
  }
}
