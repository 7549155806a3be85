package org.richkernel.report.plot;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Encodes images of palette indices as PNG (ISO/IEC 15948) with 8-bit indexed colour. */
final class PngEncoder {
  private static final byte[] SIGNATURE = {(byte) 137, 'P', 'N', 'G', 13, 10, 26, 10};

  private PngEncoder() {}

  /**
   * A PNG of an image in the colours of {@link ColorMap}.
   *
   * @param indices width x height palette indices, row by row
   */
  static byte[] encode(byte[] indices, int width, int height) {
    if (indices.length != width * height) {
      throw new IllegalArgumentException(
          indices.length + " pixels do not make an image of " + width + " x " + height);
    }
    try {
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      png.writeBytes(SIGNATURE);
      chunk(png, "IHDR", header(width, height));
      chunk(png, "PLTE", palette());
      chunk(png, "IDAT", compressedRows(indices, width, height));
      chunk(png, "IEND", new byte[0]);
      return png.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("an image in memory could not be written", e);
    }
  }

  private static byte[] header(int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(width);
    out.writeInt(height);
    // 8 bits per index, colour type 3 (palette), deflate, adaptive filtering, no interlacing
    out.write(new byte[] {8, 3, 0, 0, 0});
    return bytes.toByteArray();
  }

  private static byte[] palette() {
    byte[] colors = new byte[3 * ColorMap.SIZE];
    for (int i = 0; i < ColorMap.SIZE; i++) {
      int rgb = ColorMap.rgb(i / (ColorMap.SIZE - 1.0));
      colors[3 * i] = (byte) (rgb >> 16);
      colors[3 * i + 1] = (byte) (rgb >> 8);
      colors[3 * i + 2] = (byte) rgb;
    }
    return colors;
  }

  private static byte[] compressedRows(byte[] indices, int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
      for (int row = 0; row < height; row++) {
        out.write(0); // filter type "none"
        out.write(indices, row * width, width);
      }
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] data)
      throws IOException {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    DataOutputStream out = new DataOutputStream(png);
    out.writeInt(data.length);
    out.write(name);
    out.write(data);
    out.writeInt((int) crc.getValue());
  }
}
