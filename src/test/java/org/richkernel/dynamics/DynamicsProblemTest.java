package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

class DynamicsProblemTest {
  private static final NetworkSpec NETWORK = NetworkSpec.of(2, Activation.TANH);
  private static final DynamicsOptions OPTIONS = DynamicsOptions.of(1, 10, 0.1);
  private static final Inputs INPUTS = Inputs.of(new double[] {1, 2, 3, 4}, 2, 2);
  private static final Targets TARGETS = Targets.of(new double[] {1, -1});

  private static void refused(String line, ThrowingCallable make) {
    assertThatThrownBy(make).isInstanceOf(InvalidProblemException.class).hasMessage(line);
  }

  @Test
  void trainingThatMakesNoSenseIsRefusedInOneLine() {
    refused("gamma is 0.0; use a positive finite number", () -> DynamicsOptions.of(0, 10, 0.1));
    refused(
        "step-size is NaN; use a positive finite number",
        () -> DynamicsOptions.of(1, 10, Double.NaN));
    refused("steps is 0; use at least 1", () -> DynamicsOptions.of(1, 0, 0.1));
    refused("samples is 3; use at least 64", () -> OPTIONS.withSamples(3));
    refused(
        "weight-decay is -1.0; use a finite number of at least 0",
        () -> OPTIONS.withWeightDecay(-1));
    refused(
        "weight-decay is 10.0; step-size times weight-decay must stay below 1, so use less than"
            + " 10.0",
        () -> OPTIONS.withWeightDecay(10));
    refused(
        "record-every is -2; use a number of steps, or 0 for the last alone",
        () -> OPTIONS.withRecordEvery(-2));
    refused(
        "batch-size is -1; use a number of points, or 0 for all of them",
        () -> OPTIONS.withBatchSize(-1));
  }

  @Test
  void networksOutsideTheTheoryAreRefusedInOneLine() {
    refused(
        "weight-variance is 2.0; the dynamics are solved for weight variance 1; leave it out",
        () -> DynamicsProblem.of(NETWORK.withWeightVariance(2), OPTIONS, INPUTS, TARGETS));
    refused(
        "bias-variance is 0.1; the dynamics are solved without biases; add a constant column to"
            + " the inputs instead",
        () -> DynamicsProblem.of(NETWORK.withBiasVariance(0.1), OPTIONS, INPUTS, TARGETS));
  }

  @Test
  void dataThatDoNotFitAreRefusedInOneLine() {
    refused(
        "train-y is 1 rows; give one row per input, 2",
        () -> DynamicsProblem.of(NETWORK, OPTIONS, INPUTS, Targets.of(new double[] {1})));
    refused(
        "test-y is 1 outputs; give as many as the training targets have, 2",
        () ->
            new DynamicsProblem(
                NETWORK,
                OPTIONS,
                INPUTS,
                Targets.of(new double[] {1, 2, 3, 4}, 2, 2),
                INPUTS,
                TARGETS));
    refused(
        "batch-size is 3; use at most the number of training points, 2",
        () -> DynamicsProblem.of(NETWORK, OPTIONS.withBatchSize(3), INPUTS, TARGETS));
    refused(
        "test-x is 3 columns; give as many as the training inputs have, 2",
        () ->
            new DynamicsProblem(
                NETWORK,
                OPTIONS,
                INPUTS,
                TARGETS,
                Inputs.of(new double[3], 1, 3),
                Targets.of(new double[0])));
    refused(
        "steps is 20000; (steps + 1) times points, those of the test included, times outputs must"
            + " stay below 2^31; use fewer of them",
        () ->
            new DynamicsProblem(
                NETWORK,
                OPTIONS.withSteps(20000),
                Inputs.of(new double[1], 1, 1),
                Targets.of(new double[11], 1, 11),
                Inputs.of(new double[10000], 10000, 1),
                Targets.of(new double[0], 0, 11)));
    refused(
        "train-size is 0; give at least 1 training point",
        () ->
            DynamicsProblem.of(
                NETWORK, OPTIONS, Inputs.of(new double[0], 0, 2), Targets.of(new double[0])));
  }
}
