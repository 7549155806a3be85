package org.richkernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.richkernel.compute.BackendInfo;
import org.richkernel.data.DataOrigin;
import org.richkernel.limit.fewshot.FewShotExperiment.Learned;
import org.richkernel.limit.fewshot.FewShotExperiment.Trial;
import org.richkernel.result.PeakMemory;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;
import org.richkernel.study.FewShotScores.Group;
import org.richkernel.study.FewShotScores.Score;

/**
 * Result of the models of few-shot learning.
 *
 * @param problem of the training
 * @param learned each model in order
 * @param backend that it was computed on
 * @param memory most bytes held at once
 * @param checkpointSeconds wall-clock time that went into checkpoints
 */
public record FewShotFit(
    FewShot problem,
    List<Learned> learned,
    BackendInfo backend,
    PeakMemory memory,
    double checkpointSeconds) {

  private List<Integer> marks() {
    return problem.experiment().schedule().evaluateAt();
  }

  private FewShotScores scores() {
    return new FewShotScores(learned);
  }

  /** Whether no model left the finite numbers. */
  public boolean converged() {
    return diverged().isEmpty();
  }

  /** Names of the models that left the finite numbers. */
  public List<String> diverged() {
    return learned.stream()
        .filter(one -> !one.curve().isFinite())
        .map(one -> one.model().name())
        .distinct()
        .toList();
  }

  /** Accuracies, paired differences and the order that they resolve, as plain text. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    List<Group> groups = scores().groups();
    StringBuilder header = new StringBuilder(String.format(Locale.ROOT, "%-12s", "accuracy"));
    marks().forEach(mark -> header.append(String.format(Locale.ROOT, "%16d", mark)));
    lines.add(header.append(" meta-steps").toString());
    for (Group group : groups) {
      StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-12s", group.name()));
      for (int m = 0; m < marks().size(); m++) {
        row.append(cell(group.accuracy(m), "%.3f"));
      }
      lines.add(row.toString());
    }
    if (groups.size() > 1) {
      lines.add("paired difference to " + groups.get(0).name() + " on shared tasks");
      for (Group group : groups.subList(1, groups.size())) {
        StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-12s", group.name()));
        for (int m = 0; m < marks().size(); m++) {
          row.append(cell(group.over(groups.get(0), m), "%+.4f"));
        }
        lines.add(row.toString());
      }
      lines.add("order of neighbours, = where their paired difference is within its 95 % interval");
      for (int m = 0; m < marks().size(); m++) {
        lines.add(String.format(Locale.ROOT, "%-12d%s", marks().get(m), scores().order(m)));
      }
    }
    return lines;
  }

  private static String cell(Score score, String format) {
    String half = format.replace("+", "");
    return String.format(
        Locale.ROOT,
        "%16s",
        Double.isFinite(score.value())
            ? String.format(Locale.ROOT, format, score.value())
                + " +-"
                + String.format(Locale.ROOT, half, score.halfWidth()).replaceFirst("^0", "")
            : "diverged");
  }

  /**
   * The result. In the summary: accuracy (model, metaStep, its standard error), differences to the
   * first model, the order that they resolve, and curves (rates, and the trials that chose them).
   * Arrays: meta_step (evaluations), accuracy_by_task (curves x evaluations x tasks), loss and
   * gradient_norm (curves x meta-steps).
   *
   * @param config the options to record, in order
   * @param seconds wall-clock time
   * @param readSeconds part of the time spent on reading
   */
  public Result result(Map<String, ?> config, double seconds, double readSeconds) {
    Summary.Builder summary =
        Summary.builder("few-shot", config)
            .data(
                new DataOrigin(
                    problem.images().files(), Map.of("images", problem.images().checksum())))
            .backend(backend)
            .seed(problem.experiment().options().seed())
            .converged(converged())
            .iterations(problem.experiment().options().metaSteps())
            .seconds("total", seconds)
            .seconds("io", readSeconds + checkpointSeconds)
            .peakBytes(memory)
            .detail("classes", classes())
            .detail("accuracy", accuracies())
            .detail("differences", differences())
            .detail("order", orders())
            .detail("curves", curves());
    int steps = problem.experiment().options().metaSteps();
    int tasks = problem.experiment().options().evaluationTasks();
    double[] byTask = new double[learned.size() * marks().size() * tasks];
    double[] losses = new double[learned.size() * steps];
    double[] norms = new double[learned.size() * steps];
    for (int c = 0; c < learned.size(); c++) {
      for (int m = 0; m < marks().size(); m++) {
        System.arraycopy(
            learned.get(c).curve().accuracies().get(m),
            0,
            byTask,
            (c * marks().size() + m) * tasks,
            tasks);
      }
      System.arraycopy(learned.get(c).curve().losses(), 0, losses, c * steps, steps);
      System.arraycopy(learned.get(c).curve().norms(), 0, norms, c * steps, steps);
    }
    return Result.of(summary.build())
        .with("meta_step", marks().stream().mapToDouble(m -> m).toArray(), marks().size())
        .with("accuracy_by_task", byTask, learned.size(), marks().size(), tasks)
        .with("loss", losses, learned.size(), steps)
        .with("gradient_norm", norms, learned.size(), steps);
  }

  private Map<String, Object> classes() {
    FewShot.Split split = problem.split();
    Map<String, Object> classes = new LinkedHashMap<>();
    classes.put("train", split.train());
    classes.put("tune", split.tune());
    classes.put("evaluation", problem.images().count() - split.train() - split.tune());
    classes.put("turns", split.rotations() ? 4 : 1);
    classes.put("pixels", problem.images().pixels());
    return classes;
  }

  private List<Map<String, Object>> accuracies() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Group group : scores().groups()) {
      for (int m = 0; m < marks().size(); m++) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("model", group.name());
        row.put("networks", group.members().size());
        row.put("metaStep", marks().get(m));
        row.put("accuracy", group.accuracy(m).value());
        row.put("accuracyStandardError", group.accuracy(m).error());
        rows.add(row);
      }
    }
    return rows;
  }

  private List<Map<String, Object>> differences() {
    List<Map<String, Object>> rows = new ArrayList<>();
    List<Group> groups = scores().groups();
    for (Group group : groups.subList(1, groups.size())) {
      for (int m = 0; m < marks().size(); m++) {
        Score score = group.over(groups.get(0), m);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("model", group.name());
        row.put("from", groups.get(0).name());
        row.put("metaStep", marks().get(m));
        row.put("difference", score.value());
        row.put("differenceStandardError", score.error());
        row.put("resolved", score.isResolved());
        rows.add(row);
      }
    }
    return rows;
  }

  private List<Map<String, Object>> orders() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int m = 0; m < marks().size(); m++) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("metaStep", marks().get(m));
      row.put("order", scores().order(m));
      rows.add(row);
    }
    return rows;
  }

  private List<Map<String, Object>> curves() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Learned one : learned) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("model", one.model().name());
      row.put("repeat", one.model().repeat());
      row.put("innerRate", one.curve().rates().inner());
      row.put("metaRate", one.curve().rates().meta());
      row.put("finite", one.curve().isFinite());
      List<Map<String, Object>> trials = new ArrayList<>();
      for (Trial trial : one.trials()) {
        Map<String, Object> tried = new LinkedHashMap<>();
        tried.put("innerRate", trial.rates().inner());
        tried.put("metaRate", trial.rates().meta());
        tried.put("accuracy", trial.accuracy());
        trials.add(tried);
      }
      row.put("trials", trials);
      rows.add(row);
    }
    return rows;
  }

  /**
   * Writes the result folder.
   *
   * @throws java.io.UncheckedIOException if a file cannot be written; nothing half-written stays
   */
  public void save(Path folder, Map<String, ?> config, double seconds, double readSeconds) {
    ResultFolder.write(folder, result(config, seconds, readSeconds));
  }
}
