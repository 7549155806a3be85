package org.richkernel.gallery;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.AtomicFile;
import org.richkernel.report.Figure;
import org.richkernel.report.Template;
import org.richkernel.result.FolderClaim;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;
import org.richkernel.result.Version;

/**
 * A folder with a page for each figure and an index: {@code NAME.html}, and the results of its runs
 * below {@code NAME/}.
 *
 * @param data options that name the data
 * @param samples folder of test-data, for pages with data of their own
 */
public record Gallery(Path out, Size size, List<String> data, Path samples) {
  private static final String START = "java -jar target/richkernel.jar ";

  /** Takes a copy of the options. */
  public Gallery {
    data = List.copyOf(data);
  }

  /** Every page, in the order of the index. */
  public static List<Page> pages() {
    return List.of(
        new RichBayes(),
        new LearningCurve(),
        new RichDynamics(),
        new DeepKernels(),
        new MultiScale(),
        new TrainingCourse(),
        new Approximations(),
        new EdgeOfChaos(),
        new Parametrizations(),
        new CnnWidths(),
        new FewShot(),
        new WordEmbeddings());
  }

  /** The command line of a run of a page. */
  public List<String> line(Page page, Run run, List<String> machine) {
    return run.line(out.resolve(page.name()), data, machine, samples);
  }

  private Path folder(Page page, Run run) {
    return out.resolve(page.name()).resolve(run.folder());
  }

  /** Key of a folder: the run without its machine options. */
  private List<String> claim(Run run) {
    List<String> claim = new ArrayList<>(run.words());
    if (run.onData()) {
      claim.addAll(data);
    }
    return claim;
  }

  /** Whether the folder of a run holds its result. */
  public boolean isFinished(Page page, Run run) {
    Path folder = folder(page, run);
    return Files.isRegularFile(folder.resolve(ResultFolder.SUMMARY))
        && FolderClaim.RUN.isTaken(folder, claim(run));
  }

  /**
   * Takes the folder of a run before it starts.
   *
   * @throws org.richkernel.data.InvalidDataException if it holds another run
   */
  public void take(Page page, Run run) {
    Path folder = folder(page, run);
    ResultFolder.prepare(folder);
    FolderClaim.RUN.take(folder, claim(run));
  }

  /** Whether every run of a page is there. */
  public boolean isFinished(Page page) {
    return page.runs(size).stream().allMatch(run -> isFinished(page, run));
  }

  /**
   * A page that was written.
   *
   * @param converged whether all its runs did
   * @param seconds of its runs
   */
  public record Made(Page page, Findings findings, boolean converged, double seconds) {
    /** The worst of its checks; nothing holds of a page without any. */
    public Check.Verdict verdict() {
      return Check.all("", checks()).verdict();
    }

    /** Expectations of the page with their results. */
    public List<Check> checks() {
      return findings.checks();
    }
  }

  /**
   * Writes a page whose runs are finished.
   *
   * @throws org.richkernel.data.InvalidDataException if a result is not sound
   */
  public Made write(Page page) {
    Findings findings = page.findings(new Results(out.resolve(page.name())));
    List<Map<String, Object>> runs = new ArrayList<>();
    List<String> unsettled = new ArrayList<>();
    double all = 0;
    for (Run run : page.runs(size)) {
      Summary summary = ResultFolder.readSummary(folder(page, run));
      double seconds = seconds(summary);
      all += seconds;
      if (!summary.converged()) {
        unsettled.add(run.folder());
      }
      runs.add(
          Map.of(
              "folder",
              run.folder(),
              "report",
              page.name() + "/" + run.folder() + "/" + ResultFolder.REPORT,
              "seconds",
              String.format(Locale.ROOT, "%.1f", seconds),
              "line",
              START + words(line(page, run, List.of()))));
    }
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("title", page.title());
    model.put("source", page.source());
    model.put("shows", page.shows());
    model.put("sentence", findings.sentence());
    model.put(
        "warning",
        unsettled.isEmpty() ? "" : "Not all runs converged: " + String.join(", ", unsettled) + ".");
    model.put("checks", findings.checks().stream().map(Gallery::model).toList());
    model.put("sections", Template.models(findings.sections()));
    model.put("command", START + words(command(page)));
    model.put("runs", runs);
    model.put("version", Version.get());
    put(page.name() + ".html", Template.fill("gallery/page.ftlh", model));
    return new Made(page, findings, unsettled.isEmpty(), all);
  }

  private void put(String name, String html) {
    AtomicFile.write(out.resolve(name), html.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> command(Page page) {
    List<String> words =
        new ArrayList<>(List.of("gallery", "--only=" + page.name(), "--out=" + out));
    if (size != Size.LAPTOP) {
      words.add("--" + size.id());
    }
    words.addAll(data);
    return words;
  }

  /** A line that a shell reads as these words. */
  private static String words(List<String> words) {
    return String.join(
        " ",
        words.stream()
            .map(word -> word.matches("[A-Za-z0-9=,.:/_@%+-]*") ? word : "'" + word + "'")
            .toList());
  }

  /** Seconds of a run; of a sweep those of its runs, as some may be older than its last start. */
  private static double seconds(Summary summary) {
    if (summary.details().get("runs") instanceof List<?> rows) {
      double sum = 0;
      for (Object row : rows) {
        if (row instanceof Map<?, ?> run
            && run.get("numbers") instanceof Map<?, ?> numbers
            && numbers.get("seconds") instanceof Number seconds) {
          sum += seconds.doubleValue();
        }
      }
      return sum;
    }
    return summary.seconds().getOrDefault("total", 0.0);
  }

  private static Map<String, Object> model(Check check) {
    return Map.of(
        "expected", check.expected(),
        "found", check.found(),
        "kind", kind(check.verdict()),
        "verdict", check.verdict().words());
  }

  private static String kind(Check.Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  /** Writes the index of all pages, made or not, and the summary. */
  public void index(List<Made> made, Map<String, Object> config, double seconds) {
    List<Map<String, Object>> cards = new ArrayList<>();
    for (Page page : pages()) {
      cards.add(
          card(page, made.stream().filter(m -> m.page().name().equals(page.name())).findFirst()));
    }
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("pages", cards);
    model.put("subtitle", made.size() + " of " + cards.size() + " pages, " + size.id() + " size");
    model.put("version", Version.get());
    put("index.html", Template.fill("gallery/index.ftlh", model));
    boolean converged = made.stream().allMatch(Made::converged);
    Summary summary =
        Summary.builder("gallery", config)
            .converged(converged)
            .iterations(made.size())
            .seconds("total", seconds)
            .detail("pages", made.stream().map(Gallery::detail).toList())
            .build();
    ResultFolder.write(out, Result.of(summary));
  }

  private static Map<String, Object> card(Page page, Optional<Made> made) {
    Map<String, Object> card = new LinkedHashMap<>();
    card.put("name", page.name());
    card.put("title", page.title());
    card.put("source", page.source());
    card.put("made", made.isPresent());
    made.ifPresent(
        of -> {
          Optional<Figure> first =
              of.findings().sections().stream().flatMap(s -> s.figures().stream()).findFirst();
          card.put("pictures", first.<List<?>>map(Template::picture).orElse(List.of()));
          card.put("sentence", of.findings().sentence());
          card.put("kind", kind(of.verdict()));
          card.put("verdict", tally(of));
        });
    return card;
  }

  /** Number of expectations that hold. */
  static String tally(Made made) {
    long holds = made.checks().stream().filter(c -> c.verdict() == Check.Verdict.HOLDS).count();
    if (made.checks().isEmpty()) {
      return "nothing was expected" + (made.converged() ? "" : "; not all runs converged");
    }
    return holds
        + " of "
        + made.checks().size()
        + " expectations hold"
        + (made.verdict() == Check.Verdict.HOLDS
            ? ""
            : made.verdict() == Check.Verdict.FAILS
                ? ", one or more do not"
                : ", others not resolved")
        + (made.converged() ? "" : "; not all runs converged");
  }

  private static Map<String, Object> detail(Made made) {
    Map<String, Object> detail = new LinkedHashMap<>();
    detail.put("name", made.page().name());
    detail.put("verdict", made.verdict().words());
    detail.put("converged", made.converged());
    detail.put("seconds", made.seconds());
    detail.put("sentence", made.findings().sentence());
    detail.put(
        "checks",
        made.checks().stream()
            .map(
                check ->
                    Map.of(
                        "expected", check.expected(),
                        "found", check.found(),
                        "verdict", check.verdict().words()))
            .toList());
    return detail;
  }
}
