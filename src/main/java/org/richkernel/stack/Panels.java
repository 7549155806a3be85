package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Matrix;

/**
 * Partition of rows into panels that are processed one after the other.
 *
 * @param rows in all
 * @param most largest number of rows of a panel, at least 1
 */
public record Panels(int rows, int most) {
  /** Number of panels. */
  public int count() {
    return (rows + most - 1) / most;
  }

  /** First row of a panel. */
  public int first(int panel) {
    return panel * most;
  }

  /** Rows of a panel. */
  public int rows(int panel) {
    return Math.min(most, rows - first(panel));
  }

  /** Views of the panels of a matrix with these rows. */
  public List<Matrix> of(Matrix matrix) {
    List<Matrix> views = new ArrayList<>();
    for (int i = 0; i < count(); i++) {
      views.add(matrix.rowRange(first(i), rows(i)));
    }
    return List.copyOf(views);
  }

  /** Views of shared scratch, one for each panel and with its number of rows. */
  public List<Matrix> sharing(Matrix scratch) {
    List<Matrix> views = new ArrayList<>();
    for (int i = 0; i < count(); i++) {
      views.add(scratch.rowRange(0, rows(i)));
    }
    return List.copyOf(views);
  }
}
