package org.richkernel.report;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.richkernel.data.AtomicFile;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;

/**
 * Draws a result as {@code report.html}: one file that holds everything it shows, needs no network
 * and runs no scripts. Text of the result is escaped by the template engine.
 */
public final class ReportWriter {
  /** Name of the page in the result folder. */
  public static final String REPORT = ResultFolder.REPORT;

  /** Name of the page with other results for comparison; the plain report does not change. */
  public static final String COMPARISON = ResultFolder.COMPARISON;

  /** Kernels over time (PT x PT) are for further analysis; a page cannot show them. */
  private static final Pattern NOT_DRAWN = Pattern.compile("(phi|g)_[0-9]+_t");

  private ReportWriter() {}

  /**
   * Reads the result of a folder and writes its report there.
   *
   * @return the page
   * @throws org.richkernel.data.InvalidDataException if the folder holds no sound result
   * @throws UncheckedIOException if the page cannot be written
   */
  public static Path write(Path folder) {
    Result result = ResultFolder.read(folder, name -> !NOT_DRAWN.matcher(name).matches());
    Path page = folder.resolve(REPORT);
    AtomicFile.write(page, html(result).getBytes(StandardCharsets.UTF_8));
    return page;
  }

  /**
   * Writes {@link #COMPARISON}, the report of a folder's result with others beside it: each with
   * its kernels and losses, and how far networks of several widths are from it.
   *
   * @return the page
   * @throws org.richkernel.data.InvalidDataException if a folder holds no sound result, or they are
   *     not about the same training points
   * @throws UncheckedIOException if the page cannot be written
   */
  public static Path compare(Path folder, List<Path> others) {
    Result result = readDrawn(folder);
    List<Section> beside = new ArrayList<>();
    List<Result> all = new ArrayList<>();
    for (Path other : others) {
      Result next = readDrawn(other);
      all.add(next);
      beside.add(
          ComparisonSection.of(Comparison.of(folder, result, other, next), beside.size() + 1));
    }
    beside.add(WidthSection.of(result, all));
    Path page = folder.resolve(COMPARISON);
    AtomicFile.write(page, html(result, beside).getBytes(StandardCharsets.UTF_8));
    return page;
  }

  private static Result readDrawn(Path folder) {
    return ResultFolder.read(folder, name -> !NOT_DRAWN.matcher(name).matches());
  }

  /** The page of a result. */
  public static String html(Result result) {
    return html(result, List.of());
  }

  private static String html(Result result, List<Section> comparison) {
    Summary summary = result.summary();
    Wording wording = Wording.of(summary.command());
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("title", wording.title());
    model.put("subtitle", String.join(" \u00b7 ", facts(result)));
    model.put("warning", warning(summary));
    model.put("version", summary.version());
    model.put("sections", Template.models(sections(result, wording, comparison)));
    return Template.fill("report/report.ftlh", model);
  }

  private static List<Section> sections(Result result, Wording wording, List<Section> comparison) {
    Summary summary = result.summary();
    List<Section> all = new ArrayList<>();
    all.add(SummaryTables.headline(summary, wording));
    all.addAll(comparison);
    all.addAll(
        List.of(
            SweepSection.of(result),
            PhaseSection.of(result),
            ScalingSection.of(result),
            WidthCurvesSection.of(result),
            FewShotSection.of(result),
            WordSection.of(result),
            PathSection.of(result),
            StartsSection.of(summary),
            RichnessSection.of(result),
            KernelSection.of(result, wording),
            AlignmentSection.of(result, wording),
            SiteSection.of(result, wording),
            FilterSection.of(result),
            SpectrumSection.of(result, wording),
            PredictionSection.of(result, wording),
            ClassSection.of(result, wording),
            TrainingSection.of(result, wording),
            CourseSection.of(result),
            SnapshotSection.of(result),
            ConvergenceSection.of(result),
            CrossCheckSection.of(summary),
            SummaryTables.certificate(summary)));
    Section run = SummaryTables.run(summary);
    Section numbers = SummaryTables.everything(summary);
    // A result with neither tables nor pictures of its own opens with its numbers.
    boolean bare = all.stream().allMatch(Section::isEmpty);
    all.addAll(bare ? List.of(numbers, run) : List.of(run, numbers));
    return all;
  }

  /** Short descriptions of the fitted problem. */
  private static List<String> facts(Result result) {
    Map<String, Object> config = result.summary().config();
    List<String> facts = new ArrayList<>();
    if (config.get("hidden-layers") instanceof Number layers) {
      facts.add(layers + (layers.intValue() == 1 ? " hidden layer" : " hidden layers"));
    }
    addOption(facts, config, "activation", "");
    addOption(facts, config, "kernel", "");
    addOption(facts, config, "gamma", "\u03b3 = ");
    addOption(facts, config, "beta", "\u03b2 = ");
    addOption(facts, config, "width", "width ");
    addOption(facts, config, "solver", "");
    result.array("y_train").ifPresent(y -> facts.add(y.rows() + " training points"));
    result.array("y_test").ifPresent(y -> facts.add(y.rows() + " test points"));
    return facts;
  }

  private static void addOption(
      List<String> facts, Map<String, Object> config, String name, String prefix) {
    Object value = config.get(name);
    if (value instanceof Number number) {
      facts.add(prefix + Numbers.brief(number.doubleValue()));
    } else if (value != null) {
      facts.add(prefix + value);
    }
  }

  private static String warning(Summary summary) {
    if (summary.converged()) {
      return "";
    }
    if (summary.command().equals("sweep")) {
      return SweepSection.warning(summary);
    }
    if (summary.details().get("secondStart") instanceof Map<?, ?> both
        && "undecided".equals(both.get("verdict"))) {
      return "There are two solutions, and their actions do not tell which one holds. Everything"
          + " below is of one of them; see Two starts.";
    }
    String residual =
        summary.residual().isPresent()
            ? " The residual is " + Numbers.brief(summary.residual().getAsDouble())
            : "";
    String tolerance =
        !residual.isEmpty() && summary.tolerance().isPresent()
            ? ", the tolerance " + Numbers.brief(summary.tolerance().getAsDouble())
            : "";
    return "The solve did not converge."
        + (residual.isEmpty() ? "" : residual + tolerance + ".")
        + " Everything below is its last iterate, not a solution.";
  }
}
