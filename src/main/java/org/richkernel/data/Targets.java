package org.richkernel.data;

import java.util.Arrays;
import java.util.List;

/** The rows chosen from a file of labels, with their targets. */
final class Targets {
  /** Names of the classes of targets -1 and +1. */
  static final List<String> SIGN_NAMES = List.of("-1", "+1");

  private final int[] rows;
  private final double[] values;
  private final int[] labels;
  private final List<String> classNames;

  /**
   * Takes the arrays over.
   *
   * @param rows chosen rows, ascending, counted from 0
   * @param values one row of K outputs for each chosen row, row-major
   * @param labels index of the class for each chosen row; empty for real numbers
   * @param classNames empty for real numbers
   */
  Targets(int[] rows, double[] values, int[] labels, List<String> classNames) {
    this.rows = rows;
    this.values = values;
    this.labels = labels;
    this.classNames = classNames;
  }

  int[] rows() {
    return rows;
  }

  double[] values() {
    return values;
  }

  int[] labels() {
    return labels;
  }

  List<String> classNames() {
    return classNames;
  }

  /** Whether there is one target for each point and all are -1 or +1. */
  static boolean areSigns(double[] values, int points) {
    return values.length == points && Arrays.stream(values).allMatch(v -> Math.abs(v) == 1);
  }

  /** Class 0 for -1 and class 1 for +1. */
  static int[] signLabels(double[] values) {
    return Arrays.stream(values).mapToInt(v -> v < 0 ? 0 : 1).toArray();
  }
}
