package org.richkernel.stack;

import java.util.Arrays;

/**
 * How many numbers of standard normal prior each sample has in each layer: the rank r of the inputs
 * in the first one; above it P whitened fields, or S weights and a bias.
 *
 * @param layers L
 * @param rank r
 * @param points P
 * @param form of the layers above the first, whitened or weights
 * @param biases whether there are biases
 */
public record FieldShape(int layers, int rank, int points, FieldForm form, boolean biases)
    implements FieldWidths {
  @Override
  public int[] widths(int samples) {
    int[] widths = new int[layers];
    Arrays.fill(widths, form == FieldForm.WEIGHTS ? features(samples) : points);
    widths[0] = rank;
    return widths;
  }

  /** Features that the weights of a layer act on: the S activations below and the bias. */
  public int features(int samples) {
    return biases ? samples + 1 : samples;
  }
}
