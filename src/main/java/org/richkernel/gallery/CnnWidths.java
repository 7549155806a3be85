package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.data.Table;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Training of convolutional networks of several widths at fixed richness. */
final class CnnWidths implements Page {
  private static final String NETWORK = "--method=gd --convolutions=3x3/2,3x3/2 --activation=tanh";

  @Override
  public String name() {
    return "cnn-widths";
  }

  @Override
  public String title() {
    return "Convolutional networks at fixed richness";
  }

  @Override
  public String source() {
    return "arXiv:2205.09653, losses and kernels of convolutional networks over training, for"
        + " several widths";
  }

  @Override
  public String shows() {
    return "At fixed richness gamma the course of the loss and of the kernels of a convolutional"
        + " network hardly depends on its width; gamma sets how far the kernels move. The paper uses"
        + " CIFAR; here is the data of this gallery.";
  }

  @Override
  public List<Run> runs(Size size) {
    return List.of(
        Run.onData(
            "networks",
            "sweep --over=gamma=0.2,1.5 --over=width=%s finite %s %s --repeats=%s",
            size.of("8,32", "16,64,256", "32,128,512,2048"),
            NETWORK,
            size.of(
                "--pool-input=4 --train-size=6 --test-size=20 --steps=8 --step-size=0.1"
                    + " --record-every=2",
                "--pool-input=4 --train-size=20 --test-size=200 --steps=50 --step-size=0.05"
                    + " --record-every=5",
                "--train-size=100 --test-size=1000 --steps=200 --step-size=0.01"
                    + " --record-every=10"),
            size.of("4", "24", "32")));
  }

  @Override
  public Findings findings(Results results) {
    List<Results.Swept> runs = results.swept("networks");
    String richness = runs.get(runs.size() - 1).option("gamma");
    List<Results.Swept> rich =
        runs.stream().filter(run -> run.option("gamma").equals(richness)).toList();
    List<Results.Swept> lazy =
        runs.stream().filter(run -> !run.option("gamma").equals(richness)).toList();
    Curve moved = Curve.of(rich, "width", run -> movement(run.result()));
    Curve hardly = Curve.of(lazy, "width", run -> movement(run.result()));
    Curve loss = Curve.of(rich, "width", run -> Measured.loss(run.summary().train().orElseThrow()));
    Curve lazyLoss =
        Curve.of(lazy, "width", run -> Measured.loss(run.summary().train().orElseThrow()));
    String small = lazy.get(0).option("gamma");
    List<Check> checks = new ArrayList<>();
    checks.add(
        Check.less(
            "The last layer's kernel moves further at gamma "
                + richness
                + " than at "
                + small
                + ".",
            "gamma " + small,
            hardly.last(),
            "gamma " + richness,
            moved.last()));
    checks.add(
        same(
            "Its movement at gamma "
                + richness
                + " is the same for the two widest networks,"
                + " within a tenth of what gamma changes.",
            moved,
            Math.abs(moved.last().minus(hardly.last()).value()) / 10));
    checks.add(
        same(
            "So is the training loss at the end, within a quarter of what gamma changes.",
            loss,
            Math.abs(loss.last().minus(lazyLoss.last()).value()) / 4));
    return new Findings(
        "At gamma "
            + richness
            + " the last kernel moves by "
            + moved.last().text()
            + " at width "
            + Numbers.brief(moved.lastX())
            + " and "
            + beforeLast(moved).text()
            + " at width "
            + Numbers.brief(moved.xs()[moved.xs().length - 2])
            + ", at gamma "
            + small
            + " by "
            + hardly.last().text()
            + ".",
        List.of(
            Section.ofFigures(
                "figures",
                "Networks of several widths",
                "",
                List.of(
                    course("loss_train_t", "time", "training loss", rich, lazy, richness, small),
                    movements(moved, hardly, richness, small),
                    course("loss_test_t", "time", "test loss", rich, lazy, richness, small)))),
        checks);
  }

  /** |Phi(T) - Phi(0)| / |Phi(0)| of the last layer. */
  private static Measured movement(Result result) {
    Table movement = Readings.array(result, "movement_t");
    Table errors = Readings.array(result, "movement_t_standard_error");
    int row = movement.rows() - 1;
    int column = movement.columns() - 1;
    return new Measured(movement.get(row, column), errors.get(row, column));
  }

  private static Measured beforeLast(Curve curve) {
    return curve.ys().get(curve.ys().size() - 2);
  }

  private static Check same(String expected, Curve curve, double allowance) {
    return Check.near(
        expected,
        "width " + Numbers.brief(curve.xs()[curve.xs().length - 2]),
        beforeLast(curve),
        "width " + Numbers.brief(curve.lastX()),
        curve.last(),
        allowance);
  }

  private static Figure course(
      String name,
      String time,
      String label,
      List<Results.Swept> rich,
      List<Results.Swept> lazy,
      String richness,
      String small) {
    Plot plot = new Plot(label + " over time", "training time", label).size(460, 340).logY();
    for (int i = 0; i < rich.size(); i++) {
      Result result = rich.get(i).result();
      plot.lineWithErrors(
          "width " + rich.get(i).option("width"),
          "c" + i,
          Readings.array(result, time).values(),
          Readings.array(result, name).values(),
          Readings.errors(result, name));
      Result other = lazy.get(i).result();
      plot.dashed(
          "", "c" + i, Readings.array(other, time).values(), Readings.array(other, name).values());
    }
    return new Figure(
        plot,
        "Lines: gamma "
            + richness
            + ", with bands of one standard error over networks. Dashed:"
            + " gamma "
            + small
            + ".");
  }

  private static Figure movements(Curve moved, Curve hardly, String richness, String small) {
    Plot plot =
        new Plot("Movement of the last kernel", "width", "|\u0394\u03a6| / |\u03a6|")
            .size(460, 340)
            .logX();
    moved.line(plot, "gamma " + richness, "adaptive");
    hardly.line(plot, "gamma " + small, "lazy");
    return new Figure(plot, "From the start to the end of training, means over networks.");
  }
}
