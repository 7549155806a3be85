package org.richkernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.DataFile;
import org.richkernel.data.DataOrigin;
import org.richkernel.data.InvalidDataException;
import org.richkernel.limit.Classification;
import org.richkernel.limit.CoordinateRun;
import org.richkernel.limit.Diagnosis;
import org.richkernel.limit.Exponents;
import org.richkernel.limit.LimitDistance;
import org.richkernel.limit.Parametrization;
import org.richkernel.limit.Slope;
import org.richkernel.result.ParametrizationFile;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;

/**
 * A coordinate check with an answer key: activations that any framework dumped at several widths,
 * against the exponents that their declared parametrization predicts (Yang et al.,
 * arXiv:2203.03466, appendix D.1, whose check is by eye).
 *
 * @param classification of the declared parametrization
 * @param runs coordinates of the networks
 * @param diagnosis of the check
 * @param files that were read, by their names in the folder
 * @param limit distance of the networks from their limit, if requested
 */
public record CoordinateCheck(
    Classification classification,
    List<CoordinateRun> runs,
    Diagnosis diagnosis,
    Map<String, DataFile> files,
    Optional<LimitDistance> limit) {
  private static final int ENOUGH_WIDTHS = 4;
  private static final int ENOUGH_RANGE = 8;
  private static final int ENOUGH_SEEDS = 3;

  /**
   * Checks the dumps of a folder: .npz files and parametrization.json.
   *
   * @throws InvalidDataException with one line if they cannot be used
   */
  public static CoordinateCheck of(Path folder) {
    CoordinateFolder dumps = CoordinateFolder.read(folder);
    Classification classification = Classification.of(dumps.parametrization());
    Diagnosis diagnosis = Diagnosis.of(classification, dumps.runs(), dumps.decay());
    if (diagnosis.slopes().stream().noneMatch(CoordinateCheck::isOfTraining)) {
      throw new InvalidDataException(
          folder.toString(),
          "at fewer than 2 widths do its runs move, by finite numbers",
          "dump a step with a learning rate above 0, and runs that do not diverge");
    }
    return new CoordinateCheck(
        classification, dumps.runs(), diagnosis, dumps.files(), Optional.empty());
  }

  /**
   * The same with the distance to the limit that is computed for the task in parametrization.json.
   *
   * @param samples neurons of the computation
   * @param seed of them
   * @throws InvalidDataException if the file describes no task
   * @throws org.richkernel.network.InvalidProblemException if the parametrization has another limit
   */
  public static CoordinateCheck withLimit(Path folder, int samples, long seed) {
    CoordinateCheck check = of(folder);
    CoordinateFolder dumps = CoordinateFolder.read(folder);
    TrainedTask task =
        dumps
            .task()
            .orElseThrow(
                () ->
                    new InvalidDataException(
                        folder.resolve(ParametrizationFile.NAME).toString(),
                        "it describes no \"task\", whose limit could be computed",
                        "add it, or leave out --limit"));
    try (Backend backend = Backends.cpu()) {
      return new CoordinateCheck(
          check.classification(),
          check.runs(),
          check.diagnosis(),
          check.files(),
          task.distance(
              check.classification(),
              dumps.decay().isPresent(),
              check.runs(),
              samples,
              seed,
              backend));
    }
  }

  private static boolean isOfTraining(Slope slope) {
    return slope.step() > 0;
  }

  /** Warnings about too little data for the check, a line each. */
  public List<String> doubts() {
    Map<Integer, Long> networks =
        runs.stream().collect(Collectors.groupingBy(CoordinateRun::width, Collectors.counting()));
    int least = networks.keySet().stream().min(Integer::compare).orElse(1);
    int most = networks.keySet().stream().max(Integer::compare).orElse(1);
    List<String> doubts = new ArrayList<>();
    if (networks.size() < ENOUGH_WIDTHS || most < ENOUGH_RANGE * least) {
      doubts.add(
          String.format(
              Locale.ROOT,
              "%d widths from %d to %d; at least %d with a factor of %d between are needed to trust"
                  + " the slopes",
              networks.size(),
              least,
              most,
              ENOUGH_WIDTHS,
              ENOUGH_RANGE));
    }
    if (networks.values().stream().anyMatch(count -> count < ENOUGH_SEEDS)) {
      doubts.add("fewer than " + ENOUGH_SEEDS + " seeds at some width; errors are uncertain");
    }
    return doubts;
  }

  /** "as predicted", "deviates", or "not a power law in this range". */
  public String verdict() {
    return switch (diagnosis.mistake()) {
      case NONE -> "as predicted";
      case NO_POWER_LAW -> diagnosis.mistake().label();
      default -> "deviates";
    };
  }

  /** The slopes and the diagnosis as plain text. */
  public List<String> lines() {
    Parametrization p = classification.parametrization();
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "declared          %s, L = %d, a %s, b %s, c %s: %s",
            p.optimizer().id(),
            p.depth(),
            Exponents.text(p.a()),
            Exponents.text(p.b()),
            Exponents.text(p.c()),
            classification.verdict().label()));
    lines.addAll(SlopeTable.lines(diagnosis.slopes()));
    limit.ifPresent(distance -> lines.addAll(lines(distance)));
    lines.add("verdict           " + verdict());
    lines.add("finding           " + diagnosis.sentence());
    return lines;
  }

  private static List<String> lines(LimitDistance limit) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT, "distance to the limit, |f - f_inf| after step %d", limit.step()));
    for (LimitDistance.Row row : limit.rows()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  width %-10d%.4f +- %.4f, %d networks",
              row.width(),
              row.distance(),
              row.standardError(),
              row.networks()));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "  falls as n^%.2f +- %.2f where n^-1/2 is predicted%s; f_inf is known to %.4f",
            limit.law().slope(),
            limit.law().slopeStandardError(),
            limit.tendsToLimit() ? "" : ": these networks tend elsewhere",
            limit.limitStandardError()));
    return lines;
  }

  private static Map<String, Object> described(LimitDistance limit) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("step", limit.step());
    json.put("slope", limit.law().slope());
    json.put("slopeStandardError", limit.law().slopeStandardError());
    json.put("predicted", "-1/2");
    json.put("tendsToLimit", limit.tendsToLimit());
    json.put("limitStandardError", limit.limitStandardError());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (LimitDistance.Row row : limit.rows()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("width", row.width());
      one.put("networks", row.networks());
      one.put("distance", row.distance());
      one.put("distanceStandardError", row.standardError());
      rows.add(one);
    }
    json.put("widths", rows);
    return json;
  }

  /**
   * The check as a result folder holds it: verdict, likelyMistake and layer (where one is found),
   * finding, slopes; arrays width, size and size_log_standard_error.
   *
   * @param config the options to record, in order
   * @param seconds wall-clock time
   */
  public Result result(Map<String, ?> config, double seconds) {
    Parametrization p = classification.parametrization();
    Map<String, Object> declared = new LinkedHashMap<>();
    declared.put("optimizer", p.optimizer().id());
    declared.put("depth", p.depth());
    declared.put("a", p.a().stream().map(Exponents::text).toList());
    declared.put("b", p.b().stream().map(Exponents::text).toList());
    declared.put("c", p.c().stream().map(Exponents::text).toList());
    declared.put("verdict", classification.verdict().label());
    Summary.Builder summary =
        Summary.builder("check", config)
            .data(new DataOrigin(files, Map.of()))
            .converged(true)
            .seconds("total", seconds)
            .detail("parametrization", declared)
            .detail("runs", runs.size())
            .detail("verdict", verdict())
            .detail("likelyMistake", diagnosis.likely())
            .detail("finding", diagnosis.sentence())
            .detail("doubts", doubts());
    if (diagnosis.layer() > 0) {
      summary.detail("layer", diagnosis.layer());
    }
    diagnosis.evidence().ifPresent(slope -> summary.detail("quantity", slope.quantity().id()));
    limit.ifPresent(distance -> summary.detail("distanceToLimit", described(distance)));
    SlopeTable.add(summary, diagnosis.slopes());
    return SlopeTable.add(Result.of(summary.build()), diagnosis.slopes());
  }

  /**
   * Writes the result folder.
   *
   * @throws java.io.UncheckedIOException if a file cannot be written; nothing half-written stays
   */
  public void save(Path folder, Map<String, ?> config, double seconds) {
    ResultFolder.write(folder, result(config, seconds));
  }
}
