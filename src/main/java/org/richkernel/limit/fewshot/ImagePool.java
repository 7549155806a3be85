package org.richkernel.limit.fewshot;

import java.util.List;
import org.richkernel.network.InvalidProblemException;

/**
 * Images of tasks. With class augmentation each class occurs four times, turned by 0, 90, 180 and
 * 270 degrees (Vinyals et al., arXiv:1606.04080).
 */
public final class ImagePool {
  private final float[][] images; // of all classes, one after the other
  private final int[] first; // of each class, and their number at the end
  private final int height;
  private final int width;
  private final int rotations;

  /**
   * A pool of classes.
   *
   * @param classes images of each, examples x height x width
   * @param augmented whether to turn them
   * @throws InvalidProblemException if images to be turned are not square
   */
  public ImagePool(List<float[]> classes, int height, int width, boolean augmented) {
    if (augmented && height != width) {
      throw new InvalidProblemException(
          "rotations",
          "on with images of " + height + " x " + width,
          "only square ones can be turned; use --resize or --no-rotations");
    }
    this.height = height;
    this.width = width;
    rotations = augmented ? 4 : 1;
    int pixels = height * width;
    first = new int[classes.size() + 1];
    for (int c = 0; c < classes.size(); c++) {
      first[c + 1] = first[c] + classes.get(c).length / pixels;
    }
    images = new float[first[classes.size()]][pixels];
    for (int c = 0; c < classes.size(); c++) {
      for (int i = first[c]; i < first[c + 1]; i++) {
        System.arraycopy(classes.get(c), (i - first[c]) * pixels, images[i], 0, pixels);
      }
    }
  }

  /** Number of classes; each rotation counts as a class. */
  public int classes() {
    return (first.length - 1) * rotations;
  }

  /** Number of images without rotations. */
  public int images() {
    return images.length;
  }

  /** Number of rotations of each image, 1 or 4. */
  public int rotations() {
    return rotations;
  }

  /** d. */
  public int pixels() {
    return height * width;
  }

  /** Number of images of the smallest class. */
  public int fewestExamples() {
    int fewest = Integer.MAX_VALUE;
    for (int c = 0; c + 1 < first.length; c++) {
      fewest = Math.min(fewest, first[c + 1] - first[c]);
    }
    return fewest;
  }

  /** Number of images of a class. */
  int examples(int cls) {
    return first[cls / rotations + 1] - first[cls / rotations];
  }

  /** Quarter turns of a class. */
  int rotation(int cls) {
    return cls % rotations;
  }

  /** Index of an example of a class among all images. */
  int image(int cls, int example) {
    return first[cls / rotations] + example;
  }

  /**
   * Writes an image.
   *
   * @param rotation quarter turns, counterclockwise
   */
  void copy(int image, int rotation, float[] target, int offset) {
    float[] from = images[image];
    int last = height - 1;
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        int source =
            switch (rotation) {
              case 0 -> i * width + j;
              case 1 -> j * width + last - i;
              case 2 -> (last - i) * width + last - j;
              default -> (last - j) * width + i;
            };
        target[offset + i * width + j] = from[source];
      }
    }
  }
}
