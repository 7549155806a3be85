package org.richkernel.data;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.richkernel.network.InvalidProblemException;

/**
 * Reads training and test points from files: labels become targets, rows are chosen, inputs are
 * standardized. Each method returns a new reader; nothing is read before {@link #read}.
 *
 * <pre>{@code
 * Datasets data =
 *     DatasetReader.train("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
 *         .test("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
 *         .classes(0, 1)
 *         .trainSize(200)
 *         .read();
 * }</pre>
 */
public final class DatasetReader {
  private record Files(String x, Optional<String> y) {}

  private record Sizes(OptionalInt train, OptionalInt test) {}

  private record TestPoints(Dataset points, Reading reading) {}

  private record Labels(Optional<Labelling.TwoClasses> classes, boolean oneHot) {}

  private final Files train;
  private final Optional<Files> test;
  private final Labels labels;
  private final Sizes sizes;
  private final Optional<Standardize> standardize;
  private final Images images;

  private DatasetReader(
      Files train,
      Optional<Files> test,
      Labels labels,
      Sizes sizes,
      Optional<Standardize> standardize,
      Images images) {
    this.train = train;
    this.test = test;
    this.labels = labels;
    this.sizes = sizes;
    this.standardize = standardize;
    this.images = images;
  }

  /** Training inputs and labels, each a file as {@link ArrayReader#read(String)} takes it. */
  public static DatasetReader train(String x, String y) {
    return new DatasetReader(
        new Files(x, Optional.of(y)),
        Optional.empty(),
        new Labels(Optional.empty(), false),
        new Sizes(OptionalInt.empty(), OptionalInt.empty()),
        Optional.empty(),
        Images.AS_READ);
  }

  /** The same with test inputs and labels. */
  public DatasetReader test(String x, String y) {
    return new DatasetReader(
        train, Optional.of(new Files(x, Optional.of(y))), labels, sizes, standardize, images);
  }

  /** The same with test inputs whose targets are not known, to be predicted. */
  public DatasetReader test(String x) {
    return new DatasetReader(
        train, Optional.of(new Files(x, Optional.empty())), labels, sizes, standardize, images);
  }

  /**
   * The same with just two classes of integer labels, the first mapped to -1, the second to +1.
   * Training and test labels must hold both of them.
   *
   * @throws InvalidProblemException if they are the same
   */
  public DatasetReader classes(int negative, int positive) {
    Labelling.TwoClasses two = new Labelling.TwoClasses(negative, positive);
    return new DatasetReader(
        train, test, new Labels(Optional.of(two), labels.oneHot()), sizes, standardize, images);
  }

  /**
   * The same with two classes as a command line names them, such as 0,1.
   *
   * @throws InvalidProblemException if these are not two different integers
   */
  public DatasetReader classes(String pair) {
    String[] parts = pair.split(",", -1);
    try {
      if (parts.length == 2) {
        return classes(Integer.parseInt(parts[0].strip()), Integer.parseInt(parts[1].strip()));
      }
      throw invalidClasses(pair);
    } catch (NumberFormatException e) {
      InvalidProblemException invalid = invalidClasses(pair);
      invalid.initCause(e);
      throw invalid;
    }
  }

  private static InvalidProblemException invalidClasses(String pair) {
    return new InvalidProblemException("classes", pair, "name two integer labels, such as 0,1");
  }

  /**
   * The same with one output for each class of integer labels: 1 for the class of the point, 0 for
   * the others. The classes are those of the whole training file, whatever the training size.
   */
  public DatasetReader oneHot() {
    return new DatasetReader(
        train, test, new Labels(labels.classes(), true), sizes, standardize, images);
  }

  /**
   * The same with the first n training rows; with two classes the first n/2 of each (an odd n takes
   * one more of the first class), in the order of the file.
   *
   * @throws InvalidProblemException if n is less than 1
   */
  public DatasetReader trainSize(int n) {
    Sizes changed = new Sizes(positive("train-size", n), sizes.test());
    return new DatasetReader(train, test, labels, changed, standardize, images);
  }

  /**
   * The same with the first n test rows, chosen as training rows are.
   *
   * @throws InvalidProblemException if n is less than 1
   */
  public DatasetReader testSize(int n) {
    Sizes changed = new Sizes(sizes.train(), positive("test-size", n));
    return new DatasetReader(train, test, labels, changed, standardize, images);
  }

  private static OptionalInt positive(String option, int n) {
    if (n < 1) {
      throw new InvalidProblemException(option, n, "use at least 1");
    }
    return OptionalInt.of(n);
  }

  /**
   * The same with another choice of what to do to the inputs; by default they are standardized
   * globally if the training inputs are IDX bytes, else left as they are.
   */
  public DatasetReader standardize(Standardize choice) {
    return new DatasetReader(train, test, labels, sizes, Optional.of(choice), images);
  }

  /**
   * The same with another choice of how the points of the files are images; by default files of
   * three dimensions hold images of one channel, files of four the channel last.
   */
  public DatasetReader images(Images choice) {
    return new DatasetReader(train, test, labels, sizes, standardize, choice);
  }

  /**
   * Reads the files.
   *
   * @throws InvalidDataException if a file cannot be used, or files do not fit together
   * @throws InvalidProblemException if an option asks for what the files do not have
   */
  public Datasets read() {
    if (labels.classes().isPresent() && labels.oneHot()) {
      throw new InvalidProblemException(
          "one-hot", "given together with classes", "use one of the two");
    }
    Table trainY = readLabels(train.y().orElseThrow());
    Labelling labelling = labelling(trainY);
    Targets trainTargets = labelling.encode(trainY, sizes.train(), "train-size");
    Table trainFile = readInputs(train.x(), trainY);
    Images known = images.knowing(trainFile);
    Table trainX = known.arrange(trainFile);
    boolean bytes = trainX.isIdxBytes();
    Standardize choice = standardize.orElse(bytes ? Standardize.global() : Standardize.none());

    Reading reading = Reading.of(Reading.Role.TRAIN, trainX, trainY, trainTargets);
    double[] x = chosen(trainX, trainTargets.rows());
    Standardization standardization = choice.fit(trainX.source(), x, bytes);
    Dataset trainSet = dataset(trainX.source(), x, trainTargets, standardization, known);
    Optional<TestPoints> tested =
        test.map(files -> readTest(files, trainFile, trainY, labelling, standardization, known));
    return new Datasets(
        trainSet,
        tested.map(TestPoints::points),
        standardization,
        tested.map(points -> reading.and(points.reading())).orElse(reading),
        known);
  }

  private Labelling labelling(Table trainY) {
    if (labels.classes().isPresent()) {
      return labels.classes().get();
    }
    return labels.oneHot() ? Labelling.OneHot.of(trainY) : new Labelling.Real();
  }

  private TestPoints readTest(
      Files files,
      Table trainFile,
      Table trainY,
      Labelling labelling,
      Standardization standardization,
      Images known) {
    if (files.y().isEmpty()) {
      return readTest(files.x(), trainFile, standardization, known);
    }
    Table y = readLabels(files.y().get());
    if (y.columns() != trainY.columns()) {
      throw new InvalidDataException(
          y.source(),
          "it has " + y.columns() + " columns, the training labels have " + trainY.columns(),
          "give as many outputs for test as for training");
    }
    Targets targets = labelling.encode(y, sizes.test(), "test-size");
    Table file = readInputs(files.x(), y);
    requireColumns(file, trainFile);
    requireSameKind(trainFile, file);
    Table x = known.arrange(file);
    Reading reading = Reading.of(Reading.Role.TEST, x, y, targets);
    return new TestPoints(
        dataset(x.source(), chosen(x, targets.rows()), targets, standardization, known), reading);
  }

  /** Test points without targets: the first rows, of whatever class they may be. */
  private TestPoints readTest(
      String x, Table trainFile, Standardization standardization, Images known) {
    Table file = requireValues(ArrayReader.read(x));
    int n = sizes.test().orElse(file.rows());
    Labelling.requireAvailable(file, n, file.rows(), "rows", "test-size");
    requireColumns(file, trainFile);
    requireSameKind(trainFile, file);
    Table arranged = known.arrange(file);
    int[] rows = IntStream.range(0, n).toArray();
    Targets none = new Targets(rows, new double[0], new int[0], List.of());
    return new TestPoints(
        dataset(arranged.source(), chosen(arranged, rows), none, standardization, known),
        Reading.of(Reading.Role.TEST, arranged, n));
  }

  private static void requireColumns(Table x, Table trainX) {
    if (x.columns() != trainX.columns()) {
      throw new InvalidDataException(
          x.source(),
          "it has " + x.columns() + " columns, the training inputs have " + trainX.columns(),
          "give inputs of the same dimension");
    }
  }

  /** Bytes and other numbers share no scale; only an explicit "none" takes both as they are. */
  private void requireSameKind(Table trainX, Table testX) {
    boolean asTheyAre = standardize.filter(Standardize.None.class::isInstance).isPresent();
    if (!asTheyAre && trainX.isIdxBytes() != testX.isIdxBytes()) {
      throw new InvalidDataException(
          testX.source(),
          testX.isIdxBytes()
              ? "it holds IDX bytes, but the training inputs are no such bytes"
              : "it holds no IDX bytes, but the training inputs do",
          "give both as the same kind of file, or use --standardize none");
    }
  }

  /** Labels, at least one. */
  static Table readLabels(String file) {
    Table y = requireValues(ArrayReader.read(file));
    if (y.isIdxBytes() && y.shape().length > 1) {
      throw new InvalidDataException(
          y.source(),
          "it holds images (" + Table.describe(y.shape()) + "), not labels",
          "name the file of labels here");
    }
    return y;
  }

  /** Inputs, as many rows as there are labels. */
  static Table readInputs(String file, Table y) {
    Table x = requireValues(ArrayReader.read(file));
    if (x.rows() != y.rows()) {
      throw new InvalidDataException(
          x.source(),
          "it has " + x.rows() + " rows, but " + y.source() + " has " + y.rows(),
          mendOfUnequalRows(x, y));
    }
    return x;
  }

  private static String mendOfUnequalRows(Table x, Table y) {
    int more = x.rows() - y.rows();
    String mend = Math.abs(more) == 1 ? Reading.withoutColumnNumbers(more > 0 ? x : y) : "";
    return mend.isEmpty() ? "give one label for each row of inputs" : mend;
  }

  /** The table, if it holds anything. */
  static Table requireValues(Table table) {
    if (table.rows() == 0 || table.columns() == 0) {
      throw new InvalidDataException(
          table.source(),
          "it holds no values (" + Table.describe(table.shape()) + ")",
          "give at least one row");
    }
    return table;
  }

  /** The chosen rows; all of them are taken over without a copy, since the table ends here. */
  private static double[] chosen(Table table, int[] rows) {
    if (rows.length == table.rows()) {
      return table.raw();
    }
    return table.values(rows);
  }

  private static Dataset dataset(
      String source, double[] x, Targets targets, Standardization standardization, Images images) {
    standardization.applyInPlace(x);
    Standardization.requireFinite(source, x);
    int points = targets.rows().length;
    return new Dataset(x, targets.values(), points, targets.labels(), targets.classNames())
        .withShape(images.pooled(x.length / points))
        .withRows(targets.rows());
  }
}
