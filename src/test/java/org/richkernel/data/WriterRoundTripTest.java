package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TimeZone;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.compute.Precision;

class WriterRoundTripTest {
  private static Path folder;

  @BeforeContainer
  static void makeFolder() throws IOException {
    folder = Files.createTempDirectory("round-trip");
  }

  @AfterContainer
  static void removeFolder() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  @Provide
  Arbitrary<int[]> shapes() {
    return Arbitraries.integers().between(0, 6).array(int[].class).ofMinSize(0).ofMaxSize(4);
  }

  private static double[] values(int[] shape, long seed) {
    int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    return new java.util.Random(seed).doubles(count, -1e300, 1e300).toArray();
  }

  @Property(tries = 200)
  void npyComesBackBitForBit(@ForAll("shapes") int[] shape, @ForAll long seed) {
    double[] values = values(shape, seed);
    Path file = folder.resolve("a.npy");
    NpyWriter.write(file, values, shape);
    Table table = ArrayReader.read(file);
    assertThat(table.shape()).containsExactly(shape);
    assertThat(table.values()).containsExactly(values);
  }

  @Property(tries = 100)
  void npzComesBackBitForBit(
      @ForAll("shapes") int[] shape, @ForAll("shapes") int[] other, @ForAll long seed) {
    double[] first = values(shape, seed);
    double[] second = values(other, seed + 1);
    Path file = folder.resolve("a.npz");
    try (NpzWriter writer = NpzWriter.create(file)) {
      writer.put("first", first, shape);
      writer.begin("second", Precision.FLOAT64, other);
      for (int i = 0; i < second.length; i++) {
        writer.append(second, i, 1);
      }
      writer.commit();
    }
    assertThat(ArrayReader.read(file + ":first").values()).containsExactly(first);
    Table table = ArrayReader.read(file + ":second");
    assertThat(table.shape()).containsExactly(other);
    assertThat(table.values()).containsExactly(second);
  }

  @Property(tries = 100)
  void fortranOrderIsTheTransposeOfRowMajor(@ForAll("shapes") int[] shape, @ForAll long seed) {
    double[] columnMajor = values(shape, seed);
    double[] rowMajor = ArrayPayload.rowMajor("x", columnMajor, shape);
    for (int k = 0; k < rowMajor.length; k++) {
      int rest = k;
      int[] index = new int[shape.length];
      for (int d = shape.length - 1; d >= 0; d--) {
        index[d] = rest % shape[d];
        rest /= shape[d];
      }
      int from = 0;
      for (int d = shape.length - 1; d >= 0; d--) {
        from = from * shape[d] + index[d];
      }
      assertThat(rowMajor[k]).isEqualTo(columnMajor[from]);
    }
  }

  /** Whatever the type and the order of the file, the reader gives the same values row-major. */
  @Property(tries = 50)
  void integersOfAnyTypeAndOrderComeBack(
      @ForAll("shapes") int[] shape,
      @ForAll ElementType type,
      @ForAll ElementOrder order,
      @ForAll long seed) {
    int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    boolean unsigned = type.name().startsWith("U");
    int most = type == ElementType.BOOL ? 2 : 128;
    long[] values =
        new java.util.Random(seed).longs(count, unsigned || most == 2 ? 0 : -most, most).toArray();
    int[] small = Arrays.stream(values).mapToInt(v -> (int) v).toArray();
    double[] asDoubles = Arrays.stream(values).asDoubleStream().toArray();
    double[] expected =
        order == ElementOrder.ROW_MAJOR
            ? asDoubles
            : ArrayPayload.rowMajor("x", asDoubles.clone(), shape);
    Path file = folder.resolve("b.npz");
    try (NpzWriter writer = NpzWriter.create(file)) {
      writer.begin("longs", type, order, shape);
      writer.append(values, 0, count);
      writer.begin("ints", type, order, shape);
      writer.append(small, 0, count);
      writer.begin("doubles", type, order, shape);
      writer.append(asDoubles, 0, count);
      writer.put("long", values, shape);
      writer.put("int", small, shape);
      writer.commit();
    }
    for (String name : new String[] {"longs", "ints", "doubles"}) {
      Table table = ArrayReader.read(file + ":" + name);
      assertThat(table.shape()).containsExactly(shape);
      assertThat(table.values()).containsExactly(expected);
    }
    assertThat(ArrayReader.read(file + ":long").values()).containsExactly(asDoubles);
    assertThat(ArrayReader.read(file + ":int").values()).containsExactly(asDoubles);
  }

  @Test
  void extremesOfTheIntegerTypesComeBackAndWhatIsBeyondThemIsRefused(@TempDir Path temp) {
    Path file = temp.resolve("x.npy");
    int[] extremes = {Integer.MIN_VALUE, Integer.MAX_VALUE};
    NpyWriter.write(file, extremes, 2);
    assertThat(ArrayReader.read(file).values())
        .containsExactly(Integer.MIN_VALUE, Integer.MAX_VALUE);
    long[] exact = {-(1L << 53), 1L << 53};
    NpyWriter.write(file, exact, 2);
    assertThat(ArrayReader.read(file).values()).containsExactly(-0x1p53, 0x1p53);
    try (NpyWriter writer = NpyWriter.create(file, ElementType.UINT32, ElementOrder.ROW_MAJOR, 1)) {
      writer.append(new long[] {0xffffffffL}, 0, 1);
      writer.commit();
    }
    assertThat(ArrayReader.read(file).values()).containsExactly(0xffffffffL);
    Object[][] refused = {
      {ElementType.INT8, 128.0, "128"},
      {ElementType.UINT16, -1.0, "-1"},
      {ElementType.INT64, 0x1p63, "9.223372036854776E18"},
      {ElementType.INT32, 2.5, "2.5"},
      {ElementType.INT32, Double.NaN, "NaN"},
      {ElementType.BOOL, 2.0, "2"},
    };
    for (Object[] row : refused) {
      ElementType type = (ElementType) row[0];
      try (NpyWriter writer = NpyWriter.create(file, type, ElementOrder.ROW_MAJOR, 2)) {
        assertThatThrownBy(() -> writer.append(new double[] {0, (double) row[1]}, 0, 2))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("value 2 is " + row[2] + ", which")
            .hasMessageContaining(type.name().toLowerCase(java.util.Locale.ROOT));
      }
    }
    assertThat(ArrayReader.read(file).values()).containsExactly(0xffffffffL);
  }

  @Test
  void arrayLargerThanTheBuffersComesBack(@TempDir Path temp) {
    double[] values = values(new int[] {70_001}, 7);
    NpyWriter.write(temp.resolve("x.npy"), values, 70_001);
    assertThat(ArrayReader.read(temp.resolve("x.npy")).values()).containsExactly(values);
    double[] small = Arrays.stream(values).map(v -> v * 1e-290).toArray();
    try (NpzWriter writer = NpzWriter.create(temp.resolve("x.npz"))) {
      writer.begin("x", Precision.FLOAT32, 70_001);
      writer.append(small, 0, 70_001);
      writer.commit();
    }
    double[] rounded = Arrays.stream(small).map(v -> (float) v).toArray();
    try (NpzArchive archive = NpzArchive.open(temp.resolve("x.npz"))) {
      assertThat(archive.read("x").values()).containsExactly(rounded);
    }
  }

  @Test
  void sameArraysGiveTheSameBytesInAnyTimeZone(@TempDir Path temp) throws IOException {
    TimeZone here = TimeZone.getDefault();
    byte[][] bytes = new byte[2][];
    String[] zones = {"Pacific/Kiritimati", "America/Los_Angeles"};
    try {
      for (int i = 0; i < 2; i++) {
        TimeZone.setDefault(TimeZone.getTimeZone(zones[i]));
        Path file = temp.resolve("same.npz");
        try (NpzWriter writer = NpzWriter.create(file)) {
          writer.put("x", new double[] {1, 2, 3}, 3);
          writer.commit();
        }
        bytes[i] = Files.readAllBytes(file);
      }
    } finally {
      TimeZone.setDefault(here);
    }
    assertThat(bytes[0]).containsExactly(bytes[1]);
  }

  @Test
  void missingAndSurplusValuesAreRefusedAndLeaveNothing(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("x.npy");
    assertThatThrownBy(() -> NpyWriter.write(file, new double[5], 2, 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("of shape 2 x 3 was given 5 values");
    assertThatThrownBy(() -> NpyWriter.write(file, new double[7], 2, 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("was given 7 values");
    try (NpzWriter writer = NpzWriter.create(temp.resolve("x.npz"))) {
      writer.begin("x", Precision.FLOAT64, 2);
      assertThatThrownBy(() -> writer.put("y", new double[1], 1))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> writer.put("x", new double[1], 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void formerFileStaysUntilTheCommit(@TempDir Path temp) throws IOException {
    Path target = temp.resolve("state.json");
    AtomicFile.write(target, "old".getBytes(StandardCharsets.UTF_8));
    try (AtomicFile file = AtomicFile.create(target)) {
      file.stream().write("half".getBytes(StandardCharsets.UTF_8));
      assertThat(target).hasContent("old");
    }
    assertThat(target).hasContent("old");
    assertThat(temp).isDirectoryNotContaining("glob:**.tmp");
    try (AtomicFile file = AtomicFile.create(target)) {
      file.stream().write("new".getBytes(StandardCharsets.UTF_8));
      file.commit();
      assertThatThrownBy(file::commit).isInstanceOf(IllegalStateException.class);
    }
    assertThat(target).hasContent("new");
    try (Stream<Path> files = Files.list(temp)) {
      assertThat(files).containsExactly(target);
    }
  }

  @Test
  void failureToWriteIsAnUncheckedIoExceptionThatNamesTheFile(@TempDir Path temp)
      throws IOException {
    Path missing = temp.resolve("no-such-folder").resolve("x.npz");
    assertThatThrownBy(() -> NpzWriter.create(missing).close())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith(missing + ": it cannot be written (NoSuchFileException");
    Path directory = Files.createDirectory(temp.resolve("taken"));
    assertThatThrownBy(() -> NpyWriter.write(directory, new double[1], 1))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("this is a directory");
  }

  @Test
  void failedMoveLeavesNoTemporaryFile(@TempDir Path temp) throws IOException {
    Path target = temp.resolve("x");
    AtomicFile file = AtomicFile.create(target);
    // a directory that appears meanwhile cannot be replaced
    Files.createDirectory(target);
    Files.createFile(target.resolve("inside"));
    assertThatThrownBy(file::commit).isInstanceOf(UncheckedIOException.class);
    file.close();
    try (Stream<Path> files = Files.list(temp)) {
      assertThat(files).containsExactly(target);
    }
  }
}
