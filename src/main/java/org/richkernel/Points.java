package org.richkernel;

import java.util.Optional;
import org.richkernel.data.Dataset;
import org.richkernel.data.Datasets;
import org.richkernel.network.Inputs;
import org.richkernel.network.Targets;

/**
 * Data sets as the theories take them.
 *
 * @param trainInputs P x D
 * @param trainTargets P x K
 * @param testInputs P_t x D, zero rows without a test set
 * @param testTargets P_t x K, if there is a test set
 */
record Points(
    Inputs trainInputs, Targets trainTargets, Inputs testInputs, Optional<Targets> testTargets) {
  static Points of(Datasets data) {
    Dataset train = data.train();
    Inputs trainInputs = inputs(train);
    return new Points(
        trainInputs,
        targets(train),
        data.test().map(Points::inputs).orElse(trainInputs.none()),
        data.test().map(Points::targets));
  }

  private static Inputs inputs(Dataset set) {
    return Inputs.of(set.inputs(), set.points(), set.inputDimension()).withShape(set.shape());
  }

  private static Targets targets(Dataset set) {
    return Targets.of(set.targets(), set.points(), set.outputs());
  }
}
