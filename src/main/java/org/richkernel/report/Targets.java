package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.richkernel.data.Table;
import org.richkernel.report.plot.HeatMap;
import org.richkernel.report.plot.Numbers;

/** The targets of a set of points, read as classes where they take few values. */
final class Targets {
  /** Most distinct values that are taken for classes. */
  static final int MOST_CLASSES = 12;

  private final double[] keys;
  private final double[] distinct;
  private final int outputs;
  private final ClassNames names;

  private Targets(double[] keys, int outputs, ClassNames names) {
    this.keys = keys;
    this.outputs = outputs;
    this.names = names;
    this.distinct = Arrays.stream(keys).distinct().sorted().toArray();
  }

  /** Targets of shape P, or P x K with the class at the largest of K entries. */
  static Targets ofRows(Table y, ClassNames names) {
    int outputs = y.columns();
    double[] keys = new double[y.rows()];
    for (int row = 0; row < keys.length; row++) {
      int best = 0;
      for (int k = 1; k < outputs; k++) {
        best = y.get(row, k) > y.get(row, best) ? k : best;
      }
      keys[row] = outputs == 1 ? y.get(row, 0) : best;
    }
    return new Targets(keys, outputs, names);
  }

  /** Every entry as a target of its own, row by row; those of several outputs have no names. */
  static Targets ofEntries(Table y, ClassNames names) {
    return new Targets(y.values(), 1, y.columns() == 1 ? names : ClassNames.NONE);
  }

  /** So many points without targets. */
  static Targets unknown(int points) {
    return new Targets(new double[points], 1, ClassNames.NONE);
  }

  /** The same for some of the points. */
  Targets of(int... points) {
    return new Targets(Arrays.stream(points).mapToDouble(i -> keys[i]).toArray(), outputs, names);
  }

  /** Whether the targets are few enough to be classes. */
  boolean areClasses() {
    return distinct.length <= MOST_CLASSES;
  }

  int classes() {
    return distinct.length;
  }

  int size() {
    return keys.length;
  }

  /** Name of class k, in increasing order of the targets. */
  String label(int k) {
    return name(k)
        .map(name -> "class " + name)
        .orElseGet(
            () ->
                "y = "
                    + (distinct[0] < 0 && distinct[k] > 0 ? "+" : "")
                    + Numbers.brief(distinct[k]));
  }

  private Optional<String> name(int k) {
    return outputs > 1
        ? Optional.of(names.ofOutput((int) distinct[k], outputs))
        : names.ofTarget(distinct[k]);
  }

  /** Points of class k. */
  int[] members(int k) {
    return IntStream.range(0, keys.length).filter(i -> keys[i] == distinct[k]).toArray();
  }

  /** The target of a point between 0 (smallest) and 1 (largest). */
  double shade(int point) {
    double low = distinct[0];
    double high = distinct[distinct.length - 1];
    return high > low ? (keys[point] - low) / (high - low) : 0.5;
  }

  /** All points by increasing target; those of a class keep their order. */
  int[] sorted() {
    return IntStream.range(0, keys.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> keys[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** The classes as groups of neighbouring rows after sorting; empty without classes. */
  List<HeatMap.Group> groups() {
    List<HeatMap.Group> groups = new ArrayList<>();
    int from = 0;
    for (int k = 0; areClasses() && k < distinct.length; k++) {
      int to = from + members(k).length;
      String name = distinct.length <= 4 ? label(k) : name(k).orElse(Numbers.brief(distinct[k]));
      groups.add(new HeatMap.Group(name, from, to));
      from = to;
    }
    return groups;
  }
}
