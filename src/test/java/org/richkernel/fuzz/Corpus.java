package org.richkernel.fuzz;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.richkernel.data.NpyWriter;
import org.richkernel.data.NpzWriter;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.CheckpointDirectory;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Summary;

/** Small sound files of every format. */
final class Corpus {
  private Corpus() {}

  static List<byte[]> npy(Path work) throws IOException {
    Path file = work.resolve("corpus.npy");
    NpyWriter.write(file, new int[] {1, 0, 7}, 3);
    byte[] whole = Files.readAllBytes(file);
    NpyWriter.write(file, new double[] {1, -2.5, 3, 4, 5, 6}, 2, 3);
    return List.of(whole, Files.readAllBytes(file), half(), strings());
  }

  /** float16, in Fortran order. */
  private static byte[] half() {
    byte[] bytes = headed("{'descr': '<f2', 'fortran_order': True, 'shape': (2, 2), }", 8);
    bytes[129] = 0x3c;
    return bytes;
  }

  /** Three words of two characters. */
  private static byte[] strings() {
    byte[] bytes = headed("{'descr': '<U2', 'fortran_order': False, 'shape': (3,), }", 24);
    for (int i = 0; i < 6; i++) {
      bytes[128 + 4 * i] = (byte) ('a' + i);
    }
    return bytes;
  }

  private static byte[] headed(String header, int payload) {
    byte[] bytes = new byte[128 + payload];
    Arrays.fill(bytes, 10, 127, (byte) ' ');
    System.arraycopy(HexFormat.of().parseHex("934e554d505901007600"), 0, bytes, 0, 10);
    System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, bytes, 10, header.length());
    bytes[127] = '\n';
    return bytes;
  }

  static byte[] npz(Path work) throws IOException {
    Path file = work.resolve("corpus.npz");
    try (NpzWriter writer = NpzWriter.create(file)) {
      writer.put("x", new double[] {1, 2, 3, 4}, 2, 2);
      writer.commit();
    }
    return Files.readAllBytes(file);
  }

  static byte[] idx() {
    byte[] bytes = new byte[16 + 2 * 6];
    System.arraycopy(HexFormat.of().parseHex("00000803000000020000000200000003"), 0, bytes, 0, 16);
    bytes[20] = (byte) 200;
    return bytes;
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(content);
    }
    return packed.toByteArray();
  }

  static List<byte[]> text(String... contents) {
    return Arrays.stream(contents).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  /** Two images of CIFAR-10, and two of CIFAR-100. */
  static List<byte[]> cifar() {
    byte[] two = new byte[2 * 3073];
    two[0] = 3;
    two[3073] = 9;
    byte[] fine = new byte[2 * 3074];
    fine[1] = 42;
    return List.of(two, fine);
  }

  /** Two classes of an image of 3 x 2 pixels each, as PNG and as JPEG. */
  static List<byte[]> images() throws IOException {
    return List.of(images("png"), images("jpg"));
  }

  private static byte[] images(String format) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(packed)) {
      for (int k = 0; k < 2; k++) {
        zip.putNextEntry(new ZipEntry("class" + k + "/a." + format));
        zip.write(image(format, 40 * k));
        zip.closeEntry();
      }
    }
    return packed.toByteArray();
  }

  /** An image of 3 x 2 gray pixels. */
  static byte[] image(String format, int gray) throws IOException {
    BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSample(1, 1, 0, gray);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, format, bytes);
    return bytes.toByteArray();
  }

  static byte[] resource(String name) throws IOException {
    try (InputStream in = Corpus.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  /** Makes a folder with a model. */
  static void model(Path into) {
    Summary summary = Summary.builder("bayes", Map.of("gamma", 1.0)).converged(true).build();
    SavedModel model =
        new SavedModel(
            Map.of("kind", "linear", "gamma", 1.5),
            ArrayBundle.empty().with("w", new double[] {1, 2, 3}, 3));
    ResultFolder.write(into, Result.of(summary), Optional.of(model));
  }

  /** The checkpoints of {@link #snapshot}. */
  static CheckpointDirectory checkpoints(Path folder) {
    return new CheckpointDirectory(folder, Map.of("gamma", 1.0));
  }

  /** Makes a folder with a checkpoint of one snapshot. */
  static void snapshot(Path into) {
    ArrayBundle arrays = ArrayBundle.empty().with("h", new double[] {1, 2, 3}, 3);
    checkpoints(into).save(17, Map.of("phase", "sampling"), arrays);
  }
}
