package org.richkernel.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.richkernel.network.InvalidProblemException;

/** How a file of labels becomes targets, and which of its rows are used. */
sealed interface Labelling {
  /** Between the classes of a group in its name. */
  String OR = "|";

  /**
   * Chooses rows and makes targets.
   *
   * @param y the labels as read, at least one row
   * @param size number of rows to choose; all if empty
   * @param sizeOption the option that says so, for messages
   * @param order of the choice; chosen rows keep the order of the file
   */
  Targets encode(Table y, OptionalInt size, String sizeOption, RowOrder order);

  /**
   * Refuses training labels that lack a class; of other points a class may be missing.
   *
   * @throws InvalidDataException naming the class
   */
  default void requireAllClasses(Table trainY) {}

  /** The same with the first rows of the file. */
  default Targets encode(Table y, OptionalInt size, String sizeOption) {
    return encode(y, size, sizeOption, RowOrder.OF_FILE);
  }

  /** Labels are real numbers, one or more in a row. */
  record Real() implements Labelling {
    @Override
    public Targets encode(Table y, OptionalInt size, String sizeOption, RowOrder order) {
      if (!y.words().isEmpty()) {
        throw new InvalidDataException(
            y.source(),
            "its labels are words, the training labels are numbers",
            "give numbers here, or words for training too");
      }
      int[] rows = firstOf(y, size, sizeOption, order);
      double[] values = y.values(rows).toArray();
      boolean signs = Targets.areSigns(values, rows.length);
      return new Targets(
          rows,
          values,
          signs ? Targets.signLabels(values) : new int[0],
          signs ? Targets.SIGN_NAMES : List.of());
    }
  }

  /**
   * Some classes, each of one label or of several: two are mapped to -1 and +1, of more each has an
   * output. Rows of other labels are left out, and a size takes as many rows of each class.
   *
   * @param groups the labels of each class
   * @param oneHot whether two classes have an output each, too
   */
  record Groups(List<List<String>> groups, boolean oneHot) implements Labelling {
    /** Refuses less than two classes, and a label twice. */
    public Groups {
      groups = groups.stream().map(List::copyOf).toList();
      Set<String> seen = new HashSet<>();
      boolean sound = groups.size() >= 2;
      for (List<String> group : groups) {
        for (String label : group) {
          sound &= seen.add(label);
        }
      }
      if (!sound) {
        throw new InvalidProblemException(
            "classes", String.valueOf(groups), "name two or more different classes");
      }
    }

    /**
     * Classes as a command line names them: labels with commas between, or groups of labels with
     * slashes between.
     */
    static Groups parse(String text, boolean oneHot) {
      boolean grouped = text.contains("/");
      List<List<String>> groups = new ArrayList<>();
      for (String part : text.split(grouped ? "/" : ",", -1)) {
        List<String> group = new ArrayList<>();
        for (String label : part.split(",", -1)) {
          group.add(canonical(label.strip()));
        }
        groups.add(group);
      }
      if (groups.size() < 2 || groups.stream().anyMatch(g -> g.contains(""))) {
        throw new InvalidProblemException(
            "classes", text, "name two labels or more, such as 0,1, or groups, such as 0,2/1,3");
      }
      try {
        return new Groups(groups, oneHot);
      } catch (InvalidProblemException e) {
        throw new InvalidProblemException("classes", text, "name each class once");
      }
    }

    /** The classes of a fit by their names. */
    static Groups named(List<String> names, boolean oneHot) {
      return new Groups(
          names.stream().map(name -> List.of(name.split("\\" + OR, -1))).toList(), oneHot);
    }

    /** The same labels with or without an output for each of two classes. */
    Groups withOneHot(boolean each) {
      return new Groups(groups, each);
    }

    /** The classes as a command line names them. */
    String text() {
      boolean grouped = groups.stream().anyMatch(group -> group.size() > 1);
      return groups.stream()
          .map(group -> String.join(",", group))
          .collect(Collectors.joining(grouped ? "/" : ","));
    }

    boolean signs() {
      return groups.size() == 2 && !oneHot;
    }

    List<String> names() {
      return groups.stream().map(group -> String.join(OR, group)).toList();
    }

    /** The class of each row, -1 for none of them. */
    int[] classOf(Table y) {
      Map<String, Integer> classes = new HashMap<>();
      for (int k = 0; k < groups.size(); k++) {
        for (String label : groups.get(k)) {
          classes.put(label, k);
        }
      }
      // a word as it stands, or else as the number that it is
      return Arrays.stream(labels(y))
          .mapToInt(
              label -> {
                Integer known = classes.get(label);
                return known != null ? known : classes.getOrDefault(canonical(label), -1);
              })
          .toArray();
    }

    @Override
    public Targets encode(Table y, OptionalInt size, String sizeOption, RowOrder order) {
      int[] classOf = classOf(y);
      int[] held = new int[groups.size()];
      Arrays.stream(classOf).filter(k -> k >= 0).forEach(k -> held[k]++);
      if (Arrays.stream(held).sum() == 0) {
        throw lacking(y, String.join(" or ", names()));
      }
      int[] wanted = size.isPresent() ? shares(y, size.getAsInt(), held, sizeOption) : held;
      int[] left = wanted.clone();
      int[] rows =
          Arrays.stream(order.of(y.rows()))
              .filter(row -> classOf[row] >= 0 && left[classOf[row]]-- > 0)
              .sorted()
              .toArray();
      return targets(y, rows, Arrays.stream(rows).map(row -> classOf[row]).toArray());
    }

    /** Targets of rows of known classes. */
    Targets targets(Table y, int[] rows, int[] classes) {
      double[] values;
      if (signs()) {
        values = Arrays.stream(classes).mapToDouble(k -> k == 0 ? -1 : 1).toArray();
      } else {
        values = Heap.doubles(y.source(), (long) rows.length * groups.size());
        for (int i = 0; i < rows.length; i++) {
          values[i * groups.size() + classes[i]] = 1;
        }
      }
      return new Targets(rows, values, classes, names());
    }

    /** As many of each class, of the first ones one more where the size does not divide. */
    private int[] shares(Table y, int n, int[] held, String sizeOption) {
      int classes = held.length;
      int most = 0;
      int[] wanted = new int[classes];
      for (int size = 1; ; size++) {
        boolean enough = true;
        for (int k = 0; k < classes; k++) {
          int share = size / classes + (k < size % classes ? 1 : 0);
          enough &= share <= held[k];
        }
        if (!enough) {
          break;
        }
        most = size;
      }
      List<String> counts = new ArrayList<>();
      for (int k = 0; k < classes; k++) {
        counts.add(held[k] + " of class " + names().get(k));
        wanted[k] = n / classes + (k < n % classes ? 1 : 0);
      }
      requireAvailable(
          y, n, most, "rows in balance (" + String.join(", ", counts) + ")", sizeOption);
      return wanted;
    }

    @Override
    public void requireAllClasses(Table trainY) {
      Set<Integer> held = Arrays.stream(classOf(trainY)).boxed().collect(Collectors.toSet());
      for (int k = 0; k < groups.size(); k++) {
        if (!held.contains(k)) {
          throw lacking(trainY, names().get(k));
        }
      }
    }

    private static InvalidDataException lacking(Table y, String names) {
      return new InvalidDataException(
          y.source(),
          "it holds no row of class " + names + " (its classes are " + listed(labels(y)) + ")",
          "name classes that it holds with --classes");
    }
  }

  /**
   * All classes of the training labels, one output for each, 1 for the class of the point and 0 for
   * the others.
   *
   * @param oneHot whether two classes have an output each, in place of -1 and +1
   */
  record AllClasses(List<String> classes, boolean oneHot) implements Labelling {
    /** The classes that a file of training labels holds, in ascending order. */
    static AllClasses of(Table trainY, boolean oneHot) {
      List<String> classes = sorted(labels(trainY));
      if (classes.size() < 2) {
        throw new InvalidDataException(
            trainY.source(),
            "all its labels are " + classes.get(0),
            (oneHot ? "--one-hot needs" : "words need") + " at least two classes");
      }
      for (String name : classes) {
        if (name.contains(OR)) {
          throw new InvalidDataException(
              trainY.source(),
              "its class " + name + " has a " + OR + " in its name, like groups of classes",
              "rename the class");
        }
      }
      return new AllClasses(classes, oneHot);
    }

    @Override
    public Targets encode(Table y, OptionalInt size, String sizeOption, RowOrder order) {
      int[] rows = firstOf(y, size, sizeOption, order);
      List<List<String>> each = classes.stream().map(List::of).toList();
      Groups groups = new Groups(each, oneHot);
      int[] classOf = groups.classOf(y);
      for (int row : rows) {
        if (classOf[row] < 0) {
          throw new InvalidDataException(
              y.source(),
              "row "
                  + (row + 1)
                  + " is of class "
                  + labels(y)[row]
                  + ", which the training labels lack",
              "remove such rows, or train on all classes");
        }
      }
      return groups.targets(y, rows, Arrays.stream(rows).map(row -> classOf[row]).toArray());
    }
  }

  /** The first rows in an order, ascending. */
  private static int[] firstOf(Table y, OptionalInt size, String sizeOption, RowOrder order) {
    int n = size.orElse(y.rows());
    requireAvailable(y, n, y.rows(), "rows", sizeOption);
    return Arrays.stream(order.of(y.rows())).limit(n).sorted().toArray();
  }

  /** Refuses to choose more rows than there are. */
  static void requireAvailable(Table y, int n, int available, String what, String option) {
    if (n > available) {
      throw new InvalidProblemException(
          option, n, y.source() + " has " + available + " " + what + ", use at most " + available);
    }
  }

  /** Normal form of a label for comparisons: 01 and 1 are the same number. */
  private static String canonical(String label) {
    return label.matches("[+-]?[0-9]{1,9}") ? Integer.toString(Integer.parseInt(label)) : label;
  }

  /** The label of each row: an integer, or its word. */
  static String[] labels(Table y) {
    if (y.columns() != 1) {
      throw new InvalidDataException(
          y.source(),
          "it has " + y.columns() + " columns, and integer labels are one",
          "give one label a row, or leave out --classes and --one-hot");
    }
    List<String> words = y.words();
    double[] raw = y.values();
    String[] labels = new String[raw.length];
    for (int i = 0; i < raw.length; i++) {
      int label = (int) raw[i];
      if (label != raw[i]) {
        throw new InvalidDataException(
            y.source(),
            "row " + (i + 1) + " has the label " + raw[i] + ", which is not an integer class",
            "leave out --classes and --one-hot for real numbers");
      }
      labels[i] = words.isEmpty() ? Integer.toString(label) : words.get(label);
    }
    return labels;
  }

  /** The labels that occur, numbers before words. */
  private static List<String> sorted(String[] labels) {
    Comparator<String> byNumber =
        Comparator.comparingLong(
            label -> label.matches("-?[0-9]{1,18}") ? Long.parseLong(label) : Long.MAX_VALUE);
    return Arrays.stream(labels)
        .distinct()
        .sorted(byNumber.thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  private static String listed(String[] labels) {
    List<String> classes = sorted(labels);
    String first = classes.stream().limit(10).collect(Collectors.joining(", "));
    return classes.size() > 10 ? first + ", ..." : first;
  }

  /** The number of rows from 0 to n - 1. */
  static int[] first(int n) {
    return IntStream.range(0, n).toArray();
  }
}
