package org.richkernel.compute;

import java.util.Objects;

/**
 * Checks of operands that every backend makes before it computes. Each throws {@link
 * IllegalArgumentException} naming the operation and the operand that does not fit.
 */
public final class Operands {
  /**
   * Largest number of different targets of a position of {@link WordBags}, limited by fast memory
   * of a device.
   */
  public static final int MOST_TARGETS = 64;

  private Operands() {}

  /** Requires equal numbers of rows and columns. */
  public static void sameShape(String operation, Matrix x, Matrix y) {
    if (x.rows() != y.rows() || x.columns() != y.columns()) {
      throw mismatch(operation, x, y);
    }
  }

  /** Requires one precision. */
  public static void samePrecision(String operation, Matrix x, Matrix y) {
    if (x.precision() != y.precision()) {
      throw mismatch(operation, x, y);
    }
  }

  /** Requires one shape and one precision. */
  public static void alike(String operation, Matrix x, Matrix y) {
    sameShape(operation, x, y);
    samePrecision(operation, x, y);
  }

  /** Requires a shape. */
  public static void shape(String operation, Matrix x, int rows, int columns) {
    if (x.rows() != rows || x.columns() != columns) {
      throw new IllegalArgumentException(
          operation + ": " + x.describe() + " must be " + rows + " x " + columns);
    }
  }

  /** Requires a single number in FLOAT64. */
  public static void number(String operation, Matrix x) {
    shape(operation, x, 1, 1);
    precision(operation, Precision.FLOAT64, x);
  }

  /** Requires a FLOAT32 target of random numbers whose counters are of 32 bits. */
  public static void counters(String operation, long firstSample, int firstIndex, Matrix target) {
    precision(operation, Precision.FLOAT32, target);
    long lastSample = firstSample + Math.max(0, target.rows() - 1);
    if (firstSample < 0 || lastSample > 0xFFFFFFFFL || firstIndex < 0) {
      throw new IllegalArgumentException(
          operation
              + ": samples "
              + firstSample
              + " and on, numbers "
              + firstIndex
              + " and on of "
              + target.describe()
              + " leave 0 .. 2^32 - 1");
    }
  }

  /** Requires an activation whose expectations have a closed form. */
  public static void closedDual(String operation, Activation f) {
    if (!f.hasClosedDual()) {
      throw new IllegalArgumentException(
          operation + ": " + f + " has no closed form; use dualSeries");
    }
  }

  /** Requires as many rows as columns. */
  public static void square(String operation, Matrix x) {
    if (x.rows() != x.columns()) {
      throw new IllegalArgumentException(operation + ": " + x.describe() + " must be square");
    }
  }

  /** Requires a precision. */
  public static void precision(String operation, Precision precision, Matrix x) {
    if (x.precision() != precision) {
      throw new IllegalArgumentException(
          operation + ": " + x.describe() + " must be in " + precision);
    }
  }

  /**
   * Requires shapes and precisions for C = op(A) op(B).
   *
   * @return k, the columns of op(A) and rows of op(B)
   */
  public static int product(Transpose ta, Transpose tb, Matrix a, Matrix b, Matrix c) {
    samePrecision("gemm", a, c);
    samePrecision("gemm", b, c);
    int k = ta == Transpose.YES ? a.rows() : a.columns();
    if (k != (tb == Transpose.YES ? b.columns() : b.rows())) {
      throw new IllegalArgumentException(
          "gemm: op(A) and op(B) do not fit, op(A) = "
              + ta
              + " "
              + a.describe()
              + ", op(B) = "
              + tb
              + " "
              + b.describe());
    }
    int m = ta == Transpose.YES ? a.columns() : a.rows();
    int n = tb == Transpose.YES ? b.rows() : b.columns();
    shape("gemm", c, m, n);
    return k;
  }

  /** Requires shapes and precisions for C = A^T B of two fields in FLOAT32, C in FLOAT64. */
  public static void gram(String operation, Matrix a, Matrix b, Matrix c) {
    precision(operation, Precision.FLOAT32, a);
    precision(operation, Precision.FLOAT32, b);
    precision(operation, Precision.FLOAT64, c);
    if (a.rows() != b.rows()) {
      throw mismatch(operation, a, b);
    }
    shape(operation, c, a.columns(), b.columns());
  }

  /** Requires shapes and precisions for C = B op(L) with a triangle L. */
  public static void triangularProduct(Matrix b, Matrix l, Matrix c) {
    square("multiplyTriangular", l);
    samePrecision("multiplyTriangular", l, b);
    alike("multiplyTriangular", b, c);
    if (b.columns() != l.rows()) {
      throw mismatch("multiplyTriangular", b, l);
    }
  }

  /**
   * Requires shapes and precisions for C = A A^T, or A^T A for {@link Transpose#YES}.
   *
   * @return k, the number of products in an entry of C
   */
  public static int symmetricProduct(Transpose transpose, Matrix a, Matrix c) {
    samePrecision("syrk", a, c);
    int n = transpose == Transpose.YES ? a.columns() : a.rows();
    shape("syrk", c, n, n);
    return transpose == Transpose.YES ? a.rows() : a.columns();
  }

  /**
   * Requires shapes and precisions for columns that move between a narrow matrix and a wide one.
   *
   * @param columns where the columns of the narrow one lie in the wide one
   */
  public static void columns(String operation, Matrix wide, int[] columns, Matrix narrow) {
    samePrecision(operation, wide, narrow);
    shape(operation, narrow, wide.rows(), columns.length);
    for (int column : columns) {
      Objects.checkIndex(column, wide.columns());
    }
  }

  /**
   * Requires shapes and precisions for patches side by side.
   *
   * @return the number of images
   */
  public static int cols(Matrix table, Matrix source, Matrix target) {
    precision("cols", Precision.FLOAT32, source);
    samePrecision("cols", source, target);
    samePrecision("cols", table, source);
    int images = images("cols", table, target.columns(), source.columns());
    shape("cols", target, Math.multiplyExact(table.columns(), source.rows()), target.columns());
    return images;
  }

  /**
   * Requires shapes and precisions for patches that are added back.
   *
   * @return the number of images
   */
  public static int uncols(Matrix table, Matrix source, Matrix target) {
    precision("uncols", Precision.FLOAT32, source);
    samePrecision("uncols", source, target);
    samePrecision("uncols", table, source);
    int images = images("uncols", table, target.columns(), source.columns());
    shape("uncols", source, Math.multiplyExact(table.columns(), target.rows()), source.columns());
    return images;
  }

  /**
   * Requires shapes and precisions for pairs of sites averaged over offsets.
   *
   * @return the numbers of images along rows and along columns
   */
  public static int[] averagePatches(Matrix rows, Matrix columns, Matrix source, Matrix target) {
    precision("averagePatches", Precision.FLOAT64, source);
    samePrecision("averagePatches", source, target);
    precision("averagePatches", Precision.FLOAT32, rows);
    precision("averagePatches", Precision.FLOAT32, columns);
    if (rows.columns() != columns.columns()) {
      throw mismatch("averagePatches", rows, columns);
    }
    return new int[] {
      images("averagePatches", rows, target.rows(), source.rows()),
      images("averagePatches", columns, target.columns(), source.columns())
    };
  }

  /** How many images of the sites of a table there are, the same number on both sides. */
  private static int images(String operation, Matrix table, int targets, int sources) {
    int images = targets / Math.max(1, table.rows());
    boolean whole = images * table.rows() == targets && (images == 0 || sources % images == 0);
    if (!whole || table.columns() == 0 || (images == 0 && sources > 0)) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + targets
              + " and "
              + sources
              + " are not the sites of images with the table "
              + table.describe());
    }
    return images;
  }

  /** Requires shapes and precisions for descent on bags of words, and words that have a row. */
  public static void bags(
      WordBags bags,
      int batch,
      Matrix input,
      Matrix output,
      Matrix hidden,
      Matrix pull,
      Matrix losses) {
    precision("descendBags", Precision.FLOAT32, input);
    precision("descendBags", Precision.FLOAT32, hidden);
    precision("descendBags", Precision.FLOAT64, losses);
    alike("descendBags", input, output);
    alike("descendBags", hidden, pull);
    if (batch < 1 || hidden.rows() < Math.min(batch, bags.size())) {
      throw new IllegalArgumentException(
          "descendBags: " + hidden.describe() + " does not hold batches of " + batch);
    }
    if (hidden.columns() != input.columns()) {
      throw mismatch("descendBags", input, hidden);
    }
    if (losses.rows() != 1 || losses.columns() < bags.size()) {
      throw new IllegalArgumentException(
          "descendBags: " + losses.describe() + " does not hold " + bags.size() + " losses");
    }
    if (bags.mostTargets() > MOST_TARGETS) {
      throw new IllegalArgumentException(
          "descendBags: a position has " + bags.mostTargets() + " targets, above " + MOST_TARGETS);
    }
    if (bags.largestWord() >= input.rows()) {
      throw new IllegalArgumentException(
          "descendBags: word " + bags.largestWord() + " has no row in " + input.describe());
    }
  }

  /** Number of consecutive indices from a position on. */
  public static int run(int[] indices, int start) {
    int end = start + 1;
    while (end < indices.length && indices[end] == indices[end - 1] + 1) {
      end++;
    }
    return end - start;
  }

  /** Operands that do not fit each other, to be thrown. */
  public static IllegalArgumentException mismatch(String operation, Matrix x, Matrix y) {
    return new IllegalArgumentException(
        operation + ": " + x.describe() + " and " + y.describe() + " do not fit");
  }
}
