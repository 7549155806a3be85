package org.richkernel.cli;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.data.ImageLayout;
import org.richkernel.data.Images;
import org.richkernel.network.ImageShape;
import org.richkernel.option.Words;
import picocli.CommandLine.Option;

/** How points are images. */
@HelpGroup(HelpGroup.DATA)
final class ImageOptions {
  @Option(
      names = "--image-shape",
      paramLabel = "HxW[xC]",
      description =
          "Rows, columns and channels of the images. Unit: numbers. Default: as the file tells (IDX"
              + " images, .npy of 3 or 4 dimensions); the rows of other files are no images.")
  private @Nullable String shape;

  @Option(
      names = "--image-layout",
      paramLabel = "NAME",
      description =
          "Order of the numbers of images with several channels: hwc (channel last) or chw. Default:"
              + " hwc.")
  private @Nullable ImageLayout layout;

  @Option(
      names = "--pool-input",
      paramLabel = "K",
      description =
          "Average blocks of K x K sites of the images first, before they are standardized. Unit:"
              + " sites. Default: 1.")
  private @Nullable Integer pool;

  /** The images by these options. */
  Images images() {
    return images(Images.AS_READ);
  }

  /** The images by these options, with earlier values for options that are not set. */
  Images images(Images before) {
    return new Images(
        Optional.ofNullable(shape).map(ImageShape::parse).or(before::shape),
        layout == null ? before.layout() : layout,
        pool == null ? before.pool() : pool);
  }

  /** Records the values found in the files. */
  static void resolve(Map<String, Object> options, Images images) {
    images
        .shape()
        .ifPresent(
            known -> {
              options.put("image-shape", known.toString());
              options.put("image-layout", Words.of(images.layout()));
              options.put("pool-input", images.pool());
            });
  }
}
