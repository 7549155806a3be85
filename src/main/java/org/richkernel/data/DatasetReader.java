package org.richkernel.data;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.richkernel.network.InputValues;
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
  /** Where points come from; no labels where they are in the same place, or there are none. */
  private record Files(String x, Optional<String> y) {}

  private record Sizes(OptionalInt train, OptionalInt test, OptionalLong seed) {
    RowOrder order(int stream) {
      return seed.isPresent() ? RowOrder.random(seed.getAsLong(), stream) : RowOrder.OF_FILE;
    }
  }

  private record TestPoints(Dataset points, Reading reading) {}

  private record Labels(
      Optional<Labelling.Groups> classes, boolean oneHot, Optional<String> column) {}

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
    return train(new Files(x, Optional.of(y)));
  }

  /**
   * Training inputs with their labels: a text file with a {@link #labelColumn}, a batch of CIFAR-10
   * or CIFAR-100 (or the folder of its batches), or a folder or .zip whose folders of PNG or JPEG
   * images are the classes.
   */
  public static DatasetReader train(String labelled) {
    return train(new Files(labelled, Optional.empty()));
  }

  private static DatasetReader train(Files files) {
    return new DatasetReader(
        files,
        Optional.empty(),
        new Labels(Optional.empty(), false, Optional.empty()),
        new Sizes(OptionalInt.empty(), OptionalInt.empty(), OptionalLong.empty()),
        Optional.empty(),
        Images.AS_READ);
  }

  /** The same with test inputs and labels. */
  public DatasetReader test(String x, String y) {
    return new DatasetReader(
        train, Optional.of(new Files(x, Optional.of(y))), labels, sizes, standardize, images);
  }

  /**
   * The same with test inputs that hold their labels as training inputs may, or whose targets are
   * not known, to be predicted.
   */
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
    return classes(negative + "," + positive);
  }

  /**
   * The same with some classes as a command line names them: 0,1 or cat,dog for two, which become
   * -1 and +1; 0,1,2 for several with an output each; 0,2,4/1,3,5 for groups of labels.
   *
   * @throws InvalidProblemException if these are not two or more that differ
   */
  public DatasetReader classes(String list) {
    return with(
        new Labels(
            Optional.of(Labelling.Groups.parse(list, labels.oneHot())),
            labels.oneHot(),
            labels.column()));
  }

  /**
   * The same with one output for each class of labels: 1 for the class of the point, 0 for the
   * others. Without {@link #classes(String)} the classes are those of the whole training file at
   * any training size.
   */
  public DatasetReader oneHot() {
    return with(new Labels(labels.classes().map(c -> c.withOneHot(true)), true, labels.column()));
  }

  /**
   * The same with the labels in a column of the file of inputs.
   *
   * @param column its name, or its number from 0, from the end below 0; of CIFAR-100 fine or coarse
   */
  public DatasetReader labelColumn(String column) {
    return with(new Labels(labels.classes(), labels.oneHot(), Optional.of(column)));
  }

  private DatasetReader with(Labels changed) {
    return new DatasetReader(train, test, changed, sizes, standardize, images);
  }

  private DatasetReader with(Sizes changed) {
    return new DatasetReader(train, test, labels, changed, standardize, images);
  }

  /** The same with random rows in place of the first ones, those of a seed. */
  public DatasetReader random(long seed) {
    return with(new Sizes(sizes.train(), sizes.test(), OptionalLong.of(seed)));
  }

  /**
   * The same with the first n training rows; with {@link #classes(String)} as many of each (of the
   * first ones one more where n does not divide), in the order of the file.
   *
   * @throws InvalidProblemException if n is less than 1
   */
  public DatasetReader trainSize(int n) {
    return with(new Sizes(positive("train-size", n), sizes.test(), sizes.seed()));
  }

  /**
   * The same with the first n test rows, chosen as training rows are.
   *
   * @throws InvalidProblemException if n is less than 1
   */
  public DatasetReader testSize(int n) {
    return with(new Sizes(sizes.train(), positive("test-size", n), sizes.seed()));
  }

  private static OptionalInt positive(String option, int n) {
    if (n < 1) {
      throw new InvalidProblemException(option, n, "use at least 1");
    }
    return OptionalInt.of(n);
  }

  /**
   * The same with another standardization of the inputs; by default it is global if the training
   * inputs are IDX bytes, otherwise none.
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
   * @throws InvalidProblemException if an option does not apply to the files
   */
  public Datasets read() {
    Labelled points = labelled(train);
    Table trainY = points.y();
    Labelling labelling = labelling(trainY);
    labelling.requireAllClasses(trainY);
    Targets trainTargets = labelling.encode(trainY, sizes.train(), "train-size", sizes.order(0));
    Table trainFile = points.x();
    Images known = images.knowing(trainFile);
    Table trainX = known.arrange(trainFile);
    boolean bytes = trainX.isIdxBytes();
    Standardize choice = standardize.orElse(bytes ? Standardize.global() : Standardize.none());

    Reading reading = Reading.of(Reading.Role.TRAIN, trainX, trainY, trainTargets);
    InputValues x = chosen(trainX, trainTargets.rows());
    Standardization standardization = choice.fit(trainX.source(), x, bytes);
    Dataset trainSet = dataset(trainX.source(), x, trainTargets, standardization, known);
    Optional<TestPoints> tested =
        test.map(files -> readTest(files, trainFile, trainY, labelling, standardization, known));
    return new Datasets(
        trainSet,
        tested.map(TestPoints::points),
        standardization,
        tested.map(read -> reading.and(read.reading())).orElse(reading),
        known);
  }

  private Labelled labelled(Files files) {
    if (files.y().isPresent()) {
      return readPair(files.x(), files.y().get());
    }
    return readLabelled(files.x(), labels.column()).orElseThrow(() -> unlabelled(files.x()));
  }

  private static InvalidProblemException unlabelled(String x) {
    ArrayReader.requireFile(x);
    return new InvalidProblemException(
        "train-y",
        "missing",
        "name a file of labels, or with --label-column the column of a text file that holds them");
  }

  /** Points that hold their labels, if these do. */
  static Optional<Labelled> readLabelled(String x, Optional<String> column) {
    return Labelled.read(x, column)
        .map(read -> new Labelled(requireValues(read.x()), requireValues(read.y())));
  }

  /** Inputs and labels of two files. */
  static Labelled readPair(String x, String y) {
    return readPair(x, readLabels(y));
  }

  private static Labelled readPair(String x, Table read) {
    Table labels = read;
    if (labels.words().isEmpty()) {
      return new Labelled(readInputs(x, labels), labels);
    }
    Table inputs = requireValues(ArrayReader.read(x));
    if (labels.rows() == inputs.rows() + 1) {
      labels = Labelled.withoutFirst(labels);
    }
    requireEqualRows(inputs, labels);
    return new Labelled(inputs, labels);
  }

  /** Words are classes; numbers are real targets unless classes are requested. */
  private Labelling labelling(Table trainY) {
    if (labels.classes().isPresent()) {
      return labels.classes().get();
    }
    return labels.oneHot() || !trainY.words().isEmpty()
        ? Labelling.AllClasses.of(trainY, labels.oneHot())
        : new Labelling.Real();
  }

  private TestPoints readTest(
      Files files,
      Table trainFile,
      Table trainY,
      Labelling labelling,
      Standardization standardization,
      Images known) {
    Optional<Labelled> together =
        files.y().isPresent()
            ? Optional.of(readPair(files.x(), sameColumns(readLabels(files.y().get()), trainY)))
            : readLabelled(files.x(), labels.column())
                .map(read -> new Labelled(read.x(), sameColumns(read.y(), trainY)));
    if (together.isEmpty()) {
      return readTest(files.x(), trainFile, standardization, known);
    }
    Table y = together.get().y();
    Targets targets = labelling.encode(y, sizes.test(), "test-size", sizes.order(1));
    Table file = together.get().x();
    requireColumns(file, trainFile);
    requireSameKind(trainFile, file);
    Table x = known.arrange(file);
    Reading reading = Reading.of(Reading.Role.TEST, x, y, targets);
    return new TestPoints(
        dataset(x.source(), chosen(x, targets.rows()), targets, standardization, known), reading);
  }

  private static Table sameColumns(Table y, Table trainY) {
    if (y.columns() != trainY.columns()) {
      throw new InvalidDataException(
          y.source(),
          "it has " + y.columns() + " columns, the training labels have " + trainY.columns(),
          "give as many outputs for test as for training");
    }
    return y;
  }

  /** Test points without targets: the first rows, of any class. */
  private TestPoints readTest(
      String x, Table trainFile, Standardization standardization, Images known) {
    Table file = requireValues(ArrayReader.read(x));
    int n = sizes.test().orElse(file.rows());
    Labelling.requireAvailable(file, n, file.rows(), "rows", "test-size");
    requireColumns(file, trainFile);
    requireSameKind(trainFile, file);
    Table arranged = known.arrange(file);
    int[] rows = Arrays.stream(sizes.order(1).of(file.rows())).limit(n).sorted().toArray();
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

  /** Bytes and other numbers have different scales; only an explicit "none" accepts both. */
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
    Optional<Table> words = ArrayReader.readWords(file);
    if (words.isPresent()) {
      return words.get();
    }
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
    requireEqualRows(x, y);
    return x;
  }

  private static void requireEqualRows(Table x, Table y) {
    if (x.rows() != y.rows()) {
      throw new InvalidDataException(
          x.source(),
          "it has " + x.rows() + " rows, but " + y.source() + " has " + y.rows(),
          mendOfUnequalRows(x, y));
    }
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
  private static InputValues chosen(Table table, int[] rows) {
    if (rows.length == table.rows()) {
      return table.shared();
    }
    return table.values(rows);
  }

  private static Dataset dataset(
      String source,
      InputValues raw,
      Targets targets,
      Standardization standardization,
      Images images) {
    InputValues x = standardization.apply(raw);
    Standardization.requireFinite(source, x);
    int points = targets.rows().length;
    return new Dataset(x, targets.values(), points, targets.labels(), targets.classNames())
        .withShape(images.pooled(x.length() / points))
        .withRows(targets.rows());
  }
}
