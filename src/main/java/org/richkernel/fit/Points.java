package org.richkernel.fit;

import java.util.Optional;
import org.richkernel.data.Dataset;
import org.richkernel.data.Datasets;
import org.richkernel.network.Inputs;
import org.richkernel.network.Targets;
import org.richkernel.result.PredictedRows;

/**
 * Data sets as the theories take them.
 *
 * @param trainInputs P x D
 * @param trainTargets P x K
 * @param testInputs P_t x D, zero rows without a test set
 * @param testTargets P_t x K, if there is a test set whose targets are known
 * @param predicted rows of the test points, or of the training points without test points
 */
public record Points(
    Inputs trainInputs,
    Targets trainTargets,
    Inputs testInputs,
    Optional<Targets> testTargets,
    PredictedRows predicted) {
  /** The arrays of data sets. */
  public static Points of(Datasets data) {
    Dataset train = data.train();
    Inputs trainInputs = inputs(train);
    return new Points(
        trainInputs,
        targets(train),
        data.test().map(Points::inputs).orElse(trainInputs.none()),
        data.test().filter(test -> test.outputs() > 0).map(Points::targets),
        new PredictedRows(
            data.test().isPresent() ? "test" : "train",
            data.test().orElse(train).rows(),
            train.classNames()));
  }

  /** Whether there are test points, with targets or without. */
  boolean tested() {
    return testInputs.rows() > 0;
  }

  private static Inputs inputs(Dataset set) {
    return Inputs.of(set.inputValues(), set.points(), set.inputDimension()).withShape(set.shape());
  }

  private static Targets targets(Dataset set) {
    return Targets.of(set.targets(), set.points(), set.outputs());
  }
}
