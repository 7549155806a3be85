package org.richkernel.data;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.richkernel.network.InvalidProblemException;

/**
 * Points that a finished fit is applied to: raw inputs as read, and targets if labels are given,
 * made from them as the fit's training labels were.
 *
 * @param inputs P x D, not standardized
 * @param targets P x K, row-major, if there are labels
 * @param rows of the points in the file, counted from 0
 * @param reading report of the read and skipped parts
 */
public record UnseenPoints(Table inputs, Optional<double[]> targets, int[] rows, Reading reading) {

  /**
   * How the labels of a fit became targets.
   *
   * @param classNames names of its classes, empty for real numbers
   * @param outputs K
   */
  public record Coding(List<String> classNames, int outputs) {
    private boolean isReal() {
      return classNames.isEmpty() || classNames.equals(Targets.SIGN_NAMES);
    }

    private Labelling.Groups classes() {
      return Labelling.Groups.named(classNames, outputs > 1);
    }
  }

  /**
   * Reads points without labels.
   *
   * @param images how its points are images
   * @param size how many of the first rows to take, all if empty
   * @throws InvalidDataException if the file cannot be used
   * @throws InvalidProblemException if it has fewer rows
   */
  public static UnseenPoints read(String x, Images images, OptionalInt size) {
    Table inputs = images.arrange(DatasetReader.requireValues(ArrayReader.read(x)));
    int n = size.orElse(inputs.rows());
    Labelling.requireAvailable(inputs, n, inputs.rows(), "rows", "test-size");
    int[] rows = IntStream.range(0, n).toArray();
    return new UnseenPoints(
        inputs.rows(rows), Optional.empty(), rows, Reading.of(Reading.Role.TEST, inputs, n));
  }

  /**
   * Reads points with labels.
   *
   * @param images how the points are images
   * @param onlyClasses whether to leave out rows of classes that the fit does not know, and to take
   *     as many of each of its two classes; without it such a row is refused
   * @param size how many of the first rows to take, all if empty
   * @throws InvalidDataException if a file cannot be used, or the files do not fit together or to
   *     the fit
   * @throws InvalidProblemException if there are fewer rows
   */
  public static UnseenPoints read(
      String x, String y, Images images, Coding coding, boolean onlyClasses, OptionalInt size) {
    return of(DatasetReader.readPair(x, y), images, coding, onlyClasses, size);
  }

  /**
   * Reads points that hold their labels.
   *
   * @param labelColumn as of {@link DatasetReader#labelColumn(String)}, if one was named
   * @return empty where the file holds no labels
   * @throws InvalidDataException if the file cannot be used, or does not fit to the fit
   * @throws InvalidProblemException if there are fewer rows
   */
  public static Optional<UnseenPoints> readLabelled(
      String file,
      Optional<String> labelColumn,
      Images images,
      Coding coding,
      boolean onlyClasses,
      OptionalInt size) {
    return DatasetReader.readLabelled(file, labelColumn)
        .map(points -> of(points, images, coding, onlyClasses, size));
  }

  private static UnseenPoints of(
      Labelled points, Images images, Coding coding, boolean onlyClasses, OptionalInt size) {
    Table labels = points.y();
    Targets targets = targets(labels, coding, onlyClasses, size);
    Table inputs = images.arrange(points.x());
    return new UnseenPoints(
        inputs.rows(targets.rows()),
        Optional.of(targets.values()),
        targets.rows(),
        Reading.of(Reading.Role.TEST, inputs, labels, targets));
  }

  private static Targets targets(
      Table labels, Coding coding, boolean onlyClasses, OptionalInt size) {
    if (coding.isReal()) {
      if (labels.columns() != coding.outputs()) {
        throw new InvalidDataException(
            labels.source(),
            "it has " + labels.columns() + " columns, the fit has " + coding.outputs() + " outputs",
            "give one column for each output");
      }
      return new Labelling.Real().encode(labels, size, "test-size");
    }
    Labelling.Groups classes = coding.classes();
    return onlyClasses
        ? classes.encode(labels, size, "test-size")
        : all(labels, classes, coding.outputs() > 1, size);
  }

  /** The first rows, each of which must be of one of the classes. */
  private static Targets all(
      Table labels, Labelling.Groups classes, boolean oneHot, OptionalInt size) {
    int n = size.orElse(labels.rows());
    Labelling.requireAvailable(labels, n, labels.rows(), "rows", "test-size");
    int[] rows = Labelling.first(n);
    int[] classOf = Arrays.copyOf(classes.classOf(labels), n);
    for (int i = 0; i < n; i++) {
      if (classOf[i] < 0) {
        String label = Labelling.labels(labels)[i];
        throw new InvalidDataException(
            labels.source(),
            oneHot
                ? "row " + (i + 1) + " is of class " + label + ", which the training labels lack"
                : "row " + (i + 1) + " has the label " + label + ", which the fit does not know",
            oneHot
                ? "remove such rows, or train on all classes"
                : "use --classes " + classes.text() + " to leave such rows out");
      }
    }
    return classes.targets(labels, rows, classOf);
  }
}
