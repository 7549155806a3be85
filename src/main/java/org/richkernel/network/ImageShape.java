package org.richkernel.network;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The shape of a point that is an image. Its numbers are ordered by row, then column, then channel,
 * so that site a = row width + column has the numbers a channels .. (a + 1) channels - 1. A vector
 * of D numbers is an image of one site with D channels.
 *
 * @param height rows of sites, 1 for a sequence
 * @param width columns of sites
 * @param channels C, numbers of a site
 */
public record ImageShape(int height, int width, int channels) {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,6})x(\\d{1,6})(?:x(\\d{1,6}))?");

  /**
   * @throws InvalidProblemException if a number is below 1, or D is 2^31 or more
   */
  public ImageShape {
    if (height < 1 || width < 1 || channels < 1) {
      throw new InvalidProblemException(
          "image-shape", height + "x" + width + "x" + channels, "use at least 1x1x1");
    }
    if ((long) height * width * channels > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          "image-shape", height + "x" + width + "x" + channels, "use less than 2^31 numbers");
    }
  }

  /** The shape of a point without sites. */
  public static ImageShape ofVector(int dimension) {
    return new ImageShape(1, 1, dimension);
  }

  /**
   * Parses a shape such as 28x28 or 32x32x3; one channel if none is given.
   *
   * @throws InvalidProblemException for anything else
   */
  public static ImageShape parse(String text) {
    Matcher parts = TEXT.matcher(text.strip());
    if (!parts.matches()) {
      throw new InvalidProblemException(
          "image-shape", text, "use HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS, such as 28x28");
    }
    return new ImageShape(
        Integer.parseInt(parts.group(1)),
        Integer.parseInt(parts.group(2)),
        parts.group(3) == null ? 1 : Integer.parseInt(parts.group(3)));
  }

  /** s, the number of sites. */
  public int sites() {
    return height * width;
  }

  /** D, the numbers of a point. */
  public int dimension() {
    return height * width * channels;
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    return height + "x" + width + (channels == 1 ? "" : "x" + channels);
  }
}
