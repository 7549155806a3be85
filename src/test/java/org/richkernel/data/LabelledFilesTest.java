package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.network.ImageShape;
import org.richkernel.network.InvalidProblemException;

/** Points and labels from one file, classes of words, groups and random rows. */
class LabelledFilesTest {
  @TempDir Path folder;

  private String text(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }

  /** A batch whose pixel (row, column, channel) of image i is (i + 7 row + column + 80 channel). */
  private String batch(String name, int[][] labels) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < labels.length; i++) {
      for (int label : labels[i]) {
        bytes.write(label);
      }
      for (int channel = 0; channel < 3; channel++) {
        for (int row = 0; row < 32; row++) {
          for (int column = 0; column < 32; column++) {
            bytes.write(i + 7 * row + column + 80 * channel);
          }
        }
      }
    }
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes.toByteArray()).toString();
  }

  @Test
  void aWordThatIsANumberIsFoundInEitherSpelling() throws IOException {
    String file = text("words.csv", "1,01\n2,x\n3,01\n4,y\n5,1\n");
    for (String one : new String[] {"01", "1"}) {
      Datasets data =
          DatasetReader.train(file)
              .labelColumn("1")
              .classes(one + ",x")
              .standardize(Standardize.none())
              .read();
      assertThat(data.train().targets()).containsExactly(-1, 1, -1, -1);
    }
  }

  /** Among words, longer than a number of 64 bits holds: a word, after the numbers. */
  @Test
  void aLabelOfManyDigitsIsAWord() throws IOException {
    String digits = "5".repeat(64);
    String file = text("digits.csv", "1," + digits + "\n2,7\n3,10\n4,x\n");

    Dataset train = DatasetReader.train(file).labelColumn("1").oneHot().read().train();

    assertThat(train.classNames()).containsExactly("7", "10", digits, "x");
  }

  @Test
  void aBatchOfCifarHoldsImagesOfThreeChannelsAndTheirLabels() throws IOException {
    String file = batch("data_batch_1.bin", new int[][] {{3}, {9}, {3}});

    Datasets data = DatasetReader.train(file).classes("3,9").standardize(Standardize.none()).read();

    Dataset train = data.train();
    assertThat(train.targets()).containsExactly(-1, 1, -1);
    assertThat(train.shape()).isEqualTo(new ImageShape(32, 32, 3));
    // image 1, row 2, column 5, blue
    assertThat(train.inputs()[3072 + (2 * 32 + 5) * 3 + 2]).isEqualTo(1 + 14 + 5 + 160);
    assertThat(data.reading().line())
        .startsWith("read 3 training points of 3072 columns, classes 3 (2), 9 (1)");
    assertThat(data.reading().files().get("train-x").sha256()).hasSize(64);
  }

  @Test
  void batchesOfAFolderFollowEachOther() throws IOException {
    batch("cifar/data_batch_2.bin", new int[][] {{5}});
    batch("cifar/data_batch_1.bin", new int[][] {{1}, {2}});
    batch("cifar/test_batch.bin", new int[][] {{7}});

    Dataset train = DatasetReader.train(folder.resolve("cifar").toString()).oneHot().read().train();

    assertThat(train.classNames()).containsExactly("1", "2", "5");
    assertThat(train.points()).isEqualTo(3);
  }

  @Test
  void ofCifar100EitherLabelIsTaken() throws IOException {
    String file = batch("train.bin", new int[][] {{4, 55}, {11, 98}});

    assertThat(DatasetReader.train(file).read().train().targets()).containsExactly(55, 98);
    assertThat(DatasetReader.train(file).labelColumn("coarse").read().train().targets())
        .containsExactly(4, 11);
    assertThatThrownBy(() -> DatasetReader.train(file).labelColumn("x").read())
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("use fine or coarse");
  }

  @Test
  void aBatchThatIsCutShortOrHoldsOtherLabelsIsRefused() throws IOException {
    String cut = batch("cut.bin", new int[][] {{3}, {9}});
    Files.write(Path.of(cut), Arrays.copyOf(Files.readAllBytes(Path.of(cut)), 5000));
    String other = batch("other.bin", new int[][] {{3}, {10}});

    for (String file : new String[] {cut, other}) {
      assertThatThrownBy(() -> DatasetReader.train(file).read())
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("are no batch of CIFAR-10")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void foldersOfImagesAndTheSameInAZipAreClasses() throws IOException {
    Path zip = folder.resolve("images.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (String name : new String[] {"cat/a.png", "dog/b.png", "dog/c.png"}) {
        BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(2, 1, 0, name.charAt(4));
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        Path file = folder.resolve("set").resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, png.toByteArray());
        out.putNextEntry(new ZipEntry(name));
        out.write(png.toByteArray());
        out.closeEntry();
      }
    }
    for (String source : new String[] {folder.resolve("set").toString(), zip.toString()}) {
      Datasets data = DatasetReader.train(source).standardize(Standardize.none()).read();
      // words are classes without being asked for, and two are -1 and +1
      assertThat(data.train().targets()).containsExactly(-1, 1, 1);
      assertThat(data.train().classNames()).containsExactly("cat", "dog");
      assertThat(data.train().shape()).isEqualTo(new ImageShape(2, 3, 1));
      assertThat(data.train().inputs()).endsWith('c').hasSize(18);
      assertThat(data.reading().line()).contains("classes cat (1), dog (2)");
    }
  }

  @ParameterizedTest
  @CsvSource({"species", "2", "-1"})
  void aColumnOfTextIsTheLabel(String column) throws IOException {
    String train = text("t.csv", "a;b;species\n1;2;x\n# note\n3;4;y\n5;6;x\n");
    String test = text("u.csv", "a;b;species\n7;8;y\n");

    Datasets data = DatasetReader.train(train).test(test).labelColumn(column).read();

    assertThat(data.train().inputs()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(data.train().targets()).containsExactly(-1, 1, -1);
    assertThat(data.test().orElseThrow().targets()).containsExactly(1);
    assertThat(data.reading().line())
        .startsWith("read 3 training points of 2 columns, classes x (2), y (1); skipped: ")
        .contains("; 1 test point of 2 columns, classes x (0), y (1)")
        .contains("skipped: a line of names (a, b, species) and 1 comment line of " + train);
  }

  @Test
  void aColumnOfNumbersIsTakenAsItIs() throws IOException {
    String train = text("t.csv", "0.5 1 2\n1.5 3 4\n");

    Dataset data = DatasetReader.train(train).labelColumn("0").read().train();

    assertThat(data.targets()).containsExactly(0.5, 1.5);
    assertThat(data.inputs()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aColumnThatIsNotThereIsRefusedWithThoseThatAre() throws IOException {
    String train = text("t.csv", "a,b\n1,2\n");
    assertThatThrownBy(() -> DatasetReader.train(train).labelColumn("c").read())
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("label-column is c; " + train + " has the columns a, b");
    assertThatThrownBy(() -> DatasetReader.train(train).labelColumn("2").read())
        .hasMessageContaining("has 2 columns, numbered from 0");
    assertThatThrownBy(() -> DatasetReader.train(train).read())
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageStartingWith("train-y is missing");
    String missing = text("m.csv", "a,b\n1,x\n2,\n");
    assertThatThrownBy(() -> DatasetReader.train(missing).labelColumn("b").read())
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("line 3, column 2 is empty");
  }

  @Test
  void labelsOfAFileMayBeWordsWithOrWithoutAName() throws IOException {
    String x = text("x.csv", "1\n2\n3\n");
    String test = text("tx.csv", "1\n");
    for (String y : new String[] {"kind\nred\nblue\nred\n", "red\nblue\nred\n"}) {
      Datasets data =
          DatasetReader.train(x, text("y.csv", y)).test(test, text("ty.csv", "red\n")).read();
      assertThat(data.train().classNames()).containsExactly("blue", "red");
      assertThat(data.train().targets()).containsExactly(1, -1, 1);
      assertThat(data.test().orElseThrow().targets()).containsExactly(1);
    }
    assertThatThrownBy(
            () ->
                DatasetReader.train(x, text("y.csv", "red\nblue\nred\n"))
                    .test(test, text("ty.csv", "green\n"))
                    .oneHot()
                    .read())
        .hasMessageContaining("row 1 is of class green, which the training labels lack");
    // a word among numbers is a mistake
    assertThatThrownBy(() -> DatasetReader.train(x, text("y.csv", "1\ntwo\n3\n")).read())
        .hasMessageContaining("line 2, column 1 is 'two', not a number");
  }

  @Test
  void severalClassesHaveAnOutputEachAndGroupsAreOne() throws IOException {
    String x = text("x.csv", "1\n2\n3\n4\n5\n6\n");
    String y = text("y.csv", "0\n1\n2\n3\n0\n2\n");

    Dataset three = DatasetReader.train(x, y).classes("0,1,2").read().train();
    assertThat(three.inputs()).containsExactly(1, 2, 3, 5, 6);
    assertThat(three.outputs()).isEqualTo(3);
    assertThat(Arrays.copyOf(three.targets(), 6)).containsExactly(1, 0, 0, 0, 1, 0);

    Dataset grouped = DatasetReader.train(x, y).classes("0,2/1,3").trainSize(4).read().train();
    assertThat(grouped.classNames()).containsExactly("0|2", "1|3");
    assertThat(grouped.inputs()).containsExactly(1, 2, 3, 4);
    assertThat(grouped.targets()).containsExactly(-1, 1, -1, 1);

    UnseenPoints unseen =
        UnseenPoints.read(
            x,
            y,
            Images.AS_READ,
            new UnseenPoints.Coding(grouped.classNames(), 1),
            false,
            OptionalInt.empty());
    assertThat(unseen.targets()).contains(new double[] {-1, 1, -1, 1, -1, -1});
  }

  @Test
  void testPointsMayLackAClassOfTheTrainingPoints() throws IOException {
    String train = text("train.csv", "1,a\n2,b\n3,c\n");
    String test = text("test.csv", "4,c\n5,a\n6,d\n");
    DatasetReader reader = DatasetReader.train(train).test(test).labelColumn("-1");

    Dataset some = reader.classes("a,b,c").read().test().orElseThrow();

    assertThat(some.targets()).containsExactly(0, 0, 1, 1, 0, 0);
    assertThat(reader.classes("b,c").read().test().orElseThrow().targets()).containsExactly(1);
    assertThatThrownBy(() -> reader.classes("a,b,c").testSize(2).read())
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("0 of class b");
    assertThatThrownBy(() -> reader.classes("a,d").read())
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("train.csv (column -1): it holds no row of class d");
    text("test.csv", "4,x\n5,y\n");
    assertThatThrownBy(() -> reader.classes("a,b").read())
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("test.csv (column -1): it holds no row of class a or b");
  }

  @Test
  void testLabelsOfAnotherKindThanTheTrainingLabelsAreRefused() throws IOException {
    String x = text("x.csv", "1\n2\n");
    String words = text("words.txt", "cat\ndog\n");
    DatasetReader numbers = DatasetReader.train(x, text("y.csv", "0.5\n1.5\n"));
    DatasetReader two = DatasetReader.train(x, text("two.csv", "0.5,1\n1.5,2\n"));

    assertThatThrownBy(() -> numbers.test(x, words).read())
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("its labels are words, the training labels are numbers");
    String both = text("both.csv", "1,7\n2,8\n");
    assertThatThrownBy(() -> two.test(both).labelColumn("-1").read())
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("it has 1 columns, the training labels have 2");
    assertThatThrownBy(() -> DatasetReader.train(x, text("bar.txt", "a|b\nc\n")).read())
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("its class a|b has a | in its name");
  }

  @Test
  void randomRowsAreThoseOfTheSeedAndBalanced() throws IOException {
    StringBuilder inputs = new StringBuilder();
    StringBuilder labels = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      inputs.append(i).append('\n');
      labels.append(i < 150 ? 0 : 1).append('\n');
    }
    String x = text("x.csv", inputs.toString());
    String y = text("y.csv", labels.toString());
    DatasetReader reader = DatasetReader.train(x, y).classes(0, 1).trainSize(20);

    double[] first = reader.random(5).read().train().inputs();

    assertThat(first).isSorted().doesNotHaveDuplicates().hasSize(20);
    assertThat(Arrays.stream(first).filter(v -> v >= 150).count()).isEqualTo(10);
    assertThat(reader.random(5).read().train().inputs()).isEqualTo(first);
    assertThat(reader.random(6).read().train().inputs()).isNotEqualTo(first);
    assertThat(reader.read().train().inputs()[9]).isEqualTo(9);
  }

  @Test
  void everyRowIsAsLikelyAsAnyOther() {
    int rows = 10;
    int draws = 4000;
    int[][] counts = new int[rows][rows];
    for (int seed = 0; seed < draws; seed++) {
      int[] order = RowOrder.random(seed, 0).of(rows);
      assertThat(Arrays.stream(order).sorted().toArray())
          .isEqualTo(IntStream.range(0, rows).toArray());
      for (int i = 0; i < rows; i++) {
        counts[i][order[i]]++;
      }
    }
    double chi = 0;
    for (int[] row : counts) {
      for (int count : row) {
        chi += Math.pow(count - draws / 10.0, 2) / (draws / 10.0);
      }
    }
    // 81 degrees of freedom, standard deviation 12.7
    assertThat(chi).isBetween(81 - 5 * 12.7, 81 + 5 * 12.7);
  }

  @ParameterizedTest
  @CsvSource({
    "a.pkl, pickle.load(open",
    "a.pt, torch.load",
    "a.parquet, PAR1 pandas.read_parquet",
    "a.mat, scipy.io.loadmat",
    "a.safetensors, safetensors.numpy.load_file",
  })
  void kindsThatAreNotReadAreNamedWithTheirConversion(String name, String call) throws IOException {
    String file = text(name, call.startsWith("PAR1") ? "PAR1...." : "........");

    assertThatThrownBy(() -> ArrayReader.read(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("which is not read; convert it in Python: import numpy, ")
        .hasMessageContaining(call.replace("PAR1 ", "") + "('")
        .hasMessageContaining("numpy.save('x.npy', ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void pointsOfAFitAreReadWithTheirLabels() throws IOException {
    String file = batch("test.bin", new int[][] {{3}, {9}, {4}});

    Optional<UnseenPoints> points =
        UnseenPoints.readLabelled(
            file,
            Optional.empty(),
            Images.AS_READ,
            new UnseenPoints.Coding(java.util.List.of("3", "9"), 1),
            true,
            OptionalInt.empty());

    assertThat(points.orElseThrow().targets()).contains(new double[] {-1, 1});
    assertThat(points.orElseThrow().rows()).containsExactly(0, 1);
  }
}
