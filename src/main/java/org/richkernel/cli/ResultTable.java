package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.result.TrainedLoss;

/** A result in a few lines of text: the adaptive numbers beside the lazy ones. */
final class ResultTable {
  private final List<String[]> rows = new ArrayList<>();
  private String loss = "loss";

  private ResultTable() {}

  /**
   * The table of a result.
   *
   * @param lazyLayers the layers of the kernel at initialisation, empty without a comparison
   */
  static String of(Summary summary, List<LayerSummary> lazyLayers, Path report) {
    ResultTable table = new ResultTable();
    boolean compared = !summary.lazy().isEmpty();
    table.row("", compared ? "adaptive" : summary.command(), compared ? "lazy" : "");
    TrainedLoss trained = TrainedLoss.of(summary);
    table.loss = trained.name();
    table.scores("test", trained.test(), Optional.ofNullable(summary.lazy().get("test")));
    table.scores("train", trained.train(), Optional.ofNullable(summary.lazy().get("train")));
    for (LayerSummary layer : summary.layers()) {
      Optional<LayerSummary> lazy =
          lazyLayers.stream().filter(other -> other.layer() == layer.layer()).findFirst();
      String suffix = summary.layers().size() == 1 ? "" : ", layer " + layer.layer();
      table.row(
          "alignment" + suffix,
          number(layer.alignment(), layer.alignmentStandardError()),
          lazy.map(l -> number(l.alignment(), l.alignmentStandardError())).orElse(""));
      table.row(
          "trace Phi / P" + suffix,
          number(layer.trace(), layer.traceStandardError()),
          lazy.map(l -> number(l.trace(), l.traceStandardError())).orElse(""));
    }
    table.tangentKernel(summary);
    table.residual(summary);
    table.approximation(summary);
    table.crossCheck(summary);
    table.audit(summary);
    table.secondStart(summary);
    table.row("report", report.toString(), "");
    return table.text();
  }

  private void row(String name, String own, String lazy) {
    if (!own.isEmpty() || !lazy.isEmpty()) {
      rows.add(new String[] {name, own, lazy});
    }
  }

  private void scores(String set, Optional<Score> own, Optional<Score> lazy) {
    row(
        set + " " + loss,
        own.map(s -> number(s.loss(), s.lossStandardError())).orElse(""),
        lazy.map(s -> number(s.loss(), s.lossStandardError())).orElse(""));
    row(
        set + " accuracy",
        own.map(s -> percent(s.accuracy())).orElse(""),
        lazy.map(s -> percent(s.accuracy())).orElse(""));
  }

  /** Of a network whose outputs are those of its tangent kernel, the kernel that predicts. */
  private void tangentKernel(Summary summary) {
    if (summary.details().get("tangentKernel") instanceof Map<?, ?> kernel) {
      row(
          "alignment, NTK",
          number(detail(kernel, "alignment"), detail(kernel, "alignmentStandardError")),
          "");
      row(
          "trace NTK / P",
          number(detail(kernel, "trace"), detail(kernel, "traceStandardError")),
          "");
    }
  }

  private static OptionalDouble detail(Map<?, ?> of, String name) {
    return of.get(name) instanceof Number value
        ? OptionalDouble.of(value.doubleValue())
        : OptionalDouble.empty();
  }

  private void residual(Summary summary) {
    if (summary.residual().isEmpty()) {
      return;
    }
    String tolerance =
        summary.tolerance().isPresent()
            ? String.format(Locale.ROOT, " (tolerance %.2g)", summary.tolerance().getAsDouble())
            : "";
    row(
        "residual",
        String.format(Locale.ROOT, "%.2e", summary.residual().getAsDouble()) + tolerance,
        "");
  }

  /** Of a fit on inducing points, how far it may be from the one on all points. */
  private void approximation(Summary summary) {
    if (summary.details().get("approximation") instanceof Map<?, ?> approximation) {
      row(
          "distance to the exact fit, at most",
          number(
              detail(approximation, "trainDistanceBound"),
              detail(approximation, "trainDistanceBoundStandardError")),
          "");
    }
  }

  /** Difference to the kernels of an independent method, if it was used. */
  private void crossCheck(Summary summary) {
    if (summary.details().get("cross_check") instanceof Map<?, ?> check
        && check.get("layers") instanceof List<?> layers) {
      for (Object item : layers) {
        if (item instanceof Map<?, ?> layer
            && layer.get("relativeDifference") instanceof Number difference
            && layer.get("relativeDifferenceStandardError") instanceof Number error) {
          row(
              "cross-check, layer " + layer.get("layer"),
              number(
                  OptionalDouble.of(difference.doubleValue()),
                  OptionalDouble.of(error.doubleValue())),
              "");
        }
      }
    }
  }

  /** Test of the solution by independent neurons, if requested. */
  private void audit(Summary summary) {
    if (summary.details().get("audit") instanceof Map<?, ?> audit) {
      Object passed = audit.get("passed"); // absent where nothing was decided
      String outcome =
          Boolean.TRUE.equals(passed) ? "passed: " : Boolean.FALSE.equals(passed) ? "FAILED: " : "";
      row("audit", outcome + audit.get("verdict"), "");
    }
  }

  private void secondStart(Summary summary) {
    if (summary.details().get("secondStart") instanceof Map<?, ?> both) {
      Object chosen = both.get("chosen");
      row(
          "second start",
          both.get("verdict") + (chosen == null ? "" : ", the " + chosen + " one is shown"),
          "");
    }
  }

  private static String number(OptionalDouble value, OptionalDouble error) {
    if (value.isEmpty()) {
      return "";
    }
    String text = String.format(Locale.ROOT, "%.5g", value.getAsDouble());
    return error.isPresent() && error.getAsDouble() > 0
        ? text + String.format(Locale.ROOT, " +- %.1g", error.getAsDouble())
        : text;
  }

  private static String percent(OptionalDouble share) {
    return share.isEmpty() ? "" : String.format(Locale.ROOT, "%.2f %%", 100 * share.getAsDouble());
  }

  private String text() {
    int[] width = {0, 0};
    for (String[] row : rows) {
      width[0] = Math.max(width[0], row[0].length());
      if (!row[2].isEmpty()) {
        width[1] = Math.max(width[1], row[1].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      String line = pad(row[0], width[0]) + "  " + pad(row[1], width[1]) + "  " + row[2];
      text.append(line.stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
