package org.richkernel.cli;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.network.Convolutions;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the network of a command. */
@HelpGroup(HelpGroup.NETWORK)
final class NetworkOptions {
  @Option(
      names = "--hidden-layers",
      paramLabel = "L",
      description = "Number of hidden layers. Default: that of --convolutions, else 1.")
  private @Nullable Integer hiddenLayers;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      defaultValue = "relu",
      description =
          Activation.NAMES
              + "; erf is erf(h), not erf(h/sqrt 2), and SLOPE is 0.01 if left out. Default: "
              + "${DEFAULT-VALUE}.")
  private Activation activation = Activation.RELU;

  @Option(
      names = "--weight-variance",
      paramLabel = "G[,G...]",
      defaultValue = "1",
      description =
          "Prior variance of the weights, in units of 1/fan-in: one number for all layers, "
              + "or L+1 numbers from the input to the readout. Default: ${DEFAULT-VALUE}.")
  private String weightVariance = "1";

  @Option(
      names = "--bias-variance",
      paramLabel = "G",
      defaultValue = "0",
      description =
          "Prior variance of the biases of the hidden layers, in units of the squared "
              + "preactivation. Default: ${DEFAULT-VALUE}.")
  private double biasVariance;

  @Mixin private ConvolutionOptions convolutionOptions = new ConvolutionOptions();

  /** The network, checked. */
  NetworkSpec network() {
    Optional<Convolutions> convolutions = convolutionOptions.convolutions();
    int layers =
        hiddenLayers == null ? convolutions.map(c -> c.layers().size()).orElse(1) : hiddenLayers;
    NetworkSpec dense = NetworkSpec.of(layers, activation).withBiasVariance(biasVariance);
    double[] variances = variances();
    NetworkSpec network =
        variances.length == 1
            ? dense.withWeightVariance(variances[0])
            : dense.withWeightVariances(variances);
    return convolutions.map(network::withConvolutions).orElse(network);
  }

  private double[] variances() {
    String[] parts = weightVariance.split(",", -1);
    double[] numbers = new double[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        numbers[i] = Double.parseDouble(parts[i].strip());
      } catch (NumberFormatException e) {
        InvalidProblemException invalid =
            new InvalidProblemException(
                "weight-variance", weightVariance, "use one number, or L+1 with commas between");
        invalid.initCause(e);
        throw invalid;
      }
    }
    return numbers;
  }

  /** Records one number for each layer, and the defaults of options that are not set. */
  void resolve(Map<String, Object> options) {
    NetworkSpec network = network();
    options.put("hidden-layers", network.hiddenLayers());
    options.put("weight-variance", network.weightVariances());
    convolutionOptions.resolve(options);
  }
}
