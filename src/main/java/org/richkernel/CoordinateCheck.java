package org.richkernel;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.richkernel.data.DataFile;
import org.richkernel.data.DataOrigin;
import org.richkernel.data.InvalidDataException;
import org.richkernel.limit.Classification;
import org.richkernel.limit.CoordinateRun;
import org.richkernel.limit.Diagnosis;
import org.richkernel.limit.Exponents;
import org.richkernel.limit.Parametrization;
import org.richkernel.limit.Slope;
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
 * @param diagnosis what was found
 * @param files that were read, by their names in the folder
 */
public record CoordinateCheck(
    Classification classification,
    List<CoordinateRun> runs,
    Diagnosis diagnosis,
    Map<String, DataFile> files) {
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
    return new CoordinateCheck(classification, dumps.runs(), diagnosis, dumps.files());
  }

  private static boolean isOfTraining(Slope slope) {
    return slope.step() > 0;
  }

  /** What there is too little of for a sound judgement, a line each. */
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

  /** The slopes and what follows from them, as plain text. */
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
    lines.add("verdict           " + verdict());
    lines.add("finding           " + diagnosis.sentence());
    return lines;
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
