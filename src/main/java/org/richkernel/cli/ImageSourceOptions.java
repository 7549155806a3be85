package org.richkernel.cli;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.data.ImageClassReader;
import org.richkernel.data.ImageClasses;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** Options of the sources of classes of images and their preprocessing. */
@HelpGroup(HelpGroup.DATA)
final class ImageSourceOptions {
  @Option(
      names = "--images",
      paramLabel = "FILE",
      split = ",",
      description =
          "Classes of images: a folder or a .zip with one folder for each class (at any depth) that"
              + " holds PNG or JPEG files, such as the archives of Omniglot; or an .npz or .npy"
              + " array of classes x examples x height x width (file.npz:name names one of several)."
              + " Several with commas between are read one after the other. Required.")
  private @Nullable List<String> images;

  @Option(
      names = "--resize",
      paramLabel = "N",
      description =
          "Bring all images to N x N by means over areas. Unit: pixels. Default: as they are.")
  private @Nullable Integer resize;

  @Option(
      names = "--pool-input",
      paramLabel = "K",
      defaultValue = "1",
      description = "Average blocks of K x K pixels. Unit: pixels. Default: ${DEFAULT-VALUE}.")
  private int pool = 1;

  @Option(
      names = "--invert",
      negatable = true,
      description =
          "1 - x of every pixel, for dark ink on bright paper, as that of Omniglot. Default: off.")
  private boolean invert;

  /**
   * Reads them.
   *
   * @throws InvalidProblemException if none are named, or they cannot be pooled
   */
  ImageClasses read() {
    if (images == null) {
      throw new InvalidProblemException(
          "images", "missing", "name a folder, a .zip or an .npz file with classes of images");
    }
    if (resize != null && (resize < 1 || resize > 4096)) {
      throw new InvalidProblemException("resize", resize, "use 1 to 4096 pixels");
    }
    ImageClassReader reader =
        resize == null ? ImageClassReader.plain() : ImageClassReader.resizing(resize);
    ImageClasses classes = reader.read("images", images).pooled(pool);
    return invert ? classes.inverted() : classes;
  }

  /** Records the sources in the form of the command line. */
  void resolve(Map<String, @Nullable Object> options) {
    options.put("images", images == null ? null : String.join(",", images));
  }
}
