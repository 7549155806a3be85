package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that NumPy wrote; test-data/golden/make_golden.py gives the formula of their values. */
class NpyGoldenTest {
  private static final Path GOLDEN = Path.of("test-data", "golden");

  @TempDir Path folder;

  private static double[] eighths(int count) {
    double[] values = new double[count];
    for (int k = 0; k < count; k++) {
      values[k] = (k - 3) / 8.0;
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(strings = {"f8-le", "f8-be", "f4-le", "f4-be", "f2-le", "f2-be"})
  void floatingPointOfBothByteOrdersIsExact(String name) {
    Table table = ArrayReader.read(GOLDEN.resolve(name + ".npy"));
    assertThat(table.shape()).containsExactly(3, 4);
    assertThat(table.values()).containsExactly(eighths(12));
    assertThat(table.isIdxBytes()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"i8-le", "i8-be", "i4-le", "i4-be", "i2-le", "i2-be", "i1-le", "i1-be"})
  void signedIntegersKeepTheirSign(String name) {
    double[] values = ArrayReader.read(GOLDEN.resolve(name + ".npy")).values();
    assertThat(values).containsExactly(-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"u8-le", "u8-be", "u4-le", "u4-be", "u2-le", "u2-be", "u1-le", "u1-be"})
  void unsignedIntegersAreRead(String name) {
    double[] values = ArrayReader.read(GOLDEN.resolve(name + ".npy")).values();
    assertThat(values).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  }

  /** A seventh of all finite numbers, subnormals included; NumPy converted them. */
  @Test
  void everyHalfIsExactAndComesBack() {
    double[] halves = ArrayReader.read(GOLDEN.resolve("f2-all.npy")).values();
    assertThat(halves)
        .containsExactly(ArrayReader.read(GOLDEN.resolve("f2-all-as-f8.npy")).values());
    assertThat(halves).contains(7 * 0x1p-24, -0x1p-24);
    Path file = folder.resolve("halves.npy");
    try (NpyWriter writer =
        NpyWriter.create(file, ElementType.FLOAT16, ElementOrder.ROW_MAJOR, halves.length)) {
      writer.append(halves, 0, halves.length);
      writer.commit();
    }
    assertThat(ArrayReader.read(file).values()).containsExactly(halves);
    assertThat(ArrayReader.read(GOLDEN.resolve("f2.npz") + ":x").values())
        .containsExactly(eighths(12));
  }

  /** IEEE 754-2019, section 4.3.1: to nearest, ties to even. */
  @ParameterizedTest
  @CsvSource({
    "2049, 2048",
    "2051, 2052",
    "65519.99, 65504",
    "65520, Infinity",
    "-1e300, -Infinity",
    "0x1p-25, 0",
    "0x1.8p-25, 0x1p-24",
    "0x1.ffcp-15, 0x1p-14",
    "0x1.ffap-15, 0x1.ff8p-15",
    "NaN, NaN",
    "-0.0, -0.0"
  })
  void doublesAreRoundedToTheNearestHalf(String value, String rounded) {
    assertThat(HalfFloat.value(HalfFloat.bits(Double.parseDouble(value))))
        .isEqualTo(Double.valueOf(rounded));
  }

  @ParameterizedTest
  @CsvSource({"f2-inf, Infinity", "f2-nan, NaN"})
  void halvesThatAreNotFiniteAreRefused(String name, String value) {
    assertThatThrownBy(() -> ArrayReader.read(GOLDEN.resolve(name + ".npy")))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("row 2, column 2 is " + value);
  }

  /** NumPy is the judge of the writer too: byte for byte what it saved. */
  @ParameterizedTest
  @CsvSource({
    "f8-le,FLOAT64,8,-3", "f4-le,FLOAT32,8,-3", "i8-le,INT64,1,-3", "i4-le,INT32,1,-3",
    "i2-le,INT16,1,-3", "i1-le,INT8,1,-3", "u8-le,UINT64,1,0", "u4-le,UINT32,1,0",
    "u2-le,UINT16,1,0", "u1-le,UINT8,1,0", "f2-le,FLOAT16,8,-3"
  })
  void everyTypeIsWrittenAsNumPyWritesIt(String name, ElementType type, int divisor, int first)
      throws IOException {
    double[] values = new double[12];
    for (int k = 0; k < values.length; k++) {
      values[k] = (k + first) / (double) divisor;
    }
    Path file = folder.resolve("written.npy");
    try (NpyWriter writer = NpyWriter.create(file, type, ElementOrder.ROW_MAJOR, 3, 4)) {
      writer.append(values, 0, values.length);
      writer.commit();
    }
    assertThat(file).hasSameBinaryContentAs(GOLDEN.resolve(name + ".npy"));
  }

  @Test
  void fortranOrderAndBooleansAreWrittenAsNumPyWritesThem() throws IOException {
    Path file = folder.resolve("written.npy");
    double[] rowMajor = eighths(12);
    try (NpyWriter writer =
        NpyWriter.create(file, ElementType.FLOAT64, ElementOrder.COLUMN_MAJOR, 3, 4)) {
      for (int column = 0; column < 4; column++) {
        for (int row = 0; row < 3; row++) {
          writer.append(rowMajor, row * 4 + column, 1);
        }
      }
      writer.commit();
    }
    assertThat(file).hasSameBinaryContentAs(GOLDEN.resolve("fortran-2d.npy"));
    try (NpyWriter writer =
        NpyWriter.create(file, ElementType.BOOL, ElementOrder.ROW_MAJOR, 3, 4)) {
      writer.append(new int[] {1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0}, 0, 12);
      writer.commit();
    }
    assertThat(file).hasSameBinaryContentAs(GOLDEN.resolve("b1.npy"));
  }

  @Test
  void booleansBecomeZeroAndOne() {
    assertThat(ArrayReader.read(GOLDEN.resolve("b1.npy")).values())
        .containsExactly(1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0);
  }

  @Test
  void fortranOrderOfTwoDimensionsBecomesRowMajor() {
    Table table = ArrayReader.read(GOLDEN.resolve("fortran-2d.npy"));
    assertThat(table.shape()).containsExactly(3, 4);
    assertThat(table.values()).containsExactly(eighths(12));
  }

  @Test
  void fortranOrderOfFourDimensionsBecomesRowMajorAndFlattens() {
    Table table = ArrayReader.read(GOLDEN.resolve("fortran-4d.npy"));
    assertThat(table.shape()).containsExactly(2, 3, 4, 5);
    assertThat(table.rows()).isEqualTo(2);
    assertThat(table.columns()).isEqualTo(60);
    assertThat(table.values()).containsExactly(eighths(120));
    assertThat(table.get(1, 59)).isEqualTo((119 - 3) / 8.0);
  }

  @Test
  void vectorIsOneColumnAndScalarOneByOne() {
    Table vector = ArrayReader.read(GOLDEN.resolve("vector.npy"));
    assertThat(vector.shape()).containsExactly(5);
    assertThat(vector.columns()).isEqualTo(1);
    assertThat(vector.values()).containsExactly(eighths(5));
    Table scalar = ArrayReader.read(GOLDEN.resolve("scalar.npy"));
    assertThat(scalar.shape()).isEmpty();
    assertThat(scalar.values()).containsExactly(-0.375);
    Table empty = ArrayReader.read(GOLDEN.resolve("empty.npy"));
    assertThat(empty.shape()).containsExactly(0, 7);
    assertThat(empty.values()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void laterHeaderVersionsAreRead(int version) {
    assertThat(ArrayReader.read(GOLDEN.resolve("version-" + version + ".npy")).values())
        .containsExactly(eighths(12));
  }

  @Test
  void archivesAreReadByName() {
    String several = GOLDEN.resolve("several.npz").toString();
    assertThat(ArrayReader.read(several + ":x").values()).containsExactly(eighths(12));
    assertThat(ArrayReader.read(several + ":y").values()).containsExactly(-3, -2, -1);
    String compressed = GOLDEN.resolve("compressed.npz").toString();
    assertThat(ArrayReader.read(compressed + ":x").values()).containsExactly(eighths(12));
    try (NpzArchive archive = NpzArchive.open(Path.of(compressed))) {
      assertThat(archive.names()).containsExactly("x", "y");
      assertThat(archive.read("y").values()).containsExactly(eighths(3));
    }
  }

  @Test
  void onlyArrayOfAnArchiveNeedsNoName() {
    assertThat(ArrayReader.read(GOLDEN.resolve("single.npz").toString()).values())
        .containsExactly(eighths(12));
    assertThatThrownBy(() -> ArrayReader.read(GOLDEN.resolve("several.npz")))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage(
            "test-data/golden/several.npz: it holds the arrays [x, y];"
                + " name one, as in test-data/golden/several.npz:x");
    assertThatThrownBy(() -> ArrayReader.read(GOLDEN.resolve("several.npz") + ":z"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("test-data/golden/several.npz: it holds no array 'z'; it holds [x, y]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "complex # elements of type <c16 are not plain numbers",
        "object # elements of type |O are not plain numbers",
        "structured # elements of type [('a', '<f8'), ('b', '<i4')]",
        "large-integer # value 3 is 9007199254740993, which float64 cannot hold exactly",
        "nan # row 2, column 2 is NaN; every value must be finite",
      },
      quoteCharacter = '"',
      ignoreLeadingAndTrailingWhitespace = true)
  void whatIsNoFiniteNumberIsRefused(String name, String problem) {
    Path file = GOLDEN.resolve(name + ".npy");
    assertThatThrownBy(() -> ArrayReader.read(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(problem)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void archiveHandsNanOver(@org.junit.jupiter.api.io.TempDir Path folder) {
    Path file = folder.resolve("diverged.npz");
    try (NpzWriter writer = NpzWriter.create(file)) {
      writer.put("loss", new double[] {1, Double.NaN, Double.POSITIVE_INFINITY}, 3);
      writer.commit();
    }
    try (NpzArchive archive = NpzArchive.open(file)) {
      assertThat(archive.read("loss").values())
          .containsExactly(1, Double.NaN, Double.POSITIVE_INFINITY);
    }
    assertThatThrownBy(() -> ArrayReader.read(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("diverged.npz:loss: row 2, column 1 is NaN");
  }

  @Test
  void writerGivesTheBytesOfNumpy(@org.junit.jupiter.api.io.TempDir Path folder) throws Exception {
    Path file = folder.resolve("x.npy");
    NpyWriter.write(file, eighths(12), 3, 4);
    assertThat(Files.readAllBytes(file))
        .containsExactly(Files.readAllBytes(GOLDEN.resolve("f8-le.npy")));
    NpyWriter.write(file, eighths(5), 5);
    assertThat(Files.readAllBytes(file))
        .containsExactly(Files.readAllBytes(GOLDEN.resolve("vector.npy")));
    NpyWriter.write(file, eighths(1));
    assertThat(Files.readAllBytes(file))
        .containsExactly(Files.readAllBytes(GOLDEN.resolve("scalar.npy")));
    try (NpyWriter writer =
        NpyWriter.create(file, org.richkernel.compute.Precision.FLOAT32, 3, 4)) {
      writer.append(eighths(12), 0, 7);
      writer.append(eighths(12), 7, 5);
      writer.commit();
    }
    assertThat(Files.readAllBytes(file))
        .containsExactly(Files.readAllBytes(GOLDEN.resolve("f4-le.npy")));
  }
}
