package org.richkernel.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HDF5 files that h5py wrote, with the values that h5py gave them. */
class Hdf5Test {
  @TempDir static Path folder;

  @BeforeAll
  static void unpack() throws IOException {
    for (String name : List.of("arrays.h5", "one.h5", "v110.h5")) {
      try (InputStream in = Hdf5Test.class.getResourceAsStream("/hdf5/" + name)) {
        Files.copy(in, folder.resolve(name));
      }
    }
  }

  private static Table read(String name) {
    return ArrayReader.read(folder + "/" + name);
  }

  @ParameterizedTest
  @CsvSource({
    "/f64, '2 3', '1.5 -2 3 4 5 0.001'",
    "f16, '3', '1 0.5 65504'",
    "u8, '2 2', '0 255 128 7'",
    "u64, '3', '0 9007199254740992 3'",
    "i64be, '3', '-1 2 3'",
    "u32, '2', '0 4294967295'",
    "i8, '2', '-128 127'",
    "bool, '3', '1 0 1'",
    "soft, '2 3', '1.5 -2 3 4 5 0.001'",
    "scalar, '', '2.5'"
  })
  void numbersOfEveryWidthAreRead(String name, String shape, String values) {
    Table table = read("arrays.h5:" + name);
    assertThat(join(IntStream.of(table.shape()).asDoubleStream().toArray())).isEqualTo(shape);
    assertThat(join(table.values())).isEqualTo(values);
    assertThat(table.file().orElseThrow().array()).isEqualTo(name);
  }

  private static String join(double[] values) {
    StringBuilder text = new StringBuilder();
    for (double value : values) {
      boolean whole = value == Math.rint(value);
      text.append(text.isEmpty() ? "" : " ")
          .append(whole ? Long.toString((long) value) : Double.toString(value));
    }
    return text.toString();
  }

  @Test
  void packedChunksOfAnyFormatAreRead() {
    Table gzip = read("arrays.h5:/g/f32_gzip");
    assertThat(gzip.shape()).containsExactly(3, 4, 5);
    assertThat(gzip.values())
        .containsExactly(IntStream.range(0, 60).mapToDouble(i -> i / 4.0).toArray());
    assertThat(read("v110.h5").values())
        .containsExactly(IntStream.range(0, 12).asDoubleStream().toArray());
  }

  @Test
  void theOnlyDatasetNeedsNoName() {
    assertThat(read("one.h5").values()).containsExactly(1, 2, 3, 4);
    assertThat(read("one.h5:a/b").shape()).containsExactly(2, 2);
  }

  @Test
  void stringsAreLabels() {
    for (String name : List.of("words", "fixed")) {
      Table labels = DatasetReader.readLabels(folder + "/arrays.h5:" + name);
      assertThat(labels.words()).hasSize(2).startsWith("cat");
      assertThat(labels.get(0, 0)).isZero();
      assertThat(labels.get(1, 0)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "arrays.h5, 'it holds several datasets'",
    "arrays.h5:none, 'it holds no dataset ''none''; it holds '",
    "arrays.h5:g, 'a group, not a dataset'",
    "arrays.h5:words, 'not plain numbers'",
    "arrays.h5:nan, 'row 2, column 1 is NaN'",
    "arrays.h5:huge, 'no values were written'",
    "arrays.h5:sparse, 'it claims 1099511627776 values in a file of '",
    "arrays.h5:fill, 'no values were written'",
    "arrays.h5:ext, 'other.h5'",
    "missing.h5:x, 'there is no such file'"
  })
  void othersAreRefusedInALine(String name, String part) {
    assertThatThrownBy(() -> read(name))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(part)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void aTreeOfGroupsThatContainsItselfIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve("one.h5"));
    int tree = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("TREE");
    // its level, and the address of its first child after a key
    bytes[tree + 5] = 1;
    java.nio.ByteBuffer.wrap(bytes)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putLong(tree + 32, tree);
    Path file = Files.write(folder.resolve("loop.h5"), bytes);
    assertThatThrownBy(() -> read(file.getFileName().toString()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("its groups contain themselves");
  }

  @Test
  void stringsOfNumpyAreLabels() throws IOException {
    byte[] header = "{'descr': '<U3', 'fortran_order': False, 'shape': (3,), }".getBytes(UTF_8);
    Path file = folder.resolve("words.npy");
    byte[] words = "catcowd\u00f6\0".getBytes(java.nio.charset.Charset.forName("UTF-32LE"));
    byte[] start = HexFormat.of().parseHex("934e554d505901007600");
    byte[] bytes = new byte[128 + 36];
    Arrays.fill(bytes, 10, 127, (byte) ' ');
    System.arraycopy(start, 0, bytes, 0, start.length);
    System.arraycopy(header, 0, bytes, 10, header.length);
    System.arraycopy(words, 0, bytes, 128, words.length);
    bytes[127] = '\n';
    Files.write(file, bytes);
    Table labels = DatasetReader.readLabels(file.toString());
    assertThat(labels.words()).containsExactly("cat", "cow", "d\u00f6");
    assertThat(labels.values()).containsExactly(0, 1, 2);
    Arrays.fill(bytes, 128, 140, (byte) 0);
    Files.write(file, bytes);
    assertThatThrownBy(() -> DatasetReader.readLabels(file.toString()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("label 1 is empty");
  }
}
