package org.richkernel.result;

import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.richkernel.data.AtomicFile;
import org.richkernel.sampling.IndependentEstimates;

/**
 * Finished runs of one command over a grid of options, merged into one table: a row for each run,
 * and for each setting the means over its seeds.
 *
 * @param command that was run
 * @param names options that differ, in the order of the grid
 * @param expected number of runs of the grid
 */
public record MergedRuns(String command, List<String> names, int expected, List<Run> runs) {
  /** Name of the table of runs in the folder of the sweep. */
  public static final String TABLE = "sweep.csv";

  private static final String SEED = "seed";
  private static final String ERROR = "StandardError";
  private static final String SECONDS = "seconds";

  /**
   * A finished run.
   *
   * @param folder its name within the folder of the sweep
   * @param options values of the options that differ
   */
  public record Run(int index, String folder, Map<String, String> options, Summary summary) {}

  /** Takes a copy of the runs. */
  public MergedRuns {
    names = List.copyOf(names);
    runs = List.copyOf(runs);
  }

  /** Whether every run of the grid is there and converged. */
  public boolean converged() {
    return runs.size() == expected && runs.stream().allMatch(run -> run.summary().converged());
  }

  /** Data options whose file was not the same in all runs, by its checksum. */
  public Set<String> changedFiles() {
    Map<String, String> first = new LinkedHashMap<>();
    Set<String> changed = new TreeSet<>();
    for (Run run : runs) {
      run.summary()
          .provenance()
          .ifPresent(
              provenance ->
                  provenance
                      .data()
                      .files()
                      .forEach(
                          (option, file) -> {
                            String before = first.putIfAbsent(option, file.sha256());
                            boolean swept = names.contains(option);
                            if (!swept && before != null && !before.equals(file.sha256())) {
                              changed.add(option);
                            }
                          }));
    }
    return changed;
  }

  /**
   * Whether runs that differ in their seed alone have the same numbers to the last bit, wherever
   * two of them converged: their scatter is then no error.
   */
  public boolean seedChangesNothing() {
    List<List<Map<String, Double>>> repeated =
        settings().values().stream()
            .map(MergedRuns::convergedNumbers)
            .filter(found -> found.size() > 1)
            .toList();
    repeated.forEach(found -> found.forEach(numbers -> numbers.remove(SECONDS)));
    return !repeated.isEmpty()
        && repeated.stream().allMatch(found -> found.stream().distinct().count() == 1);
  }

  /** Whether runs that differ in their seed have other random points of the same files. */
  public boolean seedDrawsPoints() {
    return names.contains(SEED)
        && runs.stream().anyMatch(run -> Boolean.TRUE.equals(run.summary().config().get("random")));
  }

  /** Writes summary.json and the table of runs. */
  public void save(Path folder, Map<String, ?> config, double seconds) {
    ResultFolder.prepare(folder);
    AtomicFile.write(folder.resolve(TABLE), csv().getBytes(StandardCharsets.UTF_8));
    ResultFolder.write(folder, Result.of(summary(config, seconds)));
  }

  private Summary summary(Map<String, ?> config, double seconds) {
    return Summary.builder("sweep", config)
        .converged(converged())
        .iterations(runs.size())
        .seconds("total", seconds)
        .detail("expectedRuns", expected)
        .detail("seedChangesNothing", seedChangesNothing())
        .detail("seedDrawsPoints", seedDrawsPoints())
        .detail("means", means())
        .detail("runs", rows())
        .build();
  }

  private List<Map<String, Object>> rows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Run run : runs) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("index", run.index());
      row.put("folder", run.folder());
      row.put("options", run.options());
      row.put("converged", run.summary().converged());
      row.put("numbers", numbers(run.summary()));
      rows.add(row);
    }
    return rows;
  }

  /** Runs by the values of their options without the seed. */
  private Map<Map<String, String>, List<Run>> settings() {
    Map<Map<String, String>, List<Run>> settings = new LinkedHashMap<>();
    for (Run run : runs) {
      Map<String, String> setting = new LinkedHashMap<>(run.options());
      setting.remove(SEED);
      settings.computeIfAbsent(setting, key -> new ArrayList<>()).add(run);
    }
    return settings;
  }

  private static List<Map<String, Double>> convergedNumbers(List<Run> runs) {
    return runs.stream()
        .map(Run::summary)
        .filter(Summary::converged)
        .map(MergedRuns::numbers)
        .toList();
  }

  /**
   * For each setting of the options without the seed: the mean over the runs that converged. Its
   * standard error comes from their scatter, with Student's factor; a single run keeps its own, and
   * so do runs with equal numbers, which say no more than one.
   */
  private List<Map<String, Object>> means() {
    List<Map<String, Object>> means = new ArrayList<>();
    settings()
        .forEach(
            (setting, members) -> {
              List<Map<String, Double>> found = convergedNumbers(members);
              Map<String, Object> mean = new LinkedHashMap<>();
              mean.put("options", setting);
              mean.put("runs", members.size());
              mean.put("converged", found.size());
              mean.put("numbers", mean(found));
              means.add(mean);
            });
    return means;
  }

  private static Map<String, Double> mean(List<Map<String, Double>> found) {
    Map<String, Double> mean = new LinkedHashMap<>();
    for (String name : columns(found)) {
      double[] values =
          found.stream()
              .filter(numbers -> numbers.containsKey(name))
              .mapToDouble(numbers -> numbers.get(name))
              .toArray();
      if (name.endsWith(ERROR) || values.length < found.size()) {
        continue;
      }
      mean.put(name, IndependentEstimates.mean(values));
      boolean scattered = Arrays.stream(values).distinct().count() > 1;
      double error =
          scattered
              ? IndependentEstimates.standardError(values)
              : found.get(0).getOrDefault(name + ERROR, Double.NaN);
      if (Double.isFinite(error)) {
        mean.put(name + ERROR, error);
      }
    }
    return mean;
  }

  private static Set<String> columns(List<Map<String, Double>> rows) {
    Set<String> columns = new LinkedHashSet<>();
    rows.forEach(row -> columns.addAll(row.keySet()));
    return columns;
  }

  /** The numbers of a summary by name, without absent ones. */
  private static Map<String, Double> numbers(Summary summary) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    TrainedLoss trained = TrainedLoss.of(summary);
    putScores(numbers, "train", summary.train(), trained.kind(), trained.train());
    putScores(numbers, "test", summary.test(), trained.kind(), trained.test());
    summary.lazy().forEach((set, score) -> put(numbers, "lazy." + set, score));
    for (LayerSummary layer : summary.layers()) {
      String name = "layer" + layer.layer();
      put(numbers, name + ".alignment", layer.alignment(), layer.alignmentStandardError());
      put(numbers, name + ".trace", layer.trace(), layer.traceStandardError());
    }
    summary
        .details()
        .forEach(
            (name, value) -> {
              if (value instanceof Number number) {
                numbers.put(name, number.doubleValue());
              }
            });
    put(numbers, "residual", summary.residual(), summary.residualStandardError());
    summary.seconds().entrySet().stream()
        .filter(part -> part.getKey().equals("total"))
        .forEach(part -> numbers.put(SECONDS, part.getValue()));
    return numbers;
  }

  /** Squared errors and accuracy, and the loss that was trained, which may be the former. */
  private static void putScores(
      Map<String, Double> numbers,
      String set,
      Optional<Score> squared,
      TrainedLoss.Kind kind,
      Optional<Score> trained) {
    squared.ifPresent(score -> put(numbers, set, score));
    trained.ifPresent(
        score -> put(numbers, set + "." + kind.key(), score.loss(), score.lossStandardError()));
  }

  private static void put(Map<String, Double> numbers, String set, Score score) {
    put(numbers, set + ".loss", score.loss(), score.lossStandardError());
    put(numbers, set + ".accuracy", score.accuracy(), score.accuracyStandardError());
  }

  private static void put(
      Map<String, Double> numbers, String name, OptionalDouble value, OptionalDouble error) {
    value.ifPresent(x -> numbers.put(name, x));
    error.ifPresent(x -> numbers.put(name + ERROR, x));
  }

  /** The table of runs, comma-separated, with a header. */
  String csv() {
    List<Map<String, Double>> found = runs.stream().map(run -> numbers(run.summary())).toList();
    Set<String> columns = columns(found);
    List<String> header = new ArrayList<>(List.of("index", "folder"));
    header.addAll(names);
    header.add("converged");
    header.addAll(columns);
    StringWriter text = new StringWriter();
    try (CsvWriter csv = CsvWriter.builder().build(text)) {
      csv.writeRecord(header);
      for (int i = 0; i < runs.size(); i++) {
        csv.writeRecord(cells(runs.get(i), found.get(i), columns));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a table in memory cannot be written", e);
    }
    return text.toString();
  }

  private List<String> cells(Run run, Map<String, Double> numbers, Set<String> columns) {
    List<String> cells = new ArrayList<>(List.of(Integer.toString(run.index()), run.folder()));
    names.forEach(name -> cells.add(run.options().getOrDefault(name, "")));
    cells.add(Boolean.toString(run.summary().converged()));
    for (String column : columns) {
      Double value = numbers.get(column);
      cells.add(value == null ? "" : value.toString());
    }
    return cells;
  }
}
