package org.richkernel.stack;

import java.util.Arrays;
import org.richkernel.network.NetworkSpec;

/**
 * Number of parameters of standard normal prior per sample and layer: the rank r of the inputs in
 * the first layer; above it P whitened fields, or S weights and a bias.
 *
 * @param layers L
 * @param rank r
 * @param points P
 * @param form of the layers above the first, whitened or weights
 * @param biases whether there are biases
 */
public record FieldShape(int layers, int rank, int points, FieldForm form, boolean biases)
    implements FieldWidths {
  /** The shape of the fields of a network. */
  public static FieldShape of(NetworkSpec network, int rank, int points, FieldForm form) {
    return new FieldShape(network.hiddenLayers(), rank, points, form, network.biasVariance() > 0);
  }

  @Override
  public int[] widths(int samples) {
    int[] widths = new int[layers];
    Arrays.fill(widths, form == FieldForm.WEIGHTS ? features(samples) : points);
    widths[0] = rank;
    return widths;
  }

  /** Most columns of a layer's fields. */
  public int widest(int samples) {
    return Arrays.stream(widths(samples)).max().orElseThrow();
  }

  /**
   * Number of features that the weights of a layer act on: the S activations below and the bias.
   */
  public int features(int samples) {
    return biases ? samples + 1 : samples;
  }
}
