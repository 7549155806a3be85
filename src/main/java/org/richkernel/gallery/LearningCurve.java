package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.sampling.IndependentEstimates;

/** Test losses of the adaptive and the initial kernel over the number of training points. */
final class LearningCurve implements Page {
  private static final String NETWORK = "--hidden-layers=1 --activation=tanh --gamma=1 --beta=10";
  private static final String POINTS = "train-size";

  @Override
  public String name() {
    return "learning-curve";
  }

  @Override
  public String title() {
    return "Learning curves";
  }

  @Override
  public String source() {
    return "arXiv:2502.07998, test loss of adaptive and lazy kernels over the number of training"
        + " points";
  }

  @Override
  public String shows() {
    return "With more training points the test loss falls, and that of the adaptive kernel stays"
        + " below that of the kernel at initialisation. Finite networks follow the adaptive one.";
  }

  @Override
  public List<Run> runs(Size size) {
    String test = size.of("--test-size=40", "--test-size=400", "--test-size=1000");
    return List.of(
        Run.onData(
            "theory",
            "sweep --over=train-size=%s --over=seed=%s bayes %s %s --samples=%s",
            size.of("10,20", "10,20,40,80,160", "10,20,40,80,160,320,640"),
            size.of("0..1", "0..2", "0..4"),
            NETWORK,
            test,
            size.of("160", "800", "4000")),
        Run.onData(
            "networks",
            "sweep --over=train-size=%s --over=seed=%s finite --method=langevin %s %s --width=%s",
            size.of("20", "10,40,80", "10,40,160,640"),
            size.of("0..1", "0..2", "0..4"),
            NETWORK,
            test,
            size.of("64", "512", "2048")));
  }

  @Override
  public Findings findings(Results results) {
    List<Results.Swept> theory = results.swept("theory");
    List<Results.Swept> networks = results.swept("networks");
    Curve adaptive = means(theory);
    Curve lazy = Curve.of(first(theory), POINTS, run -> Readings.lazyTestLoss(run.summary()));
    Curve finite = means(networks);
    String width = "width " + networks.get(0).summary().config().get("width");
    Plot plot =
        new Plot("test loss over training points", "training points P", "test loss")
            .size(460, 340)
            .logX()
            .logY();
    adaptive.line(plot, "adaptive", "adaptive");
    lazy.dashed(plot, "NNGP", "lazy");
    finite.points(plot, width, "c1");
    Figure figure =
        new Figure(
            plot,
            "Means over the seeds with one standard error of their scatter: adaptive kernel (line),"
                + " NNGP (dashed), posteriors of networks (points).");
    List<Check> checks = new ArrayList<>();
    checks.add(
        Check.less(
            "The test loss falls from the fewest to the most points.",
            "P = " + Numbers.brief(adaptive.lastX()),
            adaptive.last(),
            "P = " + Numbers.brief(adaptive.xs()[0]),
            adaptive.first()));
    List<Check> below = new ArrayList<>();
    for (int i = 0; i < adaptive.xs().length; i++) {
      String place = "P = " + Numbers.brief(adaptive.xs()[i]) + ": adaptive";
      below.add(Check.less("", place, adaptive.ys().get(i), "NNGP", lazy.ys().get(i)));
    }
    checks.add(Check.all("The adaptive loss is below that of the NNGP at every P.", below));
    List<Check> followed = new ArrayList<>();
    for (int i = 0; i < finite.xs().length; i++) {
      double points = finite.xs()[i];
      Measured effect = adaptive.at(points).minus(lazy.at(points));
      followed.add(
          Check.near(
              "",
              "P = " + Numbers.brief(points) + ": networks",
              finite.ys().get(i),
              "theory",
              adaptive.at(points),
              0.25 * Math.abs(effect.value())));
    }
    checks.add(
        Check.all(
            "Posteriors of networks of "
                + width
                + " are within a quarter of the difference of the"
                + " two kernels from the adaptive one.",
            followed));
    return new Findings(
        "At P = "
            + Numbers.brief(adaptive.lastX())
            + " the adaptive kernel has a test loss of "
            + adaptive.last().text()
            + ", the NNGP of "
            + lazy.last().text()
            + ".",
        List.of(Section.ofFigures("figures", "Theory and networks", "", List.of(figure))),
        checks);
  }

  private static List<Results.Swept> first(List<Results.Swept> runs) {
    String seed = runs.get(0).option("seed");
    return runs.stream().filter(run -> run.option("seed").equals(seed)).toList();
  }

  /** Means over the seeds, with the errors of their scatter. */
  private static Curve means(List<Results.Swept> runs) {
    Map<Double, List<Double>> losses = new LinkedHashMap<>();
    for (Results.Swept run : runs) {
      losses
          .computeIfAbsent(run.number(POINTS), points -> new ArrayList<>())
          .add(Readings.testLoss(run.summary()).value());
    }
    return new Curve(
        losses.keySet().stream().mapToDouble(Double::doubleValue).toArray(),
        losses.values().stream()
            .map(values -> values.stream().mapToDouble(Double::doubleValue).toArray())
            .map(
                values ->
                    new Measured(
                        IndependentEstimates.mean(values),
                        IndependentEstimates.standardError(values)))
            .toList());
  }
}
