package org.richkernel.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Precision;
import org.richkernel.limit.LinearShape;
import org.richkernel.limit.fewshot.FewShotModel;
import org.richkernel.limit.fewshot.ImageKernel;
import org.richkernel.limit.fewshot.KernelModel;
import org.richkernel.limit.fewshot.LinearModel;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** Which networks and kernels learn. */
final class FewShotModelOptions {
  private static final String NONE = "none";
  private static final int MOST_WIDTH = 1 << 20;

  @Option(
      names = "--widths",
      paramLabel = "N1,...",
      defaultValue = "inf,512,32",
      description =
          "Number of neurons of each network, inf for the exact limit, or none; differences are"
              + " taken to the first. Default: ${DEFAULT-VALUE}.")
  private String widths = "inf,512,32";

  @Option(
      names = "--repeats",
      paramLabel = "R",
      defaultValue = "1",
      description = "Number of networks of each finite width. Default: ${DEFAULT-VALUE}.")
  private int repeats = 1;

  @Option(
      names = "--kernels",
      paramLabel = "NAME,...",
      defaultValue = "nngp,ntk",
      description =
          "Kernels of a one-hidden-layer ReLU network at its start: nngp, ntk, both or none."
              + " Default: ${DEFAULT-VALUE}.")
  private String kernels = "nngp,ntk";

  @Option(
      names = "--input-deviation",
      paramLabel = "SIGMA",
      description =
          "Standard deviation sigma_u of sqrt(n) times an initial input weight, a pure number."
              + " Default: 1, 0.5 below 32 neurons.")
  private @Nullable Double inputDeviation;

  @Option(
      names = "--readout-deviation",
      paramLabel = "SIGMA",
      description =
          "The same of a readout weight, sigma_v, a pure number. Default: 1/32, below 512 neurons"
              + " 1/8, below 32 1/4, below 8 1/2.")
  private @Nullable Double readoutDeviation;

  @Option(
      names = "--bias-multiplier",
      paramLabel = "BETA",
      description =
          "Multiplier of the first layer's bias, a pure number, 0 for none. Default: 1, below 128"
              + " neurons 0.5, below 32 1, below 8 2.")
  private @Nullable Double biasMultiplier;

  @Option(
      names = "--weight-variance",
      paramLabel = "G",
      defaultValue = "1",
      description =
          "Variance of the input weights of the kernels' network, a pure number. Default:"
              + " ${DEFAULT-VALUE}.")
  private double weightVariance = 1;

  @Option(
      names = "--bias-variance",
      paramLabel = "G",
      defaultValue = "1",
      description = "Variance of its biases, a pure number. Default: ${DEFAULT-VALUE}.")
  private double biasVariance = 1;

  @Option(
      names = "--readout-variance",
      paramLabel = "G",
      defaultValue = "1",
      description =
          "Variance of its readout weights, a pure number, for ntk. Default: ${DEFAULT-VALUE}.")
  private double readoutVariance = 1;

  /** The models in order: networks, then kernels. */
  List<FewShotModel> models(int pixels, int ways) {
    if (repeats < 1 || repeats > 0xffff) {
      throw new InvalidProblemException("repeats", repeats, "use 1 to 65535");
    }
    List<FewShotModel> models = new ArrayList<>();
    for (String part : parts(widths)) {
      OptionalInt width = width(part);
      LinearShape shape = LinearModel.published(width, pixels, ways);
      shape =
          shape
              .withDeviations(
                  inputDeviation == null ? shape.inputDeviation() : inputDeviation,
                  readoutDeviation == null ? shape.readoutDeviation() : readoutDeviation)
              .withBias(biasMultiplier == null ? shape.bias() : biasMultiplier);
      for (int repeat = 0; repeat < (width.isEmpty() ? 1 : repeats); repeat++) {
        models.add(new LinearModel(shape, repeat, Precision.FLOAT32));
      }
    }
    for (String part : parts(kernels)) {
      models.add(
          new KernelModel(
              new ImageKernel(
                  ImageKernel.Kind.named(part), weightVariance, biasVariance, readoutVariance)));
    }
    long different = models.stream().map(m -> m.name() + " " + m.repeat()).distinct().count();
    if (different < models.size()) {
      throw new InvalidProblemException("widths", widths, "name each width once");
    }
    return models;
  }

  private static List<String> parts(String text) {
    return text.strip().equals(NONE)
        ? List.of()
        : List.of(text.split(",", -1)).stream().map(String::strip).toList();
  }

  private OptionalInt width(String part) {
    if (part.equals(LinearModel.INFINITE)) {
      return OptionalInt.empty();
    }
    if (!part.matches("-?[0-9]{1,9}")) {
      throw new InvalidProblemException(
          "widths", widths, "use whole numbers and inf with commas between, such as inf,512,32");
    }
    int n = Integer.parseInt(part);
    if (n < 1 || n > MOST_WIDTH) {
      throw new InvalidProblemException("widths", n, "use widths from 1 to " + MOST_WIDTH);
    }
    return OptionalInt.of(n);
  }
}
