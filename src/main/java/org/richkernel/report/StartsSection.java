package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Summary;

/** Where a start from the prior and one from an aligned state have led. */
final class StartsSection {
  private static final List<String> HEADER =
      List.of("start", "action per neuron", "y\u00b7v", "last alignment", "train loss", "");

  private StartsSection() {}

  static Section of(Summary summary) {
    List<List<String>> rows = new ArrayList<>();
    Map<?, ?> both = map(summary.details().get("secondStart"));
    if (!both.isEmpty() && summary.details().get("starts") instanceof List<?> starts) {
      starts.forEach(start -> rows.add(row(map(start), both)));
    }
    return Section.ofTable(
        "starts",
        "Two starts",
        note(both),
        new Section.Grid(rows.isEmpty() ? List.of() : HEADER, rows));
  }

  private static String note(Map<?, ?> both) {
    String difference =
        Numbers.withError(number(both, "actionDifference"), error(both, "actionDifference"));
    return switch (String.valueOf(both.get("verdict"))) {
      case "one solution" ->
          "A start from the prior and one from an aligned state have led to the same solution.";
      case "two solutions" ->
          "A start from the prior and one from an aligned state have led to two solutions. The one"
              + " of smaller action holds, the other one is metastable: their actions differ by "
              + difference
              + " per neuron.";
      case "undecided" ->
          "A start from the prior and one from an aligned state have led to two solutions, and it is"
              + " undecided which of them holds: their actions differ by "
              + difference
              + " per neuron.";
      default -> "";
    };
  }

  private static List<String> row(Map<?, ?> start, Map<?, ?> both) {
    List<String> cells = new ArrayList<>();
    cells.add(String.valueOf(start.get("start")));
    double action = number(start, "action");
    double total = Math.hypot(error(start, "action"), number(start, "actionGridError"));
    cells.add(Double.isNaN(action) ? "" : Numbers.withError(action, total));
    cells.add(Numbers.withError(number(start, "dualFit"), error(start, "dualFit")));
    Map<?, ?> top =
        start.get("layers") instanceof List<?> layers && !layers.isEmpty()
            ? map(layers.get(layers.size() - 1))
            : Map.of();
    cells.add(Numbers.withError(number(top, "alignment"), error(top, "alignment")));
    cells.add(Numbers.withError(number(start, "trainLoss"), error(start, "trainLoss")));
    cells.add(word(start, both));
    return cells;
  }

  private static String word(Map<?, ?> start, Map<?, ?> both) {
    if (Boolean.FALSE.equals(start.get("converged"))
        || Boolean.FALSE.equals(start.get("wayConverged"))) {
      return "not converged";
    }
    if (!(start.get("chosen") instanceof Boolean chosen)) {
      return "";
    }
    boolean decided = "two solutions".equals(both.get("verdict"));
    return chosen ? (decided ? "holds" : "shown") : decided ? "metastable" : "";
  }

  private static Map<?, ?> map(Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  private static double number(Map<?, ?> map, String key) {
    return map.get(key) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  private static double error(Map<?, ?> map, String key) {
    return number(map, key + "StandardError");
  }
}
