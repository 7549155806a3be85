package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.OutOfDeviceMemoryException;

/** Each file that cannot be used ends in one line, and claims of a header cost no memory. */
class BadInputFileTest {
  @TempDir private Path folder;

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private static byte[] idx(int type, int[] dimensions, byte[] values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * dimensions.length + values.length);
    buffer.put((byte) 0).put((byte) 0).put((byte) type).put((byte) dimensions.length);
    for (int d : dimensions) {
      buffer.putInt(d);
    }
    return buffer.put(values).array();
  }

  private static byte[] npy(String dictionary, byte[] values) {
    byte[] text = dictionary.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(10 + text.length + values.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) text.length)
        .put(text)
        .put(values)
        .array();
  }

  private static byte[] npy(String descr, String shape, byte[] values) {
    return npy(
        "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }\n", values);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(content);
    }
    return packed.toByteArray();
  }

  private static byte[] zip(String entry, byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(packed)) {
      ZipEntry stored = new ZipEntry(entry);
      stored.setMethod(ZipEntry.STORED);
      stored.setSize(content.length);
      CRC32 crc = new CRC32();
      crc.update(content);
      stored.setCrc(crc.getValue());
      out.putNextEntry(stored);
      out.write(content);
    }
    return packed.toByteArray();
  }

  private static void assertRefused(Path file, String... parts) {
    assertRefused(file.toString(), parts);
  }

  private static void assertRefused(String file, String... parts) {
    assertThatThrownBy(() -> ArrayReader.read(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith(file)
        .hasMessageContainingAll(parts)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").contains("; "));
  }

  @Test
  void wordsAreRefusedAsInputs() throws IOException {
    assertRefused(
        file("words.npy", npy("<U3", "1,", new byte[12])),
        "elements of type <U3",
        "words can only be labels, one for each point");
  }

  @Test
  void missingEmptyAndNonFilesAreRefused() throws IOException {
    assertRefused(folder.resolve("none.npy"), ": there is no such file; check the name");
    assertRefused(file("empty.npy", new byte[0]), ": the file is empty;");
    assertRefused(folder, ": this is a directory; name a .npy, .npz, .h5, .csv or IDX file");
    Path none = folder.resolve("none.npz");
    assertThatThrownBy(() -> ArrayReader.read(none + ":x"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage(none + ": there is no such file; check the name");
    assertThatThrownBy(() -> ArrayReader.read("a\0b"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("this is no file name");
  }

  @Test
  void unknownKindIsRefusedWithItsFirstBytes() throws IOException {
    assertRefused(
        file("picture.npy", new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10}),
        "it is neither .npy, .npz, HDF5, IDX nor named .csv",
        "89 50 4e 47 0d 0a");
  }

  @Test
  void idxHeaderThatClaimsTwoBillionRowsIsRefusedWithoutMemory() throws IOException {
    byte[] small = idx(8, new int[] {Integer.MIN_VALUE}, new byte[92]);
    assertThat(small).hasSize(100);
    assertRefused(file("labels", small), "promises 2147483648 values, more than any array holds");
    assertRefused(
        file("labels", idx(8, new int[] {Integer.MAX_VALUE}, new byte[92])),
        "its header promises 2147483647 bytes of values, but only 92 follow");
    assertRefused(
        file("images", idx(8, new int[] {60000, 28, 28}, new byte[100])),
        "its header promises 47040000 bytes of values, but only 100 follow");
    assertRefused(
        file("images", idx(8, new int[] {1 << 30, 1 << 30, 1 << 30}, new byte[100])),
        "1073741824 x 1073741824 x 1073741824 values, more than any array holds");
  }

  @Test
  void gzippedHeaderThatClaimsMoreThanCanBePackedIsRefusedWithoutMemory() throws IOException {
    byte[] packed = gzip(idx(8, new int[] {Integer.MAX_VALUE}, new byte[92]));
    assertRefused(
        file("labels.gz", packed), "promises 2147483647 bytes of values, but only at most");
  }

  @Test
  void gzippedHeaderWhoseClaimCouldBeTrueIsHeldToTheHeap() throws IOException {
    // more than 2^30 / 1032 bytes that do not pack, so that 2^30 packed values could be there:
    // 8.6 GB as float64, more than the tests may use
    byte[] random = new byte[1_100_000];
    new java.util.Random(2).nextBytes(random);
    byte[] packed = gzip(idx(9, new int[] {1 << 30}, random));
    assertThat(Runtime.getRuntime().maxMemory()).isLessThan(8L << 30);
    Path bomb = file("bomb.gz", packed);
    assertThatThrownBy(() -> ArrayReader.read(bomb))
        .isInstanceOf(OutOfDeviceMemoryException.class)
        .hasMessageStartingWith(
            bomb + ": reading 1073741824 values of 8 bytes needs 8589.9 MB but ")
        .hasMessageEndingWith("give java a larger -Xmx or cut the file");
  }

  @Test
  void gzippedFileThatHoldsMoreThanItsHeaderPromisesIsNotUnpackedFurther() throws IOException {
    byte[] packed = gzip(idx(8, new int[] {10}, new byte[1 << 24]));
    assertRefused(file("labels.gz", packed), "there are more bytes than its header promises");
  }

  @Test
  void truncatedAndCorruptGzipAreRefused() throws IOException {
    byte[] random = new byte[4000];
    new java.util.Random(1).nextBytes(random);
    byte[] packed = gzip(idx(8, new int[] {4000}, random));
    assertThat(ArrayReader.read(file("whole", packed)).rows()).isEqualTo(4000);
    assertRefused(
        file("cut.gz", Arrays.copyOf(packed, packed.length / 2)), "the packed data are cut short");
    byte[] wrong = packed.clone();
    wrong[packed.length / 2] ^= 0x55;
    assertRefused(file("wrong.gz", wrong), "it cannot be read (");
    assertRefused(file("stub.gz", Arrays.copyOf(packed, 5)), "the packed data are cut short");
  }

  @Test
  void truncatedIdxAndSurplusBytesAreRefused() throws IOException {
    assertRefused(
        file("labels", new byte[] {0, 0, 8, 1, 0, 0}),
        "the file ends after 6 bytes, inside its header");
    assertRefused(
        file("labels", idx(8, new int[] {10}, new byte[9])),
        "its header promises 10 bytes of values, but only 9 follow");
    assertRefused(
        file("labels", idx(8, new int[] {10}, new byte[11])),
        "there are more bytes than its header promises");
    assertRefused(
        file("labels", idx(0x0a, new int[] {1}, new byte[1])), "IDX knows no element type 10");
  }

  @Test
  void npyHeaderThatClaimsTooMuchIsRefusedWithoutMemory() throws IOException {
    assertRefused(
        file("x.npy", npy("<f8", "200000000, 10", new byte[80])),
        "its header promises 16000000000 bytes of values, but only 80 follow");
    assertRefused(
        file("x.npy", npy("<f8", "999999999999999999, 999999999", new byte[80])),
        "more than any array holds");
    byte[] longHeader = npy("<f8", "1,", new byte[8]);
    longHeader[6] = 2;
    assertRefused(file("x.npy", longHeader), "its header claims to be 662372");
    longHeader[6] = 9;
    assertRefused(file("x.npy", longHeader), ".npy version 9 is unknown");
  }

  @Test
  void damagedNpyIsRefused() throws IOException {
    byte[] whole = npy("<f8", "2,", new byte[16]);
    assertThat(ArrayReader.read(file("x.npy", whole)).rows()).isEqualTo(2);
    assertRefused(
        file("x.npy", Arrays.copyOf(whole, 30)), "ends after 30 bytes, inside its header");
    assertRefused(
        file("x.npy", Arrays.copyOf(whole, whole.length - 1)), "promises 16 bytes of values");
    assertRefused(
        file("x.npy", Arrays.copyOf(whole, whole.length + 1)), "there are more bytes than");
    assertRefused(file("x.npy", npy("{}", new byte[8])), "no readable 'descr'");
    assertRefused(
        file("x.npy", npy("{'descr': '<f8', 'shape': (1,)}", new byte[8])),
        "no readable 'fortran_order'");
    assertRefused(
        file("x.npy", npy("{'descr': '<f8', 'fortran_order': False}", new byte[8])),
        "no readable 'shape'");
    assertRefused(file("x.npy", npy("<f8", "-1, 2", new byte[8])), "the shape (-1, 2)");
    assertRefused(
        file("x.npy", npy("<f8", "1".repeat(60000), new byte[8])), "its header gives the shape");
    assertRefused(file("x.npy", npy("<U3", "1,", new byte[12])), "elements of type <U3 are not");
  }

  @Test
  void damagedNpzIsRefused() throws IOException {
    byte[] array = npy("<f8", "4,", new byte[32]);
    byte[] whole = zip("x.npy", array);
    assertThat(ArrayReader.read(file("x.npz", whole)).rows()).isEqualTo(4);
    assertRefused(
        file("x.npz", Arrays.copyOf(whole, whole.length - 10)), "it is no readable .npz archive");
    byte[] wrong = whole.clone();
    wrong[30 + "x.npy".length() + array.length - 1] ^= 1;
    assertRefused(file("x.npz", wrong), "x.npz:x: its checksum is wrong");
    assertRefused(file("x.npz", zip("x.txt", array)), "it holds no arrays");
    assertRefused(
        file("x.npz", zip("x.npy", npy("<f8", "2000000000,", new byte[32]))),
        "x.npz:x: its header promises 16000000000 bytes of values, but only 32 follow");
    // the sizes in the table of contents lie
    byte[] lie = whole.clone();
    int central = whole.length - 22 - 46 - "x.npy".length();
    ByteBuffer.wrap(lie).order(ByteOrder.LITTLE_ENDIAN).putInt(central + 24, Integer.MAX_VALUE);
    assertRefused(file("x.npz", lie), "x.npz");
    assertRefused(file("text.npz", "no zip".getBytes(StandardCharsets.UTF_8)), "neither .npy");
    Path text = folder.resolve("text.npz");
    assertThatThrownBy(() -> ArrayReader.read(text + ":x"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith(text + ": it is no readable .npz archive");
  }

  @Test
  void csvWithAndWithoutHeaderIsRead() throws IOException {
    String numbers = "1,-2.5e3\r\n .5 ,+4.\r\n\r\n\"5\",6E-1\r\n";
    for (String header : new String[] {"", "a,b\r\n", "\uFEFFa,b\r\n"}) {
      for (boolean packed : new boolean[] {false, true}) {
        byte[] bytes = (header + numbers).getBytes(StandardCharsets.UTF_8);
        Table table = ArrayReader.read(file("x.csv", packed ? gzip(bytes) : bytes));
        assertThat(table.shape()).containsExactly(3, 2);
        assertThat(table.values()).containsExactly(1, -2500, 0.5, 4, 5, 0.6);
      }
    }
    Table labels =
        ArrayReader.read(file("y.CSV", "label\n3\n7\n".getBytes(StandardCharsets.UTF_8)));
    assertThat(labels.values()).containsExactly(3, 7);
  }

  @Test
  void csvLargerThanTheFirstBufferIsRead() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      text.append(i).append(',').append(-i).append('\n');
    }
    Table table = ArrayReader.read(file("x.csv", text.toString().getBytes(StandardCharsets.UTF_8)));
    assertThat(table.shape()).containsExactly(3000, 2);
    assertThat(table.get(2999, 0)).isEqualTo(2999);
    assertThat(table.get(2999, 1)).isEqualTo(-2999);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1,2\n3,x\n | line 2, column 2 is 'x', not a number",
        "1,x\n3,4\n | line 1, column 2 is 'x', not a number",
        "a,b\n1,2\n3,\n | line 3, column 2 is empty",
        "a,b\n1,2\n\n3,nan\n | line 4, column 2 is 'nan', not finite",
        "1,-Infinity\n | line 1, column 2 is '-Infinity', not finite",
        "1,1e999\n | line 1, column 2 is '1e999', not finite",
        "1,2d\n | line 1, column 2 is '2d', not a number",
        "1,0x1p3\n | line 1, column 2 is '0x1p3', not a number",
        "1,2\n3\n | line 2 has 1 columns, the lines before 2",
        "a,b\n1,2,3\n | line 2 has 3 columns, the lines before 2",
        "a,b\n | it holds no row of numbers",
        "\n\n | it holds no row of numbers",
      })
  void badCsvIsRefusedWithLineAndColumn(String contentAndProblem) throws IOException {
    int bar = contentAndProblem.indexOf(" | ");
    byte[] content = contentAndProblem.substring(0, bar).getBytes(StandardCharsets.UTF_8);
    assertRefused(file("x.csv", content), contentAndProblem.substring(bar + 3));
  }

  @Test
  void truncatedGzippedCsvAndEndlessFieldsAreRefused() throws IOException {
    byte[] packed = gzip("1,2\n".repeat(5000).getBytes(StandardCharsets.UTF_8));
    assertRefused(
        file("x.csv.gz", Arrays.copyOf(packed, packed.length - 20)),
        "the packed data are cut short");
    // a field of 32 million characters
    byte[] endless = gzip("1".repeat(32 << 20).getBytes(StandardCharsets.UTF_8));
    assertRefused(file("x.csv.gz", endless), "x.csv.gz: ");
  }

  @Test
  void everyIdxElementTypeIsRead() throws IOException {
    byte[] bytes = {(byte) 0xff, (byte) 0xfe, 0, 1};
    int[] two = {2};
    assertThat(ArrayReader.read(file("a", idx(8, new int[] {4}, bytes))).values())
        .containsExactly(255, 254, 0, 1);
    assertThat(ArrayReader.read(file("a", idx(9, new int[] {2, 2}, bytes))).values())
        .containsExactly(-1, -2, 0, 1);
    assertThat(ArrayReader.read(file("a", idx(0x0b, two, bytes))).values()).containsExactly(-2, 1);
    byte[] integers = ByteBuffer.allocate(8).putInt(-70000).putInt(9).array();
    assertThat(ArrayReader.read(file("a", idx(0x0c, two, integers))).values())
        .containsExactly(-70000, 9);
    byte[] floats = ByteBuffer.allocate(8).putFloat(0.1f).putFloat(-2).array();
    assertThat(ArrayReader.read(file("a", idx(0x0d, two, floats))).values())
        .containsExactly(0.1f, -2);
    byte[] doubles = ByteBuffer.allocate(16).putDouble(0.1).putDouble(-2).array();
    assertThat(ArrayReader.read(file("a", idx(0x0e, two, doubles))).values())
        .containsExactly(0.1, -2);
  }
}
