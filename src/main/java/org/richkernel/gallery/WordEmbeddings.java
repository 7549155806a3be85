package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.data.Table;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Analogies of word embeddings over the width, and in the exact limit. */
final class WordEmbeddings implements Page {
  @Override
  public String name() {
    return "word2vec";
  }

  @Override
  public String title() {
    return "Word embeddings over the width";
  }

  @Override
  public String source() {
    return "arXiv:2011.14522, accuracy of word analogies at finite widths and in the limit";
  }

  @Override
  public String shows() {
    return "Embeddings of wider networks answer more analogies and approach those of the exact limit"
        + " of infinite width; in a kernel limit embeddings would not move from their random start,"
        + " which answers next to none. The paper uses text8 and fil9; here is a short sample.";
  }

  @Override
  public List<Run> runs(Size size) {
    return List.of(
        Run.of(
            "runs",
            "word2vec --text=%s/web-sample.txt.gz --analogies=%s/web-sample-analogies.txt.gz"
                + " --widths=inf,%s --min-count=%s --epochs=%s --no-embeddings",
            Run.TEST_DATA,
            Run.TEST_DATA,
            size.of("16", "256,64,16", "1024,256,64,16"),
            size.of("100", "10", "5"),
            size.of("1", "5", "15")));
  }

  @Override
  public Findings findings(Results results) {
    Result result = results.of("runs");
    double[] widths = Readings.array(result, "width").values();
    double[] epochs = Readings.array(result, "epoch").values();
    int end = epochs.length - 1;
    int narrowest = widths.length - 1;
    Measured limit = at(result, "accuracy", 0, end);
    Measured gap = at(result, "difference", narrowest, end);
    List<Check> checks = new ArrayList<>();
    checks.add(
        Check.less(
            "Training makes the limit answer more analogies than its start, where embeddings have"
                + " not moved.",
            "start",
            at(result, "accuracy", 0, 0),
            "end",
            limit));
    checks.add(
        Check.atMost(
            "The limit answers more than width " + Numbers.brief(widths[narrowest]) + ".",
            "difference on the same questions " + gap.text(),
            gap.times(-1),
            0));
    if (widths.length > 2) {
      Measured close = at(result, "difference", 1, end);
      checks.add(
          Check.less(
              "Width "
                  + Numbers.brief(widths[1])
                  + " is closer to the limit than width "
                  + Numbers.brief(widths[narrowest])
                  + ".",
              "difference",
              close.size(),
              "and",
              gap.size()));
    }
    return new Findings(
        "The limit answers "
            + limit.text()
            + " of the analogies, width "
            + Numbers.brief(widths[narrowest])
            + " "
            + at(result, "accuracy", narrowest, end).text()
            + ".",
        List.of(
            Section.ofFigures(
                "figures",
                "Widths and limit",
                "Errors are a jackknife over the pairs of words that the questions share.",
                List.of(courses(result, widths, epochs), losses(result, widths)))),
        checks);
  }

  private static Measured at(Result result, String name, int row, int column) {
    return new Measured(
        Readings.array(result, name).get(row, column),
        Readings.array(result, name + "_standard_error").get(row, column));
  }

  private static String name(double width) {
    return Double.isInfinite(width) ? "limit" : "width " + Numbers.brief(width);
  }

  private static Figure courses(Result result, double[] widths, double[] epochs) {
    Plot plot = new Plot("Analogies answered", "epochs", "accuracy").size(460, 340);
    for (int row = 0; row < widths.length; row++) {
      List<Measured> accuracies = new ArrayList<>();
      for (int epoch = 0; epoch < epochs.length; epoch++) {
        accuracies.add(at(result, "accuracy", row, epoch));
      }
      new Curve(epochs, accuracies)
          .line(plot, name(widths[row]), row == 0 ? "adaptive" : "c" + row);
    }
    return new Figure(
        plot,
        "Share of the analogies that are answered, with one standard error. All widths answer the"
            + " same questions: differences are clearer than the errors tell.");
  }

  private static Figure losses(Result result, double[] widths) {
    Plot plot = new Plot("Training loss", "epochs", "loss").size(460, 340);
    Table loss = Readings.array(result, "loss");
    for (int row = 0; row < widths.length; row++) {
      double[] values = new double[loss.columns()];
      int of = row;
      Arrays.setAll(values, epoch -> loss.get(of, epoch));
      plot.line(
          name(widths[row]),
          row == 0 ? "adaptive" : "c" + row,
          Plot.counting(1, values.length),
          values);
    }
    return new Figure(plot, "Mean loss of each epoch, with the same draws at every width.");
  }
}
