package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Summary;

/** Kernels of an independent route beside those of the result, layer by layer. */
final class CrossCheckSection {
  /** The detail of a summary that holds the comparison. */
  static final String DETAIL = "cross_check";

  private CrossCheckSection() {}

  static Section of(Summary summary) {
    List<List<String>> rows = new ArrayList<>();
    String note = "";
    if (summary.details().get(DETAIL) instanceof Map<?, ?> check
        && check.get("layers") instanceof List<?> layers) {
      for (Object layer : layers) {
        if (layer instanceof Map<?, ?> numbers) {
          rows.add(row(numbers));
        }
      }
      note = note(check);
    }
    return Section.ofTable(
        "cross-check",
        "Cross-check",
        note,
        new Section.Grid(
            List.of(
                "",
                "|\u03a6\u2032 \u2212 \u03a6| / |\u03a6|",
                "alignment, sweeps",
                "alignment",
                "Tr \u03a6 / P, sweeps",
                "Tr \u03a6 / P"),
            rows));
  }

  private static List<String> row(Map<?, ?> layer) {
    return List.of(
        "Layer " + Flattened.text(layer.get("layer")),
        number(layer, "relativeDifference"),
        number(layer.get("sweep"), "alignment"),
        number(layer.get("sampler"), "alignment"),
        number(layer.get("sweep"), "trace"),
        number(layer.get("sampler"), "trace"));
  }

  private static String number(Object of, String name) {
    if (of instanceof Map<?, ?> map && map.get(name) instanceof Number value) {
      double error = map.get(name + "StandardError") instanceof Number e ? e.doubleValue() : 0;
      return Numbers.withError(value.doubleValue(), error);
    }
    return "";
  }

  private static String note(Map<?, ?> check) {
    String outcome =
        Boolean.TRUE.equals(check.get("agrees"))
            ? "The two routes agree within the tolerance."
            : Boolean.TRUE.equals(check.get("settled"))
                ? "The two routes DISAGREE by more than the tolerance and the errors."
                : "The sweeps did NOT settle: the comparison says little.";
    return outcome
        + " \u03a6\u2032: kernels of sweeps over the layers with conjugate kernels, averaged over "
        + Flattened.text(check.get("sweeps"))
        + " sweeps. Errors of differences are those of both routes together.";
  }
}
