package org.richkernel.data;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.richkernel.network.InvalidProblemException;

/** How a file of labels becomes targets, and which of its rows are used. */
sealed interface Labelling {
  /**
   * Chooses rows and makes targets.
   *
   * @param y the labels as read, at least one row
   * @param size how many rows to choose; all if empty
   * @param sizeOption the option that says so, for messages
   */
  Targets encode(Table y, OptionalInt size, String sizeOption);

  /** Labels are real numbers, one or more in a row. */
  record Real() implements Labelling {
    @Override
    public Targets encode(Table y, OptionalInt size, String sizeOption) {
      int n = size.orElse(y.rows());
      requireAvailable(y, n, y.rows(), "rows", sizeOption);
      double[] values = Arrays.copyOf(y.raw(), n * y.columns());
      boolean signs = Targets.areSigns(values, n);
      return new Targets(
          IntStream.range(0, n).toArray(),
          values,
          signs ? Targets.signLabels(values) : new int[0],
          signs ? Targets.SIGN_NAMES : List.of());
    }
  }

  /** Two classes of integer labels, the first mapped to -1 and the second to +1. */
  record TwoClasses(int negative, int positive) implements Labelling {
    /** Refuses one class twice. */
    public TwoClasses {
      if (negative == positive) {
        throw new InvalidProblemException(
            "classes", negative + "," + positive, "name two different classes");
      }
    }

    @Override
    public Targets encode(Table y, OptionalInt size, String sizeOption) {
      int[] all = integers(y);
      int negatives = (int) Arrays.stream(all).filter(v -> v == negative).count();
      int positives = (int) Arrays.stream(all).filter(v -> v == positive).count();
      requirePresent(y, all, negative, negatives);
      requirePresent(y, all, positive, positives);
      int negativesWanted = negatives;
      int positivesWanted = positives;
      if (size.isPresent()) {
        int n = size.getAsInt();
        // an odd size takes one more of the first class
        int most = negatives > positives ? 2 * positives + 1 : 2 * negatives;
        requireAvailable(
            y,
            n,
            most,
            "rows in balance ("
                + negatives
                + " of class "
                + negative
                + ", "
                + positives
                + " of class "
                + positive
                + ")",
            sizeOption);
        negativesWanted = n - n / 2;
        positivesWanted = n / 2;
      }
      return take(all, negativesWanted, positivesWanted);
    }

    private Targets take(int[] all, int negatives, int positives) {
      int[] rows = new int[negatives + positives];
      int[] labels = new int[rows.length];
      double[] values = new double[rows.length];
      int[] left = {negatives, positives};
      int taken = 0;
      for (int row = 0; taken < rows.length; row++) {
        int label = all[row] == negative ? 0 : 1;
        if ((label == 0 || all[row] == positive) && left[label]-- > 0) {
          rows[taken] = row;
          labels[taken] = label;
          values[taken++] = label == 0 ? -1 : 1;
        }
      }
      return new Targets(
          rows, values, labels, List.of(Integer.toString(negative), Integer.toString(positive)));
    }

    private static void requirePresent(Table y, int[] all, int wanted, int count) {
      if (count == 0) {
        throw new InvalidDataException(
            y.source(),
            "it holds no row of class " + wanted + " (its classes are " + listed(all) + ")",
            "name two classes that it holds with --classes");
      }
    }
  }

  /** One output for each class, 1 for the class of the point and 0 for the others. */
  record OneHot(List<Integer> classes) implements Labelling {
    /** The classes that a file of training labels holds, in ascending order. */
    static OneHot of(Table trainY) {
      List<Integer> classes = Arrays.stream(integers(trainY)).distinct().sorted().boxed().toList();
      if (classes.size() < 2) {
        throw new InvalidDataException(
            trainY.source(),
            "all its labels are " + classes.get(0),
            "--one-hot needs at least two classes");
      }
      return new OneHot(classes);
    }

    @Override
    public Targets encode(Table y, OptionalInt size, String sizeOption) {
      int n = size.orElse(y.rows());
      requireAvailable(y, n, y.rows(), "rows", sizeOption);
      int[] all = integers(y);
      int[] sorted = classes.stream().mapToInt(Integer::intValue).toArray();
      int[] labels = new int[n];
      double[] values = Heap.doubles(y.source(), (long) n * sorted.length);
      for (int i = 0; i < n; i++) {
        labels[i] = Arrays.binarySearch(sorted, all[i]);
        if (labels[i] < 0) {
          throw new InvalidDataException(
              y.source(),
              "row " + (i + 1) + " is of class " + all[i] + ", which the training labels lack",
              "remove such rows, or train on all classes");
        }
        values[i * sorted.length + labels[i]] = 1;
      }
      return new Targets(
          IntStream.range(0, n).toArray(),
          values,
          labels,
          classes.stream().map(String::valueOf).toList());
    }
  }

  private static void requireAvailable(Table y, int n, int available, String what, String option) {
    if (n > available) {
      throw new InvalidProblemException(
          option, n, y.source() + " has " + available + " " + what + ", use at most " + available);
    }
  }

  /** The labels as integers. */
  private static int[] integers(Table y) {
    if (y.columns() != 1) {
      throw new InvalidDataException(
          y.source(),
          "it has " + y.columns() + " columns, and integer labels are one",
          "give one label a row, or leave out --classes and --one-hot");
    }
    double[] raw = y.raw();
    int[] labels = new int[raw.length];
    for (int i = 0; i < raw.length; i++) {
      labels[i] = (int) raw[i];
      if (labels[i] != raw[i]) {
        throw new InvalidDataException(
            y.source(),
            "row " + (i + 1) + " has the label " + raw[i] + ", which is not an integer class",
            "leave out --classes and --one-hot for real numbers");
      }
    }
    return labels;
  }

  private static String listed(int[] labels) {
    TreeSet<Integer> classes =
        Arrays.stream(labels).boxed().collect(Collectors.toCollection(TreeSet::new));
    String first =
        classes.stream().limit(10).map(String::valueOf).collect(Collectors.joining(", "));
    return classes.size() > 10 ? first + ", ..." : first;
  }
}
