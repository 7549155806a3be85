package org.richkernel.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Provenance;
import org.richkernel.result.Result;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.result.TrainedLoss;

/** The tables of a report: headline, certificate, how it was run, and every number. */
final class SummaryTables {
  /** The detail of a summary with the convergence criteria of its result. */
  static final String CERTIFICATE = "certificate";

  /** The detail that holds the test by independent neurons. */
  private static final String AUDIT = "audit";

  /** Prefixes of values with a separate table or picture: objects, and lists of them. */
  private static final List<String> ELSEWHERE =
      List.of(
          CERTIFICATE + ".",
          AUDIT + ".",
          TrainedLoss.CROSS_ENTROPY + ".",
          Result.CLASS_NAMES,
          CrossCheckSection.DETAIL + ".",
          "sweep[",
          "means[",
          "runs[",
          "slopes[",
          "accuracy[",
          "differences[",
          "curves[",
          "order[",
          "path[",
          "starts[");

  private static final Map<String, String> MEANINGS =
      Map.of(
          "loss",
          "Loss is the mean over points and outputs of (y \u2212 f)\u00b2.",
          "cross-entropy",
          "Cross-entropy is the mean over points of \u2212ln of the softmax of f at the class.");

  private SummaryTables() {}

  /** Losses and accuracies, with the lazy ones beside them. */
  static Section headline(Summary summary, Wording wording) {
    Optional<Score> lazyTest = Optional.ofNullable(summary.lazy().get("test"));
    Optional<Score> lazyTrain = Optional.ofNullable(summary.lazy().get("train"));
    List<List<String>> rows = new ArrayList<>();
    TrainedLoss trained = TrainedLoss.of(summary);
    addScores(rows, "Test", trained.name(), trained.test(), lazyTest);
    addScores(rows, "Train", trained.name(), trained.train(), lazyTrain);
    boolean compared = lazyTest.isPresent() || lazyTrain.isPresent();
    List<List<String>> shown =
        compared ? rows : rows.stream().map(row -> row.subList(0, 2)).toList();
    List<String> header =
        compared ? List.of("", wording.name(), "lazy") : List.of("", wording.name());
    return Section.ofTable(
        "headline",
        "In short",
        MEANINGS.getOrDefault(trained.name(), "")
            + (compared ? " Lazy: the same network's kernel at initialisation." : ""),
        new Section.Grid(header, shown));
  }

  private static void addScores(
      List<List<String>> rows,
      String set,
      String lossName,
      Optional<Score> own,
      Optional<Score> lazy) {
    String loss = own.map(s -> number(s.loss(), s.lossStandardError())).orElse("");
    String lazyLoss = lazy.map(s -> number(s.loss(), s.lossStandardError())).orElse("");
    String accuracy = own.map(s -> percent(s.accuracy(), s.accuracyStandardError())).orElse("");
    String lazyAccuracy =
        lazy.map(s -> percent(s.accuracy(), s.accuracyStandardError())).orElse("");
    if (!(loss + lazyLoss).isEmpty()) {
      rows.add(List.of(set + " " + lossName, loss, lazyLoss));
    }
    if (!(accuracy + lazyAccuracy).isEmpty()) {
      rows.add(List.of(set + " accuracy", accuracy, lazyAccuracy));
    }
  }

  private static String number(OptionalDouble value, OptionalDouble error) {
    return value.isEmpty() ? "" : Numbers.withError(value.getAsDouble(), error.orElse(Double.NaN));
  }

  private static String percent(OptionalDouble share, OptionalDouble error) {
    if (share.isEmpty()) {
      return "";
    }
    String text = String.format(Locale.ROOT, "%.2f", 100 * share.getAsDouble());
    String spread =
        error.isPresent()
            ? String.format(Locale.ROOT, " \u00b1 %.2f", 100 * error.getAsDouble())
            : "";
    return text + spread + " %";
  }

  /** Residual and tolerance, Monte Carlo effort, and further criteria of the command. */
  static Section certificate(Summary summary) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("Converged", summary.converged() ? "yes" : "no"));
    summary.iterations().ifPresent(n -> rows.add(List.of("Iterations", Numbers.brief(n))));
    summary
        .residual()
        .ifPresent(
            residual ->
                rows.add(
                    List.of("Residual", Numbers.brief(residual) + against(summary.tolerance()))));
    summary
        .monteCarlo()
        .ifPresent(
            mc -> {
              rows.add(List.of("Samples", Numbers.brief(mc.samples())));
              mc.effectiveSamples()
                  .ifPresent(n -> rows.add(List.of("Effective samples", Numbers.brief(n))));
              mc.standardError()
                  .ifPresent(
                      e -> rows.add(List.of("Monte Carlo standard error", Numbers.brief(e))));
            });
    if (summary.details().get(CERTIFICATE) instanceof Map<?, ?> more) {
      Flattened.of(more).forEach((key, value) -> rows.add(List.of(Flattened.words(key), value)));
    }
    if (summary.details().get(AUDIT) instanceof Map<?, ?> audit) {
      Flattened.of(Map.of(AUDIT, audit))
          .forEach((key, value) -> rows.add(List.of(Flattened.words(key), value)));
    }
    return Section.ofTable(
        "certificate",
        "Certificate",
        "By what the numbers above are to be trusted.",
        new Section.Grid(List.of(), rows.size() == 1 && summary.converged() ? List.of() : rows));
  }

  private static String against(OptionalDouble tolerance) {
    return tolerance.isPresent()
        ? " (tolerance " + Numbers.brief(tolerance.getAsDouble()) + ")"
        : "";
  }

  /** Command, options, backend, seed and time. */
  static Section run(Summary summary) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("Command", "richkernel " + summary.command()));
    rows.add(List.of("Version", summary.version()));
    summary
        .backend()
        .ifPresent(
            b ->
                rows.add(
                    List.of(
                        "Backend",
                        b.name() + ", " + b.device() + ", " + b.threads() + " thread(s)")));
    summary.seed().ifPresent(seed -> rows.add(List.of("Seed", Long.toString(seed))));
    summary.provenance().ifPresent(provenance -> addOrigin(rows, provenance));
    List<String> times = new ArrayList<>();
    summary.seconds().forEach((part, s) -> times.add(part + " " + Numbers.brief(s) + " s"));
    addIfAny(rows, "Time", times);
    List<String> memory = new ArrayList<>();
    summary.peakBytes().forEach((place, bytes) -> memory.add(place + " " + megabytes(bytes)));
    addIfAny(rows, "Peak memory", memory);
    Map<String, Object> given = new LinkedHashMap<>(summary.config());
    given.values().removeIf(Objects::isNull);
    Flattened.of(given).forEach((key, value) -> rows.add(List.of("--" + key, value)));
    return Section.ofTable("run", "How it was run", "", new Section.Grid(List.of(), rows));
  }

  private static void addOrigin(List<List<String>> rows, Provenance provenance) {
    rows.add(List.of("Finished", provenance.time() + " on " + provenance.host()));
    rows.add(List.of("Java", provenance.java()));
    provenance.commit().ifPresent(commit -> rows.add(List.of("Commit", commit)));
    provenance
        .data()
        .files()
        .forEach((option, file) -> rows.add(List.of("SHA-256, " + given(option), file.sha256())));
  }

  /** An option with its dashes, or a file of a folder, which has a dot in its name. */
  private static String given(String origin) {
    return origin.contains(".") ? origin : "--" + origin;
  }

  private static void addIfAny(List<List<String>> rows, String name, List<String> parts) {
    if (!parts.isEmpty()) {
      rows.add(List.of(name, String.join(", ", parts)));
    }
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  /** Every number of the summary that is shown nowhere else. */
  static Section everything(Summary summary) {
    List<List<String>> rows = new ArrayList<>();
    summary
        .layers()
        .forEach(
            layer -> {
              String name = "Layer " + layer.layer();
              add(rows, name + ", alignment", layer.alignment(), layer.alignmentStandardError());
              add(rows, name + ", Tr \u03a6 / P", layer.trace(), layer.traceStandardError());
              add(rows, name + ", |\u03a6|_F", layer.frobenius(), layer.frobeniusStandardError());
            });
    Flattened.of(summary.details())
        .forEach(
            (key, value) -> {
              if (ELSEWHERE.stream().noneMatch(key::startsWith)) {
                rows.add(List.of(Flattened.words(key), value));
              }
            });
    return Section.ofTable("numbers", "Numbers", "", new Section.Grid(List.of(), rows));
  }

  private static void add(
      List<List<String>> rows, String name, OptionalDouble value, OptionalDouble error) {
    if (value.isPresent()) {
      rows.add(List.of(name, number(value, error)));
    }
  }
}
