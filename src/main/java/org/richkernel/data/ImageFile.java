package org.richkernel.data;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** One PNG or JPEG image as gray levels. */
final class ImageFile {
  private static final String MEND = "remove it, or save it as PNG";

  private static final int[] PNG = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final int[] JPEG = {0xff, 0xd8, 0xff};

  /** Length, type and checksum of a chunk of a PNG. */
  private static final int CHUNK_BYTES = 12;

  /** The type of the last one, IEND. */
  private static final int PNG_END = 0x49454e44;

  /** Pixels that any file may claim, 512 x 512. */
  private static final long FREE_PIXELS = 1 << 18;

  /** And for each of its bytes; drawings on white have a few dozen. */
  private static final long PIXELS_PER_BYTE = 256;

  private ImageFile() {}

  /**
   * A decoded image.
   *
   * @param gray height x width, 0 black to 1 white; transparent pixels lie on white
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
    if (startsWith(bytes, PNG)) {
      requireSoundChunks(source, bytes);
      image = decode(source, bytes, "png");
    } else if (startsWith(bytes, JPEG)) {
      image = decode(source, bytes, "jpeg");
    } else {
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

  private static boolean startsWith(byte[] bytes, int[] signature) {
    for (int i = 0; i < signature.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xff) != signature[i]) {
        return false;
      }
    }
    return true;
  }

  /** Refuses a PNG with a damaged chunk; the decoder does not look at their checksums. */
  private static void requireSoundChunks(String source, byte[] bytes) {
    ByteBuffer chunks = ByteBuffer.wrap(bytes).position(PNG.length);
    int type = 0;
    while (type != PNG_END) {
      int length = chunks.remaining() < CHUNK_BYTES ? -1 : chunks.getInt();
      if (length < 0 || length > chunks.remaining() - 2 * Integer.BYTES) {
        throw damaged(source, "its chunks do not end");
      }
      type = chunks.getInt(chunks.position());
      CRC32 sum = new CRC32();
      sum.update(chunks.slice(chunks.position(), Integer.BYTES + length));
      chunks.position(chunks.position() + Integer.BYTES + length);
      if (chunks.getInt() != (int) sum.getValue()) {
        throw damaged(source, "the checksum of a chunk is wrong");
      }
    }
  }

  private static InvalidDataException damaged(String source, String how) {
    return new InvalidDataException(source, "it is a damaged PNG (" + how + ")", MEND);
  }

  private static BufferedImage decode(String source, byte[] bytes, String format) {
    ImageIO.setUseCache(false);
    ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
    try (ImageInputStream stream =
        ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(stream, true, true);
      reader.addIIOReadWarningListener((from, warning) -> requireWhole(source, warning));
      requireCredible(source, bytes.length, reader.getWidth(0), reader.getHeight(0));
      return reader.read(0);
    } catch (InvalidDataException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new InvalidDataException(
          source, "it is no readable image (" + e.getMessage() + ")", MEND, e);
    } finally {
      reader.dispose();
    }
  }

  /** Refuses a file that ends early, whose missing pixels the decoder would make gray. */
  private static void requireWhole(String source, String warning) {
    if (warning.startsWith("Truncated File") || warning.startsWith("Premature end")) {
      throw new InvalidDataException(source, "it ends before its last pixel", MEND);
    }
  }

  /** Refuses a size that the decoder would allocate for, and that so few bytes cannot fill. */
  private static void requireCredible(String source, long bytes, int width, int height) {
    long pixels = (long) width * height;
    if (pixels > Integer.MAX_VALUE - 8 || pixels > Math.max(FREE_PIXELS, PIXELS_PER_BYTE * bytes)) {
      throw new InvalidDataException(
          source,
          "it claims " + width + " x " + height + " pixels in " + bytes + " bytes",
          "it is damaged, or empty: remove it");
    }
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
