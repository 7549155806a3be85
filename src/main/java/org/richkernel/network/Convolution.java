package org.richkernel.network;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One convolutional layer.
 *
 * @param height rows of the kernel, 1 for a sequence
 * @param width columns of the kernel
 * @param stride sites from one output to the next, in both directions
 */
public record Convolution(int height, int width, int stride) {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,6})x(\\d{1,6})(?:/(\\d{1,6}))?");

  /**
   * @throws InvalidProblemException if a number is below 1
   */
  public Convolution {
    if (height < 1 || width < 1) {
      throw new InvalidProblemException(
          "convolutions", height + "x" + width, "use kernels of at least 1x1");
    }
    if (stride < 1) {
      throw new InvalidProblemException(
          "convolutions", height + "x" + width + "/" + stride, "use a stride of at least 1");
    }
  }

  /**
   * Parses a layer such as 3x3 or 3x3/2: rows and columns of the kernel, and the stride if it is
   * not 1.
   *
   * @throws InvalidProblemException for anything else
   */
  public static Convolution parse(String text) {
    Matcher parts = TEXT.matcher(text.strip());
    if (!parts.matches()) {
      throw new InvalidProblemException(
          "convolutions", text.strip(), "use KERNEL or KERNEL/STRIDE a layer, such as 3x3,3x3/2");
    }
    return new Convolution(
        Integer.parseInt(parts.group(1)),
        Integer.parseInt(parts.group(2)),
        parts.group(3) == null ? 1 : Integer.parseInt(parts.group(3)));
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    return height + "x" + width + (stride == 1 ? "" : "/" + stride);
  }
}
