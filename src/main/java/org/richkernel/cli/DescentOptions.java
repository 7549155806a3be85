package org.richkernel.cli;

import java.util.Set;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.Loss;
import picocli.CommandLine.Option;

/** How a network is trained by gradient descent. */
final class DescentOptions {
  /** The options of this group by their names. */
  static final Set<String> NAMES =
      Set.of("steps", "step-size", "weight-decay", "loss", "batch-size", "record-every");

  @Option(
      names = "--steps",
      paramLabel = "T",
      defaultValue = "100",
      description = "gd: number of steps. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--step-size",
      paramLabel = "ETA",
      defaultValue = "0.1",
      description =
          "gd: step eta; a weight moves by eta N gamma^2 times its gradient. Unit: training time. "
              + "Default: ${DEFAULT-VALUE}.")
  private double stepSize;

  @Option(
      names = "--weight-decay",
      paramLabel = "LAMBDA",
      defaultValue = "0",
      description =
          "gd: decay rate of the weights, in units of 1/training time. Default: "
              + "${DEFAULT-VALUE}.")
  private double weightDecay;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      defaultValue = "sum",
      converter = OptionNames.LossName.class,
      description =
          "gd: sum or mean of the squared errors over the points of a step, halved. Default: "
              + "${DEFAULT-VALUE}.")
  private Loss loss = Loss.SUM;

  @Option(
      names = "--batch-size",
      paramLabel = "B",
      defaultValue = "0",
      description =
          "gd: training points of each step, taken in turn; 0 for all. Unit: points. Default: "
              + "${DEFAULT-VALUE}.")
  private int batchSize;

  @Option(
      names = "--record-every",
      paramLabel = "K",
      defaultValue = "0",
      description =
          "gd: follow the kernels at every K-th step; 0 for the first and the last alone."
              + " Unit: steps. Default: ${DEFAULT-VALUE}.")
  private int recordEvery;

  /** These options, checked. */
  DynamicsOptions options(double gamma, long seed) {
    return DynamicsOptions.of(gamma, steps, stepSize)
        .withWeightDecay(weightDecay)
        .withLoss(loss)
        .withBatchSize(batchSize)
        .withRecordEvery(recordEvery)
        .withSeed(seed);
  }
}
