package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.metrics.KernelSimilarity;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;

/** A result compared with another one: kernels, alignment by layer, losses over time. */
final class ComparisonSection {
  private ComparisonSection() {}

  /**
   * The section of one comparison.
   *
   * @param number of the comparison in the report, from 1; names the section
   */
  static Section of(Comparison comparison, int number) {
    List<Figure> figures = new ArrayList<>();
    for (KernelSet.Kernel kernel : KernelSet.of(comparison.own()).drawn()) {
      comparison
          .other()
          .array(kernel.name())
          .filter(table -> table.values().length == kernel.phi().values().length)
          .ifPresent(beside -> figures.add(kernels(comparison, kernel, beside)));
    }
    alignment(comparison).ifPresent(figures::add);
    figures.addAll(ComparedCourses.figures(comparison));
    return new Section(
        "comparison-" + number,
        capitalized(comparison.ownName()) + " beside " + comparison.otherName(),
        "The cosine of two kernels is tr AB / (\u2016A\u2016 \u2016B\u2016), the norm ratio"
            + " \u2016A\u2016 / \u2016B\u2016, the relative error \u2016A \u2212 B\u2016 / \u2016B\u2016,"
            + " all with the Frobenius norm; A is of "
            + comparison.ownName()
            + ", B of "
            + comparison.otherName()
            + "."
            + " Noise is the relative error that equal kernels would show by the standard errors of"
            + " their entries. Errors of differences add in squares."
            + notConverged(comparison)
            + comparison.doubt().map(words -> " The points are " + words + ".").orElse("")
            + ComparedCourses.note(comparison),
        figures,
        tables(comparison));
  }

  private static String notConverged(Comparison comparison) {
    StringBuilder words = new StringBuilder();
    if (!comparison.own().summary().converged()) {
      words.append(" ").append(capitalized(comparison.ownName())).append(" did not converge.");
    }
    if (!comparison.other().summary().converged()) {
      words.append(" ").append(capitalized(comparison.otherName())).append(" did not converge.");
    }
    return words.toString();
  }

  private static List<Section.Grid> tables(Comparison comparison) {
    List<Section.Grid> tables = new ArrayList<>();
    tables.add(table(comparison));
    List<Differences.Row> numbers = Differences.between(comparison.own(), comparison.other());
    List<String> header =
        new ArrayList<>(List.of("", comparison.ownName(), comparison.otherName()));
    header.addAll(Differences.HEADER_END);
    tables.add(new Section.Grid(header, numbers.stream().map(Differences.Row::cells).toList()));
    List<OptionDifference> differences = comparison.differences();
    if (!differences.isEmpty()) {
      tables.add(
          new Section.Grid(
              List.of("option", comparison.ownName(), comparison.otherName()),
              differences.stream().map(d -> List.of(d.name(), d.own(), d.other())).toList()));
    }
    return tables;
  }

  private static String capitalized(String name) {
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  private static Section.Grid table(Comparison comparison) {
    List<List<String>> rows = new ArrayList<>();
    for (Comparison.Layer layer : comparison.layers()) {
      rows.add(
          List.of(
              layer.name(),
              number(layer.similarity().cosine()),
              number(layer.similarity().frobeniusRatio()),
              number(layer.similarity().relativeError()),
              layer.noiseText()));
    }
    return new Section.Grid(
        List.of("kernel", "cosine", "norm ratio", "relative error", "of it noise"), rows);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static Figure kernels(Comparison comparison, KernelSet.Kernel kernel, Table beside) {
    return KernelSection.pair(
        comparison.own(),
        kernel.symbol() + ", " + comparison.ownName(),
        kernel.phi(),
        kernel.symbol() + ", " + comparison.otherName(),
        beside,
        words(KernelSimilarity.of(kernel.phi().values(), beside.values())));
  }

  private static String words(KernelSimilarity similarity) {
    return "cosine "
        + number(similarity.cosine())
        + ", norm ratio "
        + number(similarity.frobeniusRatio())
        + ", relative error "
        + number(similarity.relativeError());
  }

  private static Optional<Figure> alignment(Comparison comparison) {
    List<LayerSummary> own = withAlignment(comparison.own());
    List<LayerSummary> other = withAlignment(comparison.other());
    if (own.isEmpty() || own.size() != other.size()) {
      return Optional.empty();
    }
    Plot plot =
        new Plot("Alignment by layer", "hidden layer \u2113", "alignment")
            .size(460, 300)
            .categories(own.stream().map(l -> Integer.toString(l.layer())).toList())
            .bars(comparison.ownName(), "c0", values(own), errors(own), 0, 2)
            .bars(comparison.otherName(), "c1", values(other), errors(other), 1, 2);
    return Optional.of(
        new Figure(
            plot,
            "Alignment of each layer's kernel with the targets. Whiskers: one standard error."));
  }

  private static List<LayerSummary> withAlignment(Result result) {
    return result.summary().layers().stream().filter(l -> l.alignment().isPresent()).toList();
  }

  private static double[] values(List<LayerSummary> layers) {
    return layers.stream().mapToDouble(l -> l.alignment().orElse(Double.NaN)).toArray();
  }

  private static double[] errors(List<LayerSummary> layers) {
    return layers.stream()
        .mapToDouble(l -> l.alignmentStandardError().orElse(Double.NaN))
        .toArray();
  }
}
