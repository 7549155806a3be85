package org.richkernel.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.network.InvalidProblemException;

/**
 * Gray images of one size, sorted into classes.
 *
 * @param names of the classes
 * @param images of each class, examples x height x width, row-major, 0 black to 1 white as stored
 * @param files that they were read from, by the name of their option
 */
public record ImageClasses(
    List<String> names, List<float[]> images, int height, int width, Map<String, DataFile> files) {

  /**
   * Takes copies of the lists.
   *
   * @throws IllegalArgumentException if they do not fit together
   */
  public ImageClasses {
    names = List.copyOf(names);
    images = List.copyOf(images);
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    if (names.size() != images.size()) {
      throw new IllegalArgumentException("each class needs a name");
    }
    for (float[] of : images) {
      if (of.length % (height * width) != 0) {
        throw new IllegalArgumentException("images of unlike sizes");
      }
    }
  }

  /** Number of classes. */
  public int count() {
    return names.size();
  }

  /** Pixels of an image. */
  public int pixels() {
    return height * width;
  }

  /** Images of a class. */
  public int examples(int index) {
    return images.get(index).length / pixels();
  }

  /** Images of all classes. */
  public int total() {
    int sum = 0;
    for (int c = 0; c < count(); c++) {
      sum += examples(c);
    }
    return sum;
  }

  /** Some of the classes. */
  public ImageClasses range(int first, int number) {
    return new ImageClasses(
        names.subList(first, first + number),
        images.subList(first, first + number),
        height,
        width,
        files);
  }

  /**
   * Means over blocks of pixels.
   *
   * @param side of a block, a divisor of height and width
   * @throws InvalidProblemException if it is none
   */
  public ImageClasses pooled(int side) {
    if (side < 1 || height % side != 0 || width % side != 0) {
      throw new InvalidProblemException(
          "pool-input", side, "use a divisor of the image size, " + height + " x " + width);
    }
    return resized(height / side, width / side);
  }

  /** Means over the area of each pixel of another size. */
  public ImageClasses resized(int toHeight, int toWidth) {
    if (toHeight == height && toWidth == width) {
      return this;
    }
    List<float[]> smaller = new ArrayList<>();
    for (int c = 0; c < count(); c++) {
      float[] of = images.get(c);
      float[] to = new float[examples(c) * toHeight * toWidth];
      for (int e = 0; e < examples(c); e++) {
        AreaMean.of(of, e * pixels(), height, width, to, e * toHeight * toWidth, toHeight, toWidth);
      }
      smaller.add(to);
    }
    return new ImageClasses(names, smaller, toHeight, toWidth, files);
  }

  /** 1 - x of every pixel: bright ink on dark paper. */
  public ImageClasses inverted() {
    List<float[]> all = new ArrayList<>();
    for (float[] of : images) {
      float[] to = new float[of.length];
      for (int i = 0; i < to.length; i++) {
        to[i] = 1 - of[i];
      }
      all.add(to);
    }
    return new ImageClasses(names, all, height, width, files);
  }

  /** SHA-256 of names, sizes and pixels. */
  public String checksum() {
    MessageDigest digest = Sha256.digest();
    for (int c = 0; c < count(); c++) {
      digest.update((names.get(c) + "\n" + height + "x" + width).getBytes(StandardCharsets.UTF_8));
      ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * images.get(c).length);
      bytes.asFloatBuffer().put(images.get(c));
      digest.update(bytes.array());
    }
    return Sha256.of(digest);
  }

  /** Classes, images and sizes in a few words. */
  public String line() {
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int c = 0; c < count(); c++) {
      least = Math.min(least, examples(c));
      most = Math.max(most, examples(c));
    }
    return "read "
        + total()
        + " images of "
        + height
        + " x "
        + width
        + " in "
        + count()
        + " classes of "
        + (least == most ? String.valueOf(least) : least + " to " + most);
  }
}
