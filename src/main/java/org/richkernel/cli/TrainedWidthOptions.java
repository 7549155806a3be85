package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.limit.Parametrization;
import org.richkernel.limit.ScalingOptions;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Networks of several widths that show the exponents. */
@HelpGroup("Trained networks (--train)")
final class TrainedWidthOptions {
  private static final Set<String> NAMES =
      Set.of(
          "widths", "repeats", "activation", "steps", "step-size", "weight-decay", "seed", "dump");

  @Option(
      names = "--train",
      negatable = true,
      description =
          "Train networks of several widths on 4 random points in 8 dimensions, and measure the"
              + " exponents. Default: off.")
  private boolean train;

  @Option(
      names = "--widths",
      paramLabel = "N1,...",
      defaultValue = "64,128,256,512,1024",
      description =
          "Number of neurons of a hidden layer, one for each point of the slope. Default:"
              + " ${DEFAULT-VALUE}.")
  private String widths = "64,128,256,512,1024";

  @Option(
      names = "--repeats",
      paramLabel = "R",
      defaultValue = "4",
      description = "Number of networks of each width. Default: ${DEFAULT-VALUE}.")
  private int repeats = 4;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      defaultValue = "tanh",
      description =
          Activation.NAMES
              + "; erf is erf(h), not erf(h/sqrt 2), and SLOPE is 0.01 if left out. Default: "
              + "${DEFAULT-VALUE}.")
  private Activation activation = Activation.TANH;

  @Option(
      names = "--steps",
      paramLabel = "T",
      defaultValue = "4",
      description =
          "Number of steps on all points; slopes are of the last, and of the first for"
              + " parametrizations that are not stable. Default: ${DEFAULT-VALUE}.")
  private int steps = 4;

  @Option(
      names = "--step-size",
      paramLabel = "ETA",
      description =
          "Learning rate at n = 1, a pure number. Default: 0.5 of sgd, 0.2 of momentum, 0.1 of"
              + " adam.")
  private @Nullable Double stepSize;

  @Option(
      names = "--weight-decay",
      paramLabel = "LAMBDA",
      defaultValue = "0",
      description =
          "Decoupled weight decay times n^{C_l} in layer l, a pure number. Default:"
              + " ${DEFAULT-VALUE}.")
  private double weightDecay;

  @Option(
      names = "--dump",
      paramLabel = "DIR",
      description =
          "Write the coordinates of every network there, as 'check' reads them. Default: none.")
  private @Nullable Path dump;

  @Mixin private SeedOption seed = new SeedOption();

  /** Whether networks are to be trained. */
  boolean given() {
    return train;
  }

  /** Where to write coordinates. */
  Optional<Path> dump() {
    return Optional.ofNullable(dump);
  }

  /** Complains about options that only trained networks have. */
  void requireUnused(CommandSpec command) {
    for (String name : new TreeSet<>(NAMES)) {
      if (command.commandLine().getParseResult().hasMatchedOption("--" + name)) {
        throw new InvalidProblemException(name, "given", "it is of trained networks; add --train");
      }
    }
  }

  /** How to train. */
  ScalingOptions options(Parametrization parametrization) {
    ScalingOptions usual = ScalingOptions.usual(parametrization);
    return usual
        .withNetworks(list(), repeats, activation)
        .withSteps(steps, stepSize == null ? usual.stepSize() : stepSize)
        .withWeightDecay(weightDecay, usual.weightDecayExponents())
        .withSeed(seed.value());
  }

  private List<Integer> list() {
    List<Integer> all = new ArrayList<>();
    for (String part : widths.split(",", -1)) {
      if (!part.strip().matches("[0-9]{1,9}")) {
        throw new InvalidProblemException(
            "widths", widths, "use whole numbers with commas between, such as 64,128,256,512");
      }
      all.add(Integer.valueOf(part.strip()));
    }
    return all;
  }
}
