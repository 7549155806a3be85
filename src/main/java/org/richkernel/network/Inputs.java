package org.richkernel.network;

/**
 * Points of a data set: a rows x dimension matrix of finite numbers.
 *
 * <p>The values are not copied; they must not change while this is in use.
 */
public final class Inputs {
  /**
   * Largest |x|^2 / D whose kernels, squares of float32 fields among them, are far from overflow.
   */
  private static final double LARGEST_MEAN_SQUARE = 1e30;

  private final InputValues values;
  private final int rows;
  private final int dimension;
  private final ImageShape shape;

  private Inputs(InputValues values, int rows, ImageShape shape) {
    this.values = values;
    this.rows = rows;
    this.dimension = shape.dimension();
    this.shape = shape;
  }

  /**
   * Points from a row-major array.
   *
   * @param values rows x dimension, row-major
   * @param rows number of points, may be zero
   * @param dimension D, at least 1
   * @throws InvalidProblemException if the length does not fit or a value is not finite; the
   *     message names the row
   */
  public static Inputs of(double[] values, int rows, int dimension) {
    return of(InputValues.of(values), rows, dimension);
  }

  /**
   * The same from numbers in any form.
   *
   * @param values rows x dimension, row-major
   * @param rows number of points, may be zero
   * @param dimension D, at least 1
   * @throws InvalidProblemException if the length does not fit or a value is not finite; the
   *     message names the row
   */
  public static Inputs of(InputValues values, int rows, int dimension) {
    if (dimension < 1) {
      throw new InvalidProblemException("input dimension", dimension, "use at least 1 column");
    }
    if (rows < 0 || values.length() != Math.multiplyExact(rows, dimension)) {
      throw new InvalidProblemException(
          "inputs",
          values.length() + " numbers",
          "give rows x columns = " + rows + " x " + dimension + " of them");
    }
    for (int i = 0; i < values.length(); i++) {
      if (!Double.isFinite(values.get(i))) {
        throw new InvalidProblemException(
            "input at row " + i / dimension + ", column " + i % dimension,
            values.get(i),
            "every input must be a finite number");
      }
    }
    return new Inputs(values, rows, ImageShape.ofVector(dimension));
  }

  /**
   * The same points as images.
   *
   * @throws InvalidProblemException if an image does not have D numbers
   */
  public Inputs withShape(ImageShape image) {
    if (image.dimension() != dimension) {
      throw new InvalidProblemException(
          "image-shape", image, "the points have " + dimension + " numbers each");
    }
    return new Inputs(values, rows, image);
  }

  /** No points of the same dimension and shape. */
  public Inputs none() {
    return new Inputs(InputValues.of(new double[0]), 0, shape);
  }

  /** Number of points. */
  public int rows() {
    return rows;
  }

  /** D, the number of features of a point. */
  public int dimension() {
    return dimension;
  }

  /**
   * Refuses test points, if there are any, of another dimension than the training points.
   *
   * @throws InvalidProblemException if the dimensions differ
   */
  public void requireTestsOf(Inputs train) {
    if (rows > 0 && dimension != train.dimension) {
      throw new InvalidProblemException(
          "test-x",
          dimension + " columns",
          "give as many as the training inputs have, " + train.dimension);
    }
  }

  /**
   * Refuses new points whose dimension differs from that of a fit.
   *
   * @param fitted D of the fit
   * @throws InvalidProblemException if it differs from that of these points
   */
  public void requireDimension(int fitted) {
    if (dimension != fitted) {
      throw new InvalidProblemException(
          "test-x", dimension + " columns", "the fit was made with " + fitted + "; give as many");
    }
  }

  /** The shape of a point, 1 x 1 with D channels where it has no sites. */
  public ImageShape shape() {
    return shape;
  }

  /** Feature {@code column} of point {@code row}. */
  public double at(int row, int column) {
    return values.get(row * dimension + column);
  }

  /** The points {@code first .. first + count - 1}, row-major, as a new array. */
  public double[] copyRows(int first, int count) {
    double[] copy = new double[count * dimension];
    values.copy(first * dimension, copy, 0, copy.length);
    return copy;
  }

  /**
   * Some of the points, held as these are.
   *
   * @param chosen rows, which count from 0, in the order in which they are wanted
   */
  public Inputs rows(int[] chosen) {
    return new Inputs(values.rows(chosen, dimension), chosen.length, shape);
  }

  /** The numbers of all points, row-major; nothing is copied. */
  public InputValues values() {
    return values;
  }

  /** All points, row-major, as a new array. */
  public double[] toArray() {
    return values.toArray();
  }

  /** |x_row|^2 / D, the diagonal of Phi^0 = X X^T / D. */
  public double meanSquare(int row) {
    double sum = 0;
    for (int j = row * dimension; j < (row + 1) * dimension; j++) {
      double x = values.get(j);
      sum += x * x;
    }
    return sum / dimension;
  }

  /** Mean of |x|^2 / D over the points, 0 for none. */
  public double meanSquare() {
    double sum = 0;
    for (int i = 0; i < rows; i++) {
      sum += meanSquare(i) / rows;
    }
    return sum;
  }

  /**
   * Refuses points whose kernels would overflow where fields are float32.
   *
   * @param option that gave the points, for the message
   * @throws InvalidProblemException if |x|^2 / D of a point is above 1e30; the message names the
   *     row
   */
  public void requireSinglePrecision(String option) {
    for (int i = 0; i < rows; i++) {
      if (meanSquare(i) > LARGEST_MEAN_SQUARE) {
        throw new InvalidProblemException(
            option,
            "too large for float32 in row " + (i + 1),
            "scale the inputs to order 1, for instance with --standardize global");
      }
    }
  }
}
