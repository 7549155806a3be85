package org.richkernel.cli;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.Convolutions;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.option.Words;
import picocli.CommandLine.Option;

/** Layers that are convolutions. */
@HelpGroup(HelpGroup.NETWORK)
final class ConvolutionOptions {
  @Option(
      names = "--convolutions",
      paramLabel = "RxC[/STRIDE],...",
      description =
          "Convolutional hidden layers: rows and columns of the kernel, and the stride of the layer,"
              + " such as 3x3,3x3/2. Unit: sites. Default: none, the layers are fully connected.")
  private @Nullable String layers;

  @Option(
      names = "--padding",
      paramLabel = "NAME",
      description =
          "With --convolutions: same (zeros beyond the edges), valid (kernels stay inside) or"
              + " circular. Default: same.")
  private SiteMap.@Nullable Padding padding;

  @Option(
      names = "--readout",
      paramLabel = "NAME",
      description =
          "With --convolutions: flatten (a weight for each channel and site, normalized by"
              + " 1/sqrt(sites)) or gap (a weight for each channel, on the mean over sites). Default:"
              + " flatten.")
  private @Nullable SiteReadout readout;

  /**
   * The layers; empty for a fully connected network.
   *
   * @throws InvalidProblemException if they make no sense, or only the others were given
   */
  Optional<Convolutions> convolutions() {
    if (layers == null) {
      requireNone("padding", padding);
      requireNone("readout", readout);
      return Optional.empty();
    }
    Convolutions described = Convolutions.parse(layers);
    return Optional.of(
        described
            .withPadding(padding == null ? described.padding() : padding)
            .withReadout(readout == null ? described.readout() : readout));
  }

  private static void requireNone(String option, @Nullable Enum<?> value) {
    if (value != null) {
      throw new InvalidProblemException(
          option, Words.of(value), "it belongs to --convolutions; give both or none");
    }
  }

  /**
   * Refuses layers that are not those of a fit.
   *
   * @param fit empty for a fully connected network
   */
  void requireThoseOf(Optional<Convolutions> fit) {
    require("convolutions", layers, fit.map(Convolutions::text));
    require("padding", word(padding), fit.map(known -> Words.of(known.padding())));
    require("readout", word(readout), fit.map(known -> Words.of(known.readout())));
  }

  private static @Nullable String word(@Nullable Enum<?> value) {
    return value == null ? null : Words.of(value);
  }

  private static void require(String option, @Nullable String given, Optional<String> known) {
    if (given != null && !given.replace(" ", "").equals(known.orElse(""))) {
      throw new InvalidProblemException(
          option,
          given,
          known
              .map(value -> "the fit was made with " + value + "; leave it out")
              .orElse("the layers of the fit are fully connected; leave it out"));
    }
  }

  /** Records the defaults of options that are not set. */
  void resolve(Map<String, Object> options) {
    convolutions()
        .ifPresent(
            described -> {
              options.put("padding", Words.of(described.padding()));
              options.put("readout", Words.of(described.readout()));
            });
  }
}
