package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;
import org.richkernel.sampling.IndependentEstimates;

/** Few-shot accuracies of networks of several widths, their exact limit, and kernels. */
final class FewShot implements Page {
  private static final String LIMIT = "inf";

  @Override
  public String name() {
    return "few-shot";
  }

  @Override
  public String title() {
    return "Few-shot learning over the width";
  }

  @Override
  public String source() {
    return "arXiv:2011.14522, meta-learning (first-order MAML) at finite widths, in the limit, and"
        + " with the kernels";
  }

  @Override
  public String shows() {
    return "Networks learn to learn from a few images; wider ones do better and approach the exact"
        + " limit of infinite width, which learns features. The NNGP and NTK, which learn none, fall"
        + " behind. The paper uses Omniglot; here are random strokes.";
  }

  @Override
  public List<Run> runs(Size size) {
    return List.of(
        Run.of(
            "runs",
            "few-shot --images=%s/strokes.npz --widths=inf,%s --kernels=nngp,ntk --meta-steps=%s"
                + " --evaluate-at=%s --evaluation-tasks=%s%s",
            Run.TEST_DATA,
            size.of("8", "512,32,8", "2048,512,128,32,8"),
            size.of("20", "300", "3000"),
            size.of("0,20", "0,100,300", "0,100,300,1000,3000"),
            size.of("60", "500", "4000"),
            size.of(" --train-classes=10 --no-rotations", "", "")));
  }

  /** Accuracies by task: curves x marks x tasks. */
  private record Scores(List<String> models, double[] marks, double[] values) {
    static Scores of(Result result) {
      if (!(result.summary().details().get("curves") instanceof List<?> rows)) {
        throw new InvalidDataException(
            "result of few-shot",
            "it names no curves",
            "remove its folder and make the page again");
      }
      List<String> models = new ArrayList<>();
      for (Object row : rows) {
        models.add(String.valueOf(((Map<?, ?>) row).get("model")));
      }
      Table table = Readings.array(result, "accuracy_by_task");
      return new Scores(models, Readings.array(result, "meta_step").values(), table.values());
    }

    int tasks() {
      return values.length / models.size() / marks.length;
    }

    double[] of(int model, int mark) {
      int from = (model * marks.length + mark) * tasks();
      return Arrays.copyOfRange(values, from, from + tasks());
    }

    double[] last(String model) {
      return of(models.indexOf(model), marks.length - 1);
    }
  }

  private static Measured mean(double[] values) {
    return new Measured(
        IndependentEstimates.mean(values), IndependentEstimates.standardError(values));
  }

  /** Mean of a - b over the same tasks. */
  private static Measured paired(double[] a, double[] b) {
    double[] difference = new double[a.length];
    Arrays.setAll(difference, i -> a[i] - b[i]);
    return mean(difference);
  }

  @Override
  public Findings findings(Results results) {
    Scores scores = Scores.of(results.of("runs"));
    int end = scores.marks().length - 1;
    String steps = " after " + Numbers.brief(scores.marks()[end]) + " meta-steps";
    double[] limit = scores.last(LIMIT);
    List<String> widths =
        scores.models().stream().filter(model -> model.matches("[0-9]+")).toList();
    String widest = widths.get(0);
    String narrowest = widths.get(widths.size() - 1);
    List<Check> checks = new ArrayList<>();
    checks.add(
        above(
            "Meta-learning raises the accuracy of the limit on new classes.",
            "gain",
            paired(limit, scores.of(scores.models().indexOf(LIMIT), 0))));
    for (String kernel : List.of("nngp", "ntk")) {
      checks.add(
          above(
              "The limit is above the " + kernel.toUpperCase(java.util.Locale.ROOT) + steps + ".",
              "difference on the same tasks",
              paired(limit, scores.last(kernel))));
    }
    checks.add(
        above(
            "It is above networks of width " + narrowest + steps + ".",
            "difference on the same tasks",
            paired(limit, scores.last(narrowest))));
    Measured apart = paired(limit, scores.last(widest));
    checks.add(
        Check.atMost(
            "Networks of width " + widest + " are within 0.02 of the limit" + steps + ".",
            "difference on the same tasks " + apart.text(),
            apart.size(),
            0.02));
    return new Findings(
        "The limit has an accuracy of "
            + mean(limit).text()
            + steps
            + ", the NTK "
            + mean(scores.last("ntk")).text()
            + ", width "
            + narrowest
            + " "
            + mean(scores.last(narrowest)).text()
            + ".",
        List.of(
            Section.ofFigures("figures", "Widths, limit and kernels", "", List.of(figure(scores)))),
        checks);
  }

  private static Check above(String expected, String what, Measured difference) {
    return Check.atMost(expected, what + " " + difference.text(), difference.times(-1), 0);
  }

  private static Figure figure(Scores scores) {
    Plot plot =
        new Plot("Accuracy on new classes", "meta-steps", "accuracy, 5 ways, 1 shot")
            .size(560, 380);
    for (int i = 0; i < scores.models().size(); i++) {
      String model = scores.models().get(i);
      List<Measured> means = new ArrayList<>();
      for (int mark = 0; mark < scores.marks().length; mark++) {
        means.add(mean(scores.of(i, mark)));
      }
      String name =
          model.matches("[0-9]+") ? "width " + model : model.equals(LIMIT) ? "limit" : model;
      new Curve(scores.marks(), means).line(plot, name, model.equals(LIMIT) ? "adaptive" : "c" + i);
    }
    return new Figure(
        plot,
        "Means over the evaluation tasks with one standard error; all models see the same tasks, so"
            + " differences are clearer than the errors tell.");
  }
}
