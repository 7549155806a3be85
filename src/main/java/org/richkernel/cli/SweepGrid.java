package org.richkernel.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import org.richkernel.network.InvalidProblemException;

/** All combinations of the values of some options; the last option changes fastest. */
record SweepGrid(List<SweepAxis> axes) {
  private static final long MOST = 100_000;

  /**
   * Reads the axes.
   *
   * @throws InvalidProblemException if there are none, an option comes twice, or there are too many
   *     combinations
   */
  static SweepGrid parse(List<String> texts) {
    if (texts.isEmpty()) {
      throw new InvalidProblemException(
          "over",
          "missing",
          "name at least one option with its values, such as --over gamma=0.3,1,3");
    }
    List<SweepAxis> axes = texts.stream().map(SweepAxis::parse).toList();
    Set<String> names = new LinkedHashSet<>();
    long size = 1;
    for (SweepAxis axis : axes) {
      if (!names.add(axis.option())) {
        throw new InvalidProblemException("over", axis.option(), "name each option once");
      }
      size *= axis.values().size();
      if (size > MOST) {
        throw new InvalidProblemException("over", axis.option(), "use at most " + MOST + " runs");
      }
    }
    return new SweepGrid(axes);
  }

  /** Number of runs. */
  int size() {
    return axes.stream().mapToInt(axis -> axis.values().size()).reduce(1, Math::multiplyExact);
  }

  /** The values of a run by option. */
  Map<String, String> values(int index) {
    List<String> values = new ArrayList<>();
    int rest = index;
    for (int i = axes.size() - 1; i >= 0; i--) {
      List<String> all = axes.get(i).values();
      values.add(0, all.get(rest % all.size()));
      rest /= all.size();
    }
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < axes.size(); i++) {
      named.put(axes.get(i).option(), values.get(i));
    }
    return named;
  }

  /**
   * The folder of a run, named by its values, so that an extended grid keeps its finished runs. A
   * checksum is added if a value contains characters that a file name should not have.
   */
  static String folder(Map<String, String> values) {
    List<String> parts = new ArrayList<>();
    values.forEach((name, value) -> parts.add(name + "=" + value));
    String exact = String.join(",", parts);
    String safe = exact.replaceAll("[^A-Za-z0-9=,._+-]", "_");
    if (safe.equals(exact) && safe.length() <= 120) {
      return safe;
    }
    CRC32 checksum = new CRC32();
    checksum.update(exact.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return safe.substring(0, Math.min(100, safe.length()))
        + "-"
        + Long.toHexString(checksum.getValue());
  }
}
