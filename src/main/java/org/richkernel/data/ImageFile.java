package org.richkernel.data;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Locale;
import javax.imageio.ImageIO;

/** One PNG or JPEG image as gray levels. */
final class ImageFile {
  private static final String MEND = "remove it, or save it as PNG";

  private ImageFile() {}

  /**
   * A decoded image.
   *
   * @param gray height x width, 0 black to 1 white; what is transparent lies on white
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Gray(float[] gray, int height, int width) {
    /** The same at another size. */
    Gray resized(int side) {
      float[] to = new float[side * side];
      AreaMean.of(gray, 0, height, width, to, 0, side, side);
      return new Gray(to, side, side);
    }
  }

  /** Whether a file is an image by its name. */
  static boolean isImage(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".png") || lower.endsWith(".jpg") || lower.endsWith(".jpeg");
  }

  /**
   * Decodes an image.
   *
   * @param source names it in messages
   * @throws InvalidDataException if it is none that can be read
   */
  static Gray decode(String source, byte[] bytes) {
    BufferedImage image;
    try {
      ImageIO.setUseCache(false);
      image = ImageIO.read(new ByteArrayInputStream(bytes));
    } catch (IOException | RuntimeException e) {
      throw new InvalidDataException(
          source, "it is no readable image (" + e.getMessage() + ")", MEND, e);
    }
    if (image == null) {
      throw new InvalidDataException(source, "it is no PNG or JPEG image", MEND);
    }
    int height = image.getHeight();
    int width = image.getWidth();
    float[] gray = new float[height * width];
    boolean plain = image.getColorModel().getNumComponents() == 1 && isDirect(image);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        gray[y * width + x] = plain ? level(image, x, y) : luma(image.getRGB(x, y));
      }
    }
    return new Gray(gray, height, width);
  }

  /** Whether samples are gray levels themselves; getRGB would change their gamma. */
  private static boolean isDirect(BufferedImage image) {
    return image.getType() == BufferedImage.TYPE_BYTE_GRAY
        || image.getType() == BufferedImage.TYPE_USHORT_GRAY;
  }

  private static float level(BufferedImage image, int x, int y) {
    Raster raster = image.getRaster();
    int largest = (1 << image.getSampleModel().getSampleSize(0)) - 1;
    return raster.getSample(x, y, 0) / (float) largest;
  }

  /** ITU-R BT.601 luma of a pixel on white. */
  private static float luma(int argb) {
    float alpha = (argb >>> 24) / 255f;
    float red = (argb >> 16 & 0xff) / 255f;
    float green = (argb >> 8 & 0xff) / 255f;
    float blue = (argb & 0xff) / 255f;
    return alpha * (0.299f * red + 0.587f * green + 0.114f * blue) + (1 - alpha);
  }
}
