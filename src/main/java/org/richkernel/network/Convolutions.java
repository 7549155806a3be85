package org.richkernel.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The layers of a convolutional network: h^{l+1}_a = (k N)^{-1/2} sum_d W^l_d phi(h^l_{a+d}) with k
 * offsets d, weights that all sites share, and the full k at the border too.
 *
 * @param layers first layer first, at least one
 * @param padding of all layers
 * @param readout how the last layer is read
 */
public record Convolutions(List<Convolution> layers, SiteMap.Padding padding, SiteReadout readout) {
  /**
   * @throws InvalidProblemException if there are no layers
   */
  public Convolutions {
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new InvalidProblemException("convolutions", "empty", "give at least one layer");
    }
  }

  /**
   * Parses layers such as 3x3,3x3/2, with zero padding and a flattened readout.
   *
   * @throws InvalidProblemException if a layer cannot be read
   */
  public static Convolutions parse(String text) {
    List<Convolution> layers = new ArrayList<>();
    for (String layer : text.split(",", -1)) {
      layers.add(Convolution.parse(layer));
    }
    return new Convolutions(layers, SiteMap.Padding.SAME, SiteReadout.FLATTEN);
  }

  /** The same with another padding. */
  public Convolutions withPadding(SiteMap.Padding other) {
    return new Convolutions(layers, other, readout);
  }

  /** The same with another readout. */
  public Convolutions withReadout(SiteReadout other) {
    return new Convolutions(layers, padding, other);
  }

  /**
   * The site maps of the layers on images, first layer first.
   *
   * @throws InvalidProblemException if a kernel is larger than its input; the message names it
   */
  public List<SiteMap> maps(ImageShape image) {
    List<SiteMap> maps = new ArrayList<>();
    int height = image.height();
    int width = image.width();
    for (Convolution layer : layers) {
      SiteMap map =
          SiteMap.of(height, width, layer.height(), layer.width(), layer.stride(), padding);
      maps.add(map);
      height = map.outputHeight();
      width = map.outputWidth();
    }
    return maps;
  }

  @Override
  public String toString() {
    return text() + ", padding " + word(padding) + ", readout " + word(readout);
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** The layers as {@link #parse} reads them. */
  public String text() {
    return layers.stream().map(Convolution::toString).collect(Collectors.joining(","));
  }
}
