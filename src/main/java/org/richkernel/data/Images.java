package org.richkernel.data;

import java.util.Optional;
import org.richkernel.network.ImageShape;
import org.richkernel.network.InvalidProblemException;

/**
 * Interpretation of the points of a file as images, with their preprocessing: their numbers are
 * brought into the order row, column, channel, and blocks of K x K sites are averaged.
 *
 * <p>A file of three dimensions holds one channel, P x H x W, a file of four any number of them;
 * the rows of other files are flat, and their shape must be told.
 *
 * @param shape of the images in the files; empty where the files tell it, or for points that are no
 *     images
 * @param layout order of the numbers of an image with several channels
 * @param pool K, at least 1
 */
public record Images(Optional<ImageShape> shape, ImageLayout layout, int pool) {
  /** Points without preprocessing. */
  public static final Images AS_READ = new Images(Optional.empty(), ImageLayout.HWC, 1);

  public Images {
    if (pool < 1) {
      throw new InvalidProblemException("pool-input", pool, "use at least 1");
    }
  }

  /** The same with the shape of the images of a file, if no shape was given. */
  Images knowing(Table file) {
    return shape.isPresent() ? this : new Images(ownShape(file), layout, pool);
  }

  /** The shape of a point after reading: that of a vector without images. */
  public ImageShape pooled(int dimension) {
    return shape.map(this::pooled).orElse(ImageShape.ofVector(dimension));
  }

  private ImageShape pooled(ImageShape raw) {
    return new ImageShape(raw.height() / pool, raw.width() / pool, raw.channels());
  }

  private Optional<ImageShape> ownShape(Table file) {
    int[] d = file.shape();
    if (d.length == 3) {
      return Optional.of(new ImageShape(d[1], d[2], 1));
    }
    if (d.length == 4) {
      return Optional.of(
          layout == ImageLayout.HWC
              ? new ImageShape(d[1], d[2], d[3])
              : new ImageShape(d[2], d[3], d[1]));
    }
    return Optional.empty();
  }

  /**
   * The points of a file as the network sees them, one a row.
   *
   * @throws InvalidDataException if the images of the file have another shape
   * @throws InvalidProblemException if the shape is needed and not known, or is no multiple of K
   */
  Table arrange(Table file) {
    Optional<ImageShape> own = ownShape(file);
    if (shape.isEmpty() && own.isEmpty()) {
      if (pool > 1) {
        throw new InvalidProblemException(
            "image-shape",
            "missing",
            "the rows of " + file.source() + " are flat; give HxW or HxWxC for --pool-input");
      }
      return file;
    }
    ImageShape raw = shape.or(() -> own).orElseThrow();
    requireFits(file, raw, own);
    boolean inOrder = layout == ImageLayout.HWC || raw.channels() == 1 || raw.sites() == 1;
    return pool == 1 && inOrder ? file : arranged(file, raw);
  }

  private void requireFits(Table file, ImageShape raw, Optional<ImageShape> own) {
    if (raw.dimension() != file.columns() || own.isPresent() && !own.get().equals(raw)) {
      throw new InvalidDataException(
          file.source(),
          "it holds "
              + own.map(held -> "images of " + held + ", not of " + raw)
                  .orElse(
                      file.columns()
                          + " numbers a row, images of "
                          + raw
                          + " have "
                          + raw.dimension()),
          "give images of this shape, or another --image-shape");
    }
    if (raw.height() % pool != 0 || raw.width() % pool != 0) {
      throw new InvalidProblemException(
          "pool-input", pool, "use a number that divides both sides of the images, " + raw);
    }
  }

  private Table arranged(Table file, ImageShape raw) {
    ImageShape after = pooled(raw);
    int columns = after.dimension();
    double[] values = Heap.doubles(file.source(), (long) file.rows() * columns);
    double[] image = new double[raw.dimension()];
    int[] target = new int[image.length];
    for (int i = 0; i < image.length; i++) {
      target[i] = target(raw, after, i);
    }
    double share = 1.0 / (pool * pool);
    for (int p = 0; p < file.rows(); p++) {
      file.copyRow(p, image);
      for (int i = 0; i < image.length; i++) {
        values[p * columns + target[i]] += share * image[i];
      }
    }
    return file.replaced(values, columns);
  }

  /** Where the number at an index of a file goes. */
  private int target(ImageShape raw, ImageShape after, int index) {
    boolean channelsLast = layout == ImageLayout.HWC;
    int site = channelsLast ? index / raw.channels() : index % raw.sites();
    int channel = channelsLast ? index % raw.channels() : index / raw.sites();
    int row = site / raw.width() / pool;
    int column = site % raw.width() / pool;
    return (row * after.width() + column) * after.channels() + channel;
  }
}
