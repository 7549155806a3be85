package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.network.InvalidProblemException;

class DatasetReaderTest {
  private static final String TRAIN_X = "test-data/mnist01-train-images-idx3-ubyte.gz";
  private static final String TRAIN_Y = "test-data/mnist01-train-labels-idx1-ubyte.gz";
  private static final String TEST_X = "test-data/mnist01-test-images-idx3-ubyte.gz";
  private static final String TEST_Y = "test-data/mnist01-test-labels-idx1-ubyte.gz";

  @TempDir private Path folder;

  private String csv(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    return Files.write(file, content.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private String column(String name, double... values) throws IOException {
    Path file = folder.resolve(name);
    NpyWriter.write(file, values, values.length);
    return file.toString();
  }

  private static DatasetReader mnist01() {
    return DatasetReader.train(TRAIN_X, TRAIN_Y).test(TEST_X, TEST_Y).classes(0, 1);
  }

  private static void assertInvalidData(DatasetReader reader, String message) {
    assertThatThrownBy(reader::read)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void balancedMnistSubsetEqualsTheReferenceInputs() {
    Datasets data =
        mnist01().trainSize(40).testSize(100).standardize(Standardize.fixed(0.1307, 0.3081)).read();
    assertThat(data.train().inputs()).containsExactly(reference("train40_u8", true));
    assertThat(data.train().targets()).containsExactly(reference("ytrain", false));
    Dataset test = data.test().orElseThrow();
    assertThat(test.inputs()).containsExactly(reference("test100_u8", true));
    assertThat(test.targets()).containsExactly(reference("ytest", false));
    assertThat(data.train().points()).isEqualTo(40);
    assertThat(data.train().inputDimension()).isEqualTo(784);
    assertThat(data.train().outputs()).isEqualTo(1);
    assertThat(data.train().classNames()).containsExactly("0", "1");
    assertThat(data.standardization()).isEqualTo(new Standardization(0.1307, 0.3081, 255));
  }

  private static double[] reference(String name, boolean bytes) {
    double[] raw =
        ArrayReader.read(Path.of("test-data/reference/mnist01_" + name + ".npy")).values();
    return bytes ? Arrays.stream(raw).map(u -> (u / 255 - 0.1307) / 0.3081).toArray() : raw;
  }

  @Test
  void globalStandardizationOfIdxImagesIsTheDefaultAndUsesTheChosenTrainingRowsOnly() {
    Datasets data = mnist01().trainSize(40).testSize(10).read();
    double[] raw = ArrayReader.read(Path.of("test-data/reference/mnist01_train40_u8.npy")).values();
    // the sums of bytes and of their squares are exact integers
    double n = raw.length;
    double mean = DoubleStream.of(raw).sum() / n / 255;
    double square = DoubleStream.of(raw).map(u -> u * u).sum() / n / (255.0 * 255);
    double std = Math.sqrt(square - mean * mean);
    assertThat(data.standardization().mean()).isCloseTo(mean, within(1e-13));
    assertThat(data.standardization().std()).isCloseTo(std, within(1e-13));
    assertThat(data.standardization().scale()).isEqualTo(255);
    double[] x = data.train().inputs();
    assertThat(DoubleStream.of(x).average().orElseThrow()).isCloseTo(0, within(1e-12));
    assertThat(DoubleStream.of(x).map(v -> v * v).average().orElseThrow())
        .isCloseTo(1, within(1e-12));
    // a pixel of the background of a test image
    assertThat(data.test().orElseThrow().input(0, 0)).isCloseTo(-mean / std, within(1e-12));
  }

  @Test
  void globalStandardizationOfOtherFilesMatchesTheHandComputation() throws IOException {
    String x = csv("x.csv", "1,2\n3,6\n100,100\n");
    String y = csv("y.csv", "0.5\n-0.5\n9\n");
    String testX = csv("tx.csv", "3,7\n");
    String testY = csv("ty.csv", "2\n");
    Datasets data =
        DatasetReader.train(x, y)
            .test(testX, testY)
            .trainSize(2)
            .standardize(Standardize.global())
            .read();
    // 1, 2, 3, 6: mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5
    double std = Math.sqrt(3.5);
    assertThat(data.standardization()).isEqualTo(new Standardization(3, std, 1));
    assertThat(data.train().inputs()).containsExactly(-2 / std, -1 / std, 0, 3 / std);
    assertThat(data.test().orElseThrow().inputs()).containsExactly(0, 4 / std);
    assertThat(data.train().targets()).containsExactly(0.5, -0.5);
    assertThat(data.train().labels()).isEmpty();
    double[] raw = {3, 7};
    assertThat(data.standardization().apply(raw)).containsExactly(0, 4 / std);
    assertThat(raw).containsExactly(3, 7);
  }

  @Test
  void inputsOfOtherFilesStayAsTheyAreByDefault() throws IOException {
    String x = csv("x.csv", "1,2\n3,6\n");
    Datasets data = DatasetReader.train(x, column("y.npy", 1, -1)).read();
    assertThat(data.train().inputs()).containsExactly(1, 2, 3, 6);
    assertThat(data.standardization()).isEqualTo(Standardization.IDENTITY);
    assertThat(data.test()).isEmpty();
  }

  @Test
  void noneLeavesIdxBytesAsTheyAre() {
    Datasets data = mnist01().trainSize(40).standardize(Standardize.none()).read();
    double[] raw = ArrayReader.read(Path.of("test-data/reference/mnist01_train40_u8.npy")).values();
    assertThat(data.train().inputs()).containsExactly(raw);
  }

  @Test
  void twoClassesAreFilteredMappedAndKeptInOrder() throws IOException {
    String x = column("x.npy", 10, 11, 12, 13, 14, 15, 16, 17);
    String y = column("y.npy", 7, 2, 3, 3, 7, 3, 7, 3);
    Dataset all = DatasetReader.train(x, y).classes("7, 3").read().train();
    assertThat(all.inputs()).containsExactly(10, 12, 13, 14, 15, 16, 17);
    assertThat(all.targets()).containsExactly(-1, 1, 1, -1, 1, -1, 1);
    assertThat(all.labels().orElseThrow()).containsExactly(0, 1, 1, 0, 1, 0, 1);
    assertThat(all.classNames()).containsExactly("7", "3");
    Dataset four = DatasetReader.train(x, y).classes(7, 3).trainSize(4).read().train();
    assertThat(four.inputs()).containsExactly(10, 12, 13, 14);
    Dataset five = DatasetReader.train(x, y).classes(7, 3).trainSize(5).read().train();
    assertThat(five.inputs()).containsExactly(10, 12, 13, 14, 16);
    Dataset seven = DatasetReader.train(x, y).classes(3, 7).trainSize(7).read().train();
    assertThat(seven.inputs()).containsExactly(10, 12, 13, 14, 15, 16, 17);
    Dataset one = DatasetReader.train(x, y).classes(7, 3).trainSize(1).read().train();
    assertThat(one.inputs()).containsExactly(10);
  }

  @Test
  void mnistSamplesAreBalanced() {
    Datasets data = mnist01().read();
    for (Dataset set : new Dataset[] {data.train(), data.test().orElseThrow()}) {
      assertThat(set.points()).isEqualTo(1000);
      assertThat(Arrays.stream(set.targets()).sum()).isEqualTo(0);
    }
    Dataset ten =
        DatasetReader.train(TRAIN_X.replace("01", "10"), TRAIN_Y.replace("01", "10"))
            .test(TEST_X.replace("01", "10"), TEST_Y.replace("01", "10"))
            .oneHot()
            .read()
            .train();
    assertThat(ten.points()).isEqualTo(1000);
    assertThat(ten.outputs()).isEqualTo(10);
    assertThat(ten.classNames()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    for (int k = 0; k < 10; k++) {
      int output = k;
      int[] labels = ten.labels().orElseThrow();
      assertThat(Arrays.stream(labels).filter(l -> l == output).count()).isEqualTo(100);
    }
  }

  @Test
  void oneHotUsesTheClassesOfTheWholeTrainingFileForTrainAndTest() throws IOException {
    String x = column("x.npy", 1, 2, 3, 4);
    String y = column("y.npy", 5, -1, 5, 9);
    String testX = column("tx.npy", 6, 7);
    String testY = column("ty.npy", 9, 5);
    Datasets data = DatasetReader.train(x, y).test(testX, testY).trainSize(2).oneHot().read();
    assertThat(data.train().classNames()).containsExactly("-1", "5", "9");
    assertThat(data.train().targets()).containsExactly(0, 1, 0, 1, 0, 0);
    assertThat(data.test().orElseThrow().targets()).containsExactly(0, 0, 1, 0, 1, 0);
    assertThat(data.test().orElseThrow().labels().orElseThrow()).containsExactly(2, 1);
    assertInvalidData(
        DatasetReader.train(x, y).test(testX, column("ty.npy", 9, 4)).oneHot(),
        "ty.npy: row 2 is of class 4, which the training labels lack");
    assertInvalidData(
        DatasetReader.train(x, column("y.npy", 3, 3, 3, 3)).oneHot(), "all its labels are 3");
  }

  @Test
  void realTargetsMayHaveSeveralColumnsAndSignsAreClasses() throws IOException {
    String x = column("x.npy", 1, 2);
    Dataset two = DatasetReader.train(x, csv("y.csv", "1,2\n3,4\n")).read().train();
    assertThat(two.outputs()).isEqualTo(2);
    assertThat(two.target(1, 0)).isEqualTo(3);
    assertThat(two.labels()).isEmpty();
    Dataset signs = DatasetReader.train(x, column("y.npy", 1, -1)).read().train();
    assertThat(signs.labels().orElseThrow()).containsExactly(1, 0);
    assertThat(signs.classNames()).containsExactly("-1", "+1");
  }

  @Test
  void sizesThatTheFilesDoNotHaveAreRefusedWithWhatThereIs() throws IOException {
    String x = column("x.npy", 1, 2, 3, 4);
    String y = column("y.npy", 0, 1, 1, 1);
    assertThatThrownBy(() -> DatasetReader.train(x, y).trainSize(5).read())
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("train-size is 5; " + y + " has 4 rows, use at most 4");
    assertThatThrownBy(() -> DatasetReader.train(x, y).classes(0, 1).trainSize(4).read())
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage(
            "train-size is 4; "
                + y
                + " has 2 rows in balance (1 of class 0, 3 of class 1), use at most 2");
    assertThatThrownBy(() -> DatasetReader.train(x, y).test(x, y).testSize(9).read())
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageStartingWith("test-size is 9; ");
    assertThatThrownBy(() -> DatasetReader.train(x, y).oneHot().trainSize(5).read())
        .isInstanceOf(InvalidProblemException.class);
    assertThatThrownBy(() -> DatasetReader.train(x, y).trainSize(0))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("train-size is 0; use at least 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "1,", "3,3", "1,2,1", "1/", "1,2/2,3"})
  void badClassesAreRefused(String pair) {
    assertThatThrownBy(() -> DatasetReader.train("x", "y").classes(pair))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageStartingWith("classes is " + pair);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "all", "1", "1,2,3", "a,b", "0,0", "0,-1", "NaN,1", "0,Infinity"})
  void badStandardizationsAreRefused(String text) {
    assertThatThrownBy(() -> Standardize.parse(text))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageStartingWith("standardize is ")
        .hasMessageEndingWith("; use none, global, or MEAN,STD with a positive STD");
  }

  @Test
  void standardizationsOfTheCommandLineAreParsed() {
    assertThat(Standardize.parse("none")).isEqualTo(Standardize.none());
    assertThat(Standardize.parse(" global")).isEqualTo(Standardize.global());
    assertThat(Standardize.parse("0.1307, 0.3081")).isEqualTo(Standardize.fixed(0.1307, 0.3081));
  }

  @Test
  void filesThatDoNotFitTogetherAreRefused() throws IOException {
    String x = csv("x.csv", "1,2\n3,4\n5,6\n");
    String y = column("y.npy", 0, 1, 0);
    assertInvalidData(
        DatasetReader.train(x, column("short.npy", 0, 1)),
        "x.csv: it has 3 rows, but " + folder.resolve("short.npy") + " has 2;");
    assertInvalidData(
        DatasetReader.train(x, y).test(csv("wide.csv", "1,2,3\n"), column("ty.npy", 1)),
        "wide.csv: it has 3 columns, the training inputs have 2;");
    assertInvalidData(
        DatasetReader.train(x, y).test(x, csv("y2.csv", "1,2\n3,4\n5,6\n")),
        "y2.csv: it has 2 columns, the training labels have 1;");
    assertInvalidData(DatasetReader.train(TRAIN_Y, TRAIN_X), "it holds images (1000 x 28 x 28)");
    Path none = folder.resolve("none.npy");
    NpyWriter.write(none, new double[0], 0, 2);
    assertInvalidData(
        DatasetReader.train(none.toString(), y), "none.npy: it holds no values (0 x 2)");
  }

  @Test
  void bytesAndOtherNumbersAreNotMixedUnlessTakenAsTheyAre() throws IOException {
    String testX = "test-data/reference/mnist01_test100_u8.npy";
    String testY = "test-data/reference/mnist01_ytest.npy";
    DatasetReader mixed = DatasetReader.train(TRAIN_X, TRAIN_Y).test(testX, testY);
    assertInvalidData(mixed, "mnist01_test100_u8.npy: it holds no IDX bytes, but the training");
    assertInvalidData(
        DatasetReader.train(testX, testY).test(TEST_X, TEST_Y),
        "images-idx3-ubyte.gz: it holds IDX bytes, but the training inputs are no such bytes");
    assertThat(mixed.standardize(Standardize.none()).read().test().orElseThrow().points())
        .isEqualTo(100);
    Standardization bytes = new Standardization(0.5, 2, 255);
    assertThatThrownBy(() -> bytes.apply(ArrayReader.read(testX)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("it holds no IDX bytes");
    assertThat(bytes.apply(ArrayReader.read(TEST_X)).get(0)).isEqualTo(-0.25);
  }

  @Test
  void missingClassesAndLabelsThatAreNoIntegersAreRefused() throws IOException {
    String x = column("x.npy", 1, 2, 3);
    String y = column("y.npy", 4, 0, 4);
    assertInvalidData(
        DatasetReader.train(x, y).classes(4, 1),
        "y.npy: it holds no row of class 1 (its classes are 0, 4);");
    assertInvalidData(
        DatasetReader.train(x, column("y.npy", 0, 0.5, 1)).classes(0, 1),
        "y.npy: row 2 has the label 0.5, which is not an integer class;");
    assertInvalidData(
        DatasetReader.train(x, column("y.npy", 0, 1e10, 1)).oneHot(), "row 2 has the label 1.0E10");
    assertInvalidData(
        DatasetReader.train(x, csv("y.csv", "1,2\n3,4\n5,6\n")).oneHot(), "it has 2 columns");
    String again = column("y.npy", 4, 0, 4);
    assertThat(DatasetReader.train(x, again).classes(0, 4).oneHot().read().train().targets())
        .containsExactly(0, 1, 1, 0, 0, 1);
  }

  @Test
  void constantAndOverflowingInputsAreRefused() throws IOException {
    // 0.1 + 0.1 + 0.1 is not 3 * 0.1, so that rounding alone would give a deviation above 0
    String x = column("x.npy", 0.1, 0.1, 0.1, 8);
    String y = column("y.npy", 0, 1, 0, 1);
    DatasetReader reader = DatasetReader.train(x, y).standardize(Standardize.global());
    assertInvalidData(
        reader.trainSize(3), "x.npy: all chosen training inputs equal 0.1, so their standard");
    assertThat(reader.read().train().points()).isEqualTo(4);
    assertInvalidData(
        DatasetReader.train(column("x.npy", 1e300, -1e300, 0, 0), y)
            .standardize(Standardize.global()),
        "the standard deviation of the inputs is out of range");
    assertInvalidData(
        DatasetReader.train(column("x.npy", 1e10, 2, 0, 0), y)
            .standardize(Standardize.fixed(0, 1e-300)),
        "standardized inputs overflow");
  }

  @Test
  void readersAreImmutable() throws IOException {
    String x = column("x.npy", 1, 2, 3);
    DatasetReader all = DatasetReader.train(x, column("y.npy", 4, 0, 4));
    assertThat(all.trainSize(1).read().train().points()).isEqualTo(1);
    assertThat(all.classes(0, 4).read().train().classNames()).containsExactly("0", "4");
    assertThat(all.read().train().points()).isEqualTo(3);
    assertThat(all.read().train().targets()).containsExactly(4, 0, 4);
  }
}
