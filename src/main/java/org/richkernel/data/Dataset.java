package org.richkernel.data;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.richkernel.network.ImageShape;
import org.richkernel.network.InputValues;
import org.richkernel.network.InvalidProblemException;

/**
 * Points with inputs (P x D), targets (P x K), and for classification the class of each point.
 * Immutable, all values finite, at least one of everything.
 */
public final class Dataset {
  private final InputValues inputs;
  private final double[] targets;
  private final int points;
  private final ImageShape shape;
  private final int outputs;
  private final int[] labels;
  private final List<String> classNames;

  /** Of the points in their file; empty where they are its first ones. */
  private final int[] rows;

  /** A dataset of the given arrays without a copy; labels are empty without classes. */
  Dataset(InputValues inputs, double[] targets, int points, int[] labels, List<String> classNames) {
    this(
        inputs,
        targets,
        points,
        labels,
        classNames,
        ImageShape.ofVector(inputs.length() / points),
        new int[0]);
  }

  private Dataset(
      InputValues inputs,
      double[] targets,
      int points,
      int[] labels,
      List<String> classNames,
      ImageShape shape,
      int[] rows) {
    this.inputs = inputs;
    this.targets = targets;
    this.points = points;
    this.shape = shape;
    this.outputs = targets.length / points;
    this.labels = labels;
    this.classNames = List.copyOf(classNames);
    this.rows = rows;
  }

  /**
   * Points with one target each.
   *
   * @param x P rows of D inputs
   * @param y P targets
   * @throws InvalidProblemException if the sizes do not fit or a value is not finite
   */
  public static Dataset of(double[][] x, double[] y) {
    return of(x, Arrays.stream(y).mapToObj(v -> new double[] {v}).toArray(double[][]::new));
  }

  /**
   * Points with K targets each.
   *
   * @param x P rows of D inputs
   * @param y P rows of K targets
   * @throws InvalidProblemException if the sizes do not fit or a value is not finite
   */
  public static Dataset of(double[][] x, double[][] y) {
    return of(InputValues.of(flatten("x", x)), flatten("y", y), x.length, y.length);
  }

  /**
   * Points whose inputs and targets are row-major arrays.
   *
   * @param inputs P x D; copied
   * @param targets P x K; copied
   * @param points P
   * @throws InvalidProblemException if the sizes do not fit or a value is not finite
   */
  public static Dataset of(double[] inputs, double[] targets, int points) {
    return of(InputValues.of(inputs.clone()), targets.clone(), points, points);
  }

  /**
   * The same from single precision.
   *
   * @param inputs P x D; copied
   * @param targets P x K; copied
   * @param points P
   * @throws InvalidProblemException if the sizes do not fit or a value is not finite
   */
  public static Dataset of(float[] inputs, float[] targets, int points) {
    return of(FloatBuffer.wrap(inputs), FloatBuffer.wrap(targets), points);
  }

  /**
   * The same from buffers, such as memory mapped by another library. Their remaining content is
   * copied; their positions do not change.
   *
   * @param inputs P x D
   * @param targets P x K
   * @param points P
   * @throws InvalidProblemException if the sizes do not fit or a value is not finite
   */
  public static Dataset of(DoubleBuffer inputs, DoubleBuffer targets, int points) {
    return of(InputValues.of(values(inputs)), values(targets), points, points);
  }

  /**
   * The same from buffers of single precision.
   *
   * @param inputs P x D
   * @param targets P x K
   * @param points P
   * @throws InvalidProblemException if the sizes do not fit or a value is not finite
   */
  public static Dataset of(FloatBuffer inputs, FloatBuffer targets, int points) {
    float[] singles = new float[inputs.remaining()];
    inputs.duplicate().get(singles);
    return of(InputValues.of(singles), values(targets), points, points);
  }

  /**
   * Test points whose targets are not known.
   *
   * @param inputs P x D; copied
   * @param points P
   * @throws InvalidProblemException if the sizes do not fit or a value is not finite
   */
  public static Dataset withoutTargets(double[] inputs, int points) {
    InputValues own = InputValues.of(inputs.clone());
    requireMatrix("x", own, points);
    return new Dataset(own, new double[0], points, new int[0], List.of());
  }

  private static double[] values(DoubleBuffer buffer) {
    double[] values = new double[buffer.remaining()];
    buffer.duplicate().get(values);
    return values;
  }

  private static double[] values(FloatBuffer buffer) {
    double[] values = new double[buffer.remaining()];
    for (int i = 0; i < values.length; i++) {
      values[i] = buffer.get(buffer.position() + i);
    }
    return values;
  }

  private static Dataset of(InputValues inputs, double[] targets, int xRows, int yRows) {
    if (xRows != yRows) {
      throw new InvalidProblemException("y", yRows + " rows", "give one for each of " + xRows);
    }
    requireMatrix("x", inputs, xRows);
    requireMatrix("y", InputValues.of(targets), xRows);
    boolean signs = Targets.areSigns(targets, xRows);
    return new Dataset(
        inputs,
        targets,
        xRows,
        signs ? Targets.signLabels(targets) : new int[0],
        signs ? Targets.SIGN_NAMES : List.of());
  }

  private static double[] flatten(String field, double[][] rows) {
    int width = rows.length == 0 ? 0 : rows[0].length;
    double[] flat = new double[Math.multiplyExact(rows.length, width)];
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != width) {
        throw new InvalidProblemException(
            field,
            "ragged: row " + (i + 1) + " has " + rows[i].length + " columns",
            "give every row " + width);
      }
      System.arraycopy(rows[i], 0, flat, i * width, width);
    }
    return flat;
  }

  private static void requireMatrix(String field, InputValues values, int rows) {
    if (rows < 1 || values.length() == 0 || values.length() % rows != 0) {
      throw new InvalidProblemException(
          field, values.length() + " values in " + rows + " rows", "give full rows, at least one");
    }
    for (int i = 0; i < values.length(); i++) {
      if (!Double.isFinite(values.get(i))) {
        throw new InvalidProblemException(
            field,
            values.get(i) + " at " + Table.place(i, values.length() / rows),
            "every value must be finite");
      }
    }
  }

  /**
   * The same points as images, whose numbers are ordered by row, column, channel.
   *
   * @throws InvalidProblemException if an image does not have D numbers
   */
  public Dataset withShape(ImageShape image) {
    if (image.dimension() != inputDimension()) {
      throw new InvalidProblemException(
          "image-shape", image, "the points have " + inputDimension() + " numbers each");
    }
    return new Dataset(inputs, targets, points, labels, classNames, image, rows);
  }

  /** The same points with their rows in the file. */
  Dataset withRows(int[] ofFile) {
    return new Dataset(inputs, targets, points, labels, classNames, shape, ofFile);
  }

  /** The row of each point in the file of its inputs or in the arrays, counted from 0. */
  public int[] rows() {
    return rows.length == 0 ? IntStream.range(0, points).toArray() : rows.clone();
  }

  /** P, the number of points. */
  public int points() {
    return points;
  }

  /** D, the number of inputs of a point. */
  public int inputDimension() {
    return shape.dimension();
  }

  /** The shape of a point, 1 x 1 with D channels where it is no image. */
  public ImageShape shape() {
    return shape;
  }

  /** K, the number of targets of a point; 0 for test points whose targets are not known. */
  public int outputs() {
    return outputs;
  }

  /** P x D inputs, row-major; a copy. */
  public double[] inputs() {
    return inputs.toArray();
  }

  /** P x D inputs, row-major, in the form in which they were read; nothing is copied. */
  public InputValues inputValues() {
    return inputs;
  }

  /** P x K targets, row-major; a copy. */
  public double[] targets() {
    return targets.clone();
  }

  /** One input; both count from 0. */
  public double input(int point, int component) {
    return inputs.get(index(point, component, inputDimension()));
  }

  /** One target; both count from 0. */
  public double target(int point, int output) {
    return targets[index(point, output, outputs)];
  }

  private int index(int point, int column, int columns) {
    Objects.checkIndex(point, points);
    return point * columns + Objects.checkIndex(column, columns);
  }

  /**
   * The class of each point as an index into {@link #classNames}; empty if the targets are real
   * numbers other than -1 and +1. A copy.
   */
  public Optional<int[]> labels() {
    return labels.length == 0 ? Optional.empty() : Optional.of(labels.clone());
  }

  /** The names of the classes, empty without classes. */
  public List<String> classNames() {
    return classNames;
  }

  /** SHA-256 of inputs and targets as big-endian float64, in lower-case hexadecimal. */
  public String checksum() {
    MessageDigest digest = Sha256.digest();
    update(digest, inputs);
    update(digest, InputValues.of(targets));
    return Sha256.of(digest);
  }

  private static void update(MessageDigest digest, InputValues values) {
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
    for (int i = 0; i < values.length(); i++) {
      if (!bytes.hasRemaining()) {
        digest.update(bytes.flip());
        bytes.clear();
      }
      bytes.putDouble(values.get(i));
    }
    digest.update(bytes.flip());
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%d points, %d inputs, %d output(s)", points, inputDimension(), outputs);
  }
}
