package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Precision;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.network.ImageShape;
import org.richkernel.network.InputValues;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;

/** Inputs as bytes and as float32 have the bits of the same numbers in float64. */
class StoredInputsTest {
  private static final int COLUMNS = 6;

  @TempDir private Path folder;

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  /** Bytes as numbers, by plain arithmetic. */
  private static double[] scaled(byte[] bytes, double scale, double mean, double std) {
    double[] values = new double[bytes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((bytes[i] & 0xff) / scale - mean) / std;
    }
    return values;
  }

  private static void requireSame(Inputs seen, Inputs expected) {
    assertThat(seen.rows()).isEqualTo(expected.rows());
    assertThat(seen.dimension()).isEqualTo(expected.dimension());
    assertThat(seen.shape()).isEqualTo(expected.shape());
    assertThat(seen.toArray()).containsExactly(expected.toArray());
    assertThat(seen.copyRows(1, 2)).containsExactly(expected.copyRows(1, 2));
    assertThat(seen.meanSquare()).isEqualTo(expected.meanSquare());
    for (int i = 0; i < seen.rows(); i++) {
      assertThat(seen.meanSquare(i)).isEqualTo(expected.meanSquare(i));
      for (int j = 0; j < seen.dimension(); j++) {
        assertThat(seen.at(i, j)).isEqualTo(expected.at(i, j));
      }
    }
    int[] chosen = {4, 0, 4, 2};
    assertThat(seen.rows(chosen).toArray()).containsExactly(expected.rows(chosen).toArray());
    assertThat(seen.none().rows()).isZero();
  }

  @Test
  void bytesAreTheirNumbers() {
    byte[] raw = bytes(7 * COLUMNS);
    InputValues codes = InputValues.ofUnsigned(raw);
    InputValues mapped = codes.map(v -> v / 255).map(v -> v - 0.3).map(v -> v / 0.7);
    double[] plain = scaled(raw, 255, 0.3, 0.7);
    assertThat(mapped.bytes()).isEqualTo(raw.length);
    assertThat(codes.toArray()).containsExactly(scaled(raw, 1, 0, 1));
    ImageShape image = new ImageShape(2, 3, 1);
    requireSame(
        Inputs.of(mapped, 7, COLUMNS).withShape(image),
        Inputs.of(plain, 7, COLUMNS).withShape(image));
  }

  @Test
  void singlePrecisionAndFunctionsOfItAreTheirNumbers() {
    Random random = new Random(2);
    float[] single = new float[7 * COLUMNS];
    double[] wide = new double[single.length];
    double[] mapped = new double[single.length];
    for (int i = 0; i < single.length; i++) {
      single[i] = (float) random.nextGaussian();
      wide[i] = single[i];
      mapped[i] = (wide[i] / 3 - 0.1) / 0.9;
    }
    InputValues values = InputValues.of(single);
    assertThat(values.bytes()).isEqualTo(4L * single.length);
    requireSame(Inputs.of(values, 7, COLUMNS), Inputs.of(wide, 7, COLUMNS));
    Inputs expected = Inputs.of(mapped, 7, COLUMNS);
    requireSame(Inputs.of(values.map(v -> (v / 3 - 0.1) / 0.9), 7, COLUMNS), expected);
    InputValues doubles = InputValues.of(wide).map(v -> v / 3).map(v -> (v - 0.1) / 0.9);
    requireSame(Inputs.of(doubles, 7, COLUMNS), expected);
  }

  private String idx(String name, byte[] values, int rows) throws IOException {
    Path file = folder.resolve(name);
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
      int columns = values.length / rows;
      out.writeInt(columns == 1 ? 0x0801 : 0x0802);
      out.writeInt(rows);
      if (columns > 1) {
        out.writeInt(columns);
      }
      out.write(values);
    }
    return file.toString();
  }

  /** Labels 0, 1, 2, 0, 1, 2 and so on. */
  private String labels(int rows) throws IOException {
    byte[] labels = new byte[rows];
    for (int i = 0; i < rows; i++) {
      labels[i] = (byte) (i % 3);
    }
    return idx("labels" + rows, labels, rows);
  }

  /** Every choice of rows, and every standardization, against plain loops over the bytes. */
  @ParameterizedTest
  @CsvSource({
    "global, all",
    "global, first",
    "global, classes",
    "global, random",
    "'0.2,0.4', classes",
    "'0.2,0.4', all",
    "none, random"
  })
  void chosenRowsStayBytes(String standardize, String choice) throws IOException {
    int rows = 40;
    byte[] raw = bytes(rows * COLUMNS);
    DatasetReader reader =
        DatasetReader.train(idx("x", raw, rows), labels(rows))
            .standardize(Standardize.parse(standardize));
    reader =
        switch (choice) {
          case "first" -> reader.trainSize(11);
          case "classes" -> reader.classes(0, 2).trainSize(12);
          case "random" -> reader.trainSize(9).random(5);
          default -> reader;
        };
    Datasets data = reader.read();
    Dataset train = data.train();
    int[] chosen = train.rows();
    byte[] part = new byte[chosen.length * COLUMNS];
    for (int i = 0; i < chosen.length; i++) {
      System.arraycopy(raw, chosen[i] * COLUMNS, part, i * COLUMNS, COLUMNS);
    }
    Standardization of = data.standardization();
    double[] expected = scaled(part, of.scale(), of.mean(), of.std());
    assertThat(train.inputs()).containsExactly(expected);
    assertThat(train.inputValues().bytes()).isEqualTo(part.length);
    assertThat(data.inputBytes()).isEqualTo(part.length);
    assertThat(train.checksum())
        .isEqualTo(Dataset.of(expected, train.targets(), chosen.length).checksum());
    if (standardize.equals("global")) {
      double[] unit = scaled(part, 255, 0, 1);
      double mean = Arrays.stream(unit).sum() / unit.length;
      double squares = Arrays.stream(unit).map(v -> (v - mean) * (v - mean)).sum();
      assertThat(of).isEqualTo(new Standardization(mean, Math.sqrt(squares / unit.length), 255));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT32", "FLOAT16", "UINT8", "FLOAT64"})
  void npyStaysInItsPrecision(String type) throws IOException {
    double[] numbers = {0, 1, 2.5, 200, 7, 0.125, 3, 4};
    if (type.equals("UINT8")) {
      numbers[2] = 255;
      numbers[5] = 9;
    }
    ElementType element = ElementType.valueOf(type);
    Path x = folder.resolve("x.npy");
    try (NpyWriter writer = NpyWriter.create(x, element, ElementOrder.ROW_MAJOR, 4, 2)) {
      writer.append(numbers, 0, numbers.length);
      writer.commit();
    }
    Path y = folder.resolve("y.npy");
    NpyWriter.write(y, new double[] {1, 2, 3, 4}, 4);
    Dataset read = DatasetReader.train(x.toString(), y.toString()).read().train();
    assertThat(read.inputs()).containsExactly(numbers);
    int each = Math.min(element == ElementType.FLOAT16 ? 4 : element.bytes(), 8);
    assertThat(read.inputValues().bytes()).isEqualTo((long) each * numbers.length);
    Dataset global =
        DatasetReader.train(x.toString(), y.toString())
            .standardize(Standardize.global())
            .read()
            .train();
    double mean = Arrays.stream(numbers).sum() / numbers.length;
    double squares = Arrays.stream(numbers).map(v -> (v - mean) * (v - mean)).sum();
    double std = Math.sqrt(squares / numbers.length);
    assertThat(global.inputs())
        .containsExactly(Arrays.stream(numbers).map(v -> (v - mean) / std).toArray());
  }

  /** More rows than a panel of any consumer, and more bytes than the buffer of the reader. */
  @Test
  void manyRowsOfAnIdxFileGoThroughPanels() throws IOException {
    int rows = 12_300;
    byte[] raw = bytes(rows * COLUMNS);
    Datasets data = DatasetReader.train(idx("many", raw, rows), labels(rows)).read();
    Standardization of = data.standardization();
    double[] plain = scaled(raw, of.scale(), of.mean(), of.std());
    Inputs stored = Inputs.of(data.train().inputValues(), rows, COLUMNS);
    NetworkSpec network = NetworkSpec.of(1, Activation.RELU).withBiasVariance(0.2);
    try (Backend backend = Backends.cpu()) {
      InputFactor seen = InputFactor.of(backend, network, stored::copyRows, rows, COLUMNS);
      InputFactor expected = InputFactor.of(backend, network, plain, rows, COLUMNS);
      assertThat(seen.factor()).containsExactly(expected.factor());
      assertThat(seen.projector()).containsExactly(expected.projector());

      LazyKernel kernel = new LazyKernel(network, KernelKind.NNGP);
      Inputs points = Inputs.of(Arrays.copyOf(plain, 3 * COLUMNS), 3, COLUMNS);
      double[] cross = kernel.cross(backend, points, stored);
      for (int row : new int[] {0, 4095, 4096, 8192, rows - 1}) {
        Inputs one = stored.rows(new int[] {row});
        double[] alone = kernel.cross(backend, points, one);
        for (int i = 0; i < 3; i++) {
          assertThat(cross[i * rows + row]).isCloseTo(alone[i], within(1e-13));
        }
      }
    }
  }

  /** Values that pass through a file in several parts. */
  @Test
  void numbersInAnyFormAreWrittenAsDoubles() {
    byte[] raw = bytes(30_000);
    Path file = folder.resolve("a.npz");
    InputValues values = InputValues.ofUnsigned(raw).map(v -> v / 7);
    try (NpzWriter writer = NpzWriter.create(file)) {
      writer.put("x", values, 5000, 6);
      writer.begin("one", Precision.FLOAT32, 1);
      writer.append(new double[] {0.5}, 0, 1);
      writer.commit();
    }
    Table read = ArrayReader.read(file + ":x");
    assertThat(read.values()).containsExactly(scaled(raw, 7, 0, 1));
    assertThat(read.shared().bytes()).isEqualTo(8L * raw.length);
    assertThat(ArrayReader.read(file + ":one").shared().bytes()).isEqualTo(4);
  }
}
