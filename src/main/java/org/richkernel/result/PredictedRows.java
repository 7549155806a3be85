package org.richkernel.result;

import java.util.List;

/**
 * Which points the predictions of a result belong to.
 *
 * @param set "test" or "train": the predictions are the arrays f_test or f_train
 * @param rows of the points in the file of inputs, counted from 0
 * @param classNames of the targets: of -1 and +1 for one output, otherwise one for each output;
 *     empty for real numbers
 */
public record PredictedRows(String set, int[] rows, List<String> classNames) {
  /** Takes copies. */
  public PredictedRows {
    rows = rows.clone();
    classNames = List.copyOf(classNames);
  }

  @Override
  public int[] rows() {
    return rows.clone();
  }
}
