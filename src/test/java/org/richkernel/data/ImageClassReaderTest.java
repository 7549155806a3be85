package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageClassReaderTest {
  @TempDir private Path folder;

  /** Gray levels 0, 1, ... in row-major order. */
  private static byte[] image(int type, int height, int width, int first) throws IOException {
    BufferedImage image = new BufferedImage(width, height, type);
    for (int i = 0; i < height * width; i++) {
      int level = first + i;
      if (image.getRaster().getNumBands() == 1 && type != BufferedImage.TYPE_BYTE_BINARY) {
        image.getRaster().setSample(i % width, i / width, 0, level);
      } else {
        image.setRGB(i % width, i / width, 0xff000000 | level * 0x010101);
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  private void write(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  private ImageClasses read(String... sources) {
    return ImageClassReader.plain().read("images", List.of(sources));
  }

  @Test
  void foldersAreClassesAtAnyDepth() throws IOException {
    write("set/greek/beta/2.png", image(BufferedImage.TYPE_BYTE_GRAY, 2, 3, 40));
    write("set/greek/beta/1.png", image(BufferedImage.TYPE_INT_RGB, 2, 3, 10));
    write("set/greek/alpha/1.PNG", image(BufferedImage.TYPE_BYTE_GRAY, 2, 3, 70));
    write("set/greek/notes.txt", new byte[] {1});
    write("set/.hidden/1.png", new byte[] {1});
    write("set/loose.png", image(BufferedImage.TYPE_BYTE_GRAY, 2, 3, 0));
    ImageClasses classes = read(folder.resolve("set").toString());
    assertThat(classes.names()).containsExactly("alpha", "beta"); // not the folder of all
    write("set/latin/a/1.png", image(BufferedImage.TYPE_BYTE_GRAY, 2, 3, 40));
    assertThat(read(folder.resolve("set").toString()).names())
        .containsExactly("greek/alpha", "greek/beta", "latin/a");
    assertThat(classes.height()).isEqualTo(2);
    assertThat(classes.width()).isEqualTo(3);
    assertThat(classes.images().get(0))
        .containsExactly(70 / 255f, 71 / 255f, 72 / 255f, 73 / 255f, 74 / 255f, 75 / 255f);
    assertThat(classes.examples(1)).isEqualTo(2);
    assertThat(classes.images().get(1)[0]).isCloseTo(10 / 255f, within(1e-6f));
    assertThat(classes.images().get(1)[6]).isEqualTo(40 / 255f);
    assertThat(classes.line()).isEqualTo("read 3 images of 2 x 3 in 2 classes of 1 to 2");
    assertThat(classes.files().get("images").sha256()).hasSize(64);
  }

  /** As the archives of Omniglot: one bit a pixel, folders within folders. */
  @Test
  void archivesAreReadAsTheirFoldersWouldBe() throws IOException {
    BufferedImage bits = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_BINARY);
    bits.setRGB(1, 2, 0xffffffff);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(bits, "png", png);
    Path zip = folder.resolve("images_background.zip");
    try (OutputStream file = Files.newOutputStream(zip);
        ZipOutputStream entries = new ZipOutputStream(file)) {
      for (String name :
          List.of(
              "images_background/Latin/character02/0002_01.png",
              "images_background/Latin/character01/0001_02.png",
              "__MACOSX/Latin/character01/0001_02.png")) {
        entries.putNextEntry(new ZipEntry(name));
        entries.write(png.toByteArray());
      }
    }
    ImageClasses classes = read(zip.toString());
    assertThat(classes.names()).containsExactly("character01", "character02");
    assertThat(classes.images().get(0)[9]).isEqualTo(1);
    assertThat(classes.inverted().images().get(0)[9]).isZero();
    assertThat(classes.inverted().images().get(0)[8]).isEqualTo(1);
    ImageClasses small = ImageClassReader.resizing(2).read("images", List.of(zip.toString()));
    assertThat(small.images().get(0)).containsExactly(0, 0, 0.25f, 0);
    assertThat(small.checksum()).isNotEqualTo(classes.checksum());
    assertThat(read(zip.toString(), zip.toString()).count()).isEqualTo(4);
  }

  @Test
  void arraysOfBytesBecomeZeroToOne() {
    ImageClasses strokes = read("test-data/strokes.npz");
    assertThat(strokes.count()).isEqualTo(60);
    assertThat(strokes.examples(59)).isEqualTo(12);
    assertThat(strokes.pixels()).isEqualTo(14 * 14);
    float largest = 0;
    for (float value : strokes.images().get(3)) {
      largest = Math.max(largest, value);
    }
    assertThat(largest).isBetween(0.9f, 1f);
    ImageClasses pooled = strokes.pooled(2);
    float[] of = strokes.images().get(7);
    assertThat(pooled.images().get(7)[8])
        .isCloseTo((of[30] + of[31] + of[44] + of[45]) / 4, within(1e-6f));
    assertThatThrownBy(() -> strokes.pooled(3))
        .hasMessage("pool-input is 3; use a divisor of the image size, 14 x 14");
  }

  @Test
  void anImageInAnArchiveWithAFlippedBitIsRefused() throws IOException {
    Path zip = folder.resolve("a.zip");
    byte[] jpeg = jpeg();
    try (ZipOutputStream entries = new ZipOutputStream(Files.newOutputStream(zip))) {
      entries.setLevel(0);
      entries.putNextEntry(new ZipEntry("a/1.jpg"));
      entries.write(jpeg);
    }
    assertThat(read(zip.toString()).total()).isEqualTo(1);
    byte[] flipped = Files.readAllBytes(zip);
    flipped[42 + jpeg.length / 2] ^= 1;
    Files.write(zip, flipped);
    assertThatThrownBy(() -> read(zip.toString()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("the checksum of a/1.jpg is wrong");
  }

  /** Decoders allocate what a header claims. */
  @Test
  void aSizeThatSoFewBytesCannotFillIsRefused() throws IOException {
    byte[] png = image(BufferedImage.TYPE_BYTE_GRAY, 2, 3, 0);
    ByteBuffer header = ByteBuffer.wrap(png);
    header.putInt(16, 30000).putInt(20, 30000);
    CRC32 sum = new CRC32();
    sum.update(png, 12, 17);
    header.putInt(29, (int) sum.getValue());
    write("png/a/1.png", png);
    byte[] jpeg = jpeg();
    int frame = 0;
    while (jpeg[frame] != (byte) 0xff || jpeg[frame + 1] != (byte) 0xc0) {
      frame++;
    }
    ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 30000).putShort(frame + 7, (short) 30000);
    write("jpeg/a/1.jpg", jpeg);
    for (String of : List.of("png", "jpeg")) {
      assertThatThrownBy(() -> read(folder.resolve(of).toString()))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("it claims 30000 x 30000 pixels in");
    }
  }

  private static byte[] jpeg() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_GRAY), "jpg", bytes);
    return bytes.toByteArray();
  }

  /** The decoder fills the missing part with gray and only warns. */
  @Test
  void aJpegThatEndsEarlyIsRefused() throws IOException {
    BufferedImage noise = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
    Random random = new Random(1);
    for (int i = 0; i < 64 * 64; i++) {
      noise.getRaster().setSample(i % 64, i / 64, 0, random.nextInt(256));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(noise, "jpg", bytes);
    write("whole/a/1.jpg", bytes.toByteArray());
    assertThat(read(folder.resolve("whole").toString()).count()).isEqualTo(1);
    write("torn/a/1.jpg", Arrays.copyOf(bytes.toByteArray(), bytes.size() * 2 / 3));
    refused("torn", "a/1.jpg: it ends before its last pixel");
  }

  /** An image of other size keeps the mean of every area. */
  @Test
  void resizingKeepsMeans() {
    float[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    float[] larger = new float[16];
    AreaMean.of(image, 0, 3, 3, larger, 0, 4, 4);
    double sum = 0;
    for (float value : larger) {
      sum += value;
    }
    assertThat(sum / 16).isCloseTo(5, within(1e-6));
    // three quarters of a pixel each way: the first as it was, then a third of it and two of the
    // next
    assertThat(larger[0]).isEqualTo(1);
    assertThat(larger[1]).isCloseTo(5f / 3, within(1e-6f));
  }

  @Test
  void unusableSourcesAreRefusedInOneLine() throws IOException {
    write("sizes/a/1.png", image(BufferedImage.TYPE_BYTE_GRAY, 2, 3, 0));
    write("sizes/b/1.png", image(BufferedImage.TYPE_BYTE_GRAY, 3, 3, 0));
    refused("sizes", "b/1.png: it has 3 x 3 pixels; a/1.png has 2 x 3; bring all to one size");
    write("broken/a/1.png", new byte[] {1, 2, 3});
    refused("broken", "a/1.png: it is no PNG or JPEG image; remove it, or save it as PNG");
    Files.createDirectories(folder.resolve("empty"));
    refused("empty", "empty: it holds no folders with PNG or JPEG images; put the images of each");
    write("text.zip", new byte[] {1, 2, 3});
    refused("text.zip", "text.zip: it is no readable .zip archive");
    refused("nothing.zip", "nothing.zip: there is no such file");
    assertThatThrownBy(() -> read("test-data/reference/mnist01_train40_u8.npy"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("it is an array of 40 x 784; store classes x examples x height");
  }

  private void refused(String name, String says) {
    assertThatThrownBy(() -> read(folder.resolve(name).toString()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(says);
  }
}
