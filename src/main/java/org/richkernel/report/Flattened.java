package org.richkernel.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.report.plot.Numbers;

/** Nested JSON values as lines of "path.to.value" and text. */
final class Flattened {
  private static final int LONGEST_LIST = 12;

  private Flattened() {}

  /** The leaves of a map in order. */
  static Map<String, String> of(Map<?, ?> map) {
    Map<String, String> lines = new LinkedHashMap<>();
    add(lines, "", map);
    return lines;
  }

  private static void add(Map<String, String> lines, String path, Object value) {
    if (value instanceof Map<?, ?> map) {
      map.forEach(
          (key, item) -> add(lines, path.isEmpty() ? String.valueOf(key) : path + "." + key, item));
    } else if (value instanceof List<?> list && list.stream().anyMatch(Map.class::isInstance)) {
      for (int i = 0; i < list.size(); i++) {
        add(lines, path + "[" + (i + 1) + "]", list.get(i));
      }
    } else if (value instanceof List<?> list) {
      List<String> shown = list.stream().limit(LONGEST_LIST).map(Flattened::text).toList();
      String rest = list.size() > LONGEST_LIST ? ", \u2026 (" + list.size() + " in all)" : "";
      lines.put(path, String.join(", ", shown) + rest);
    } else {
      lines.put(path, text(value));
    }
  }

  /** A single value. */
  static String text(Object value) {
    if (value == null) {
      return "not a number";
    }
    if (value instanceof Long || value instanceof Integer) {
      return value.toString();
    }
    return value instanceof Number number ? Numbers.brief(number.doubleValue()) : value.toString();
  }

  /** A path in words: "chains.integratedTime" becomes "Chains: integrated time". */
  static String words(String path) {
    String spaced =
        path.replace(".", ": ").replaceAll("([a-z0-9])([A-Z])", "$1 $2").replace('_', ' ');
    String lower =
        spaced.equals(spaced.toUpperCase(java.util.Locale.ROOT))
            ? spaced
            : spaced.toLowerCase(java.util.Locale.ROOT);
    return lower.isEmpty()
        ? lower
        : lower.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + lower.substring(1);
  }
}
