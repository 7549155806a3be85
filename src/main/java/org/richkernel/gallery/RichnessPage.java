package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/**
 * Test loss and alignment of an adaptive kernel over gamma, beside the initial one and networks.
 */
abstract class RichnessPage implements Page {
  /** Folder of the sweep of the theory over gamma. */
  static final String THEORY = "theory";

  /** Folder of the sweep of the networks over gamma. */
  static final String NETWORKS = "networks";

  private static final double SHARE = 0.2;

  /** Name of the kernel at initialisation. */
  abstract String initial();

  /** Description of the networks. */
  abstract String networks();

  /** Alignment of the kernel of a result with the targets. */
  abstract Measured alignment(Result result);

  /** The same of the kernel at initialisation. */
  abstract Measured initialAlignment(Result result);

  @Override
  public Findings findings(Results results) {
    List<Results.Swept> theory = results.swept(THEORY);
    List<Results.Swept> networks = results.swept(NETWORKS);
    String width = "width " + networks.get(0).summary().config().get("width");
    Comparison loss =
        new Comparison(
            Curve.of(theory, "gamma", run -> Readings.testLoss(run.summary())),
            Curve.of(theory, "gamma", run -> Readings.lazyTestLoss(run.summary())),
            Curve.of(networks, "gamma", run -> Readings.testLoss(run.summary())));
    Comparison alignment =
        new Comparison(
            Curve.of(theory, "gamma", run -> alignment(run.result())),
            Curve.of(theory, "gamma", run -> initialAlignment(run.result())),
            Curve.of(networks, "gamma", run -> alignment(run.result())));
    List<Figure> figures =
        List.of(figure("test loss", loss, width), figure("alignment", alignment, width));
    return new Findings(
        sentence(loss, alignment),
        List.of(Section.ofFigures("figures", "Theory and networks", "", figures)),
        checks(loss, alignment, width, claim(alignment, theory)));
  }

  /** Further statement of the paper on the adaptive kernel. */
  abstract Check claim(Comparison alignment, List<Results.Swept> theory);

  /** A number over gamma. */
  record Comparison(Curve adaptive, Curve initial, Curve networks) {
    /** Change by adaptation at the largest gamma. */
    double effect() {
      return adaptive.last().minus(initial.last()).size().value();
    }
  }

  private String sentence(Comparison loss, Comparison alignment) {
    return "At gamma "
        + Numbers.brief(loss.adaptive().lastX())
        + " the test loss is "
        + loss.adaptive().last().text()
        + " against "
        + loss.initial().last().text()
        + " of the "
        + initial()
        + ", the alignment "
        + alignment.adaptive().last().text()
        + " against "
        + alignment.initial().last().text()
        + ".";
  }

  private List<Check> checks(Comparison loss, Comparison alignment, String width, Check claim) {
    String richest = "At gamma " + Numbers.brief(loss.adaptive().lastX());
    List<Check> checks = new ArrayList<>();
    checks.add(
        Check.less(
            richest + " the adaptive kernel has a smaller test loss than the " + initial() + ".",
            "adaptive",
            loss.adaptive().last(),
            initial(),
            loss.initial().last()));
    checks.add(
        Check.less(
            richest + " its alignment with the targets is larger.",
            initial(),
            alignment.initial().last(),
            "adaptive",
            alignment.adaptive().last()));
    checks.add(claim);
    String agree = networks() + " of " + width + " have the theory's ";
    String allowed = ", within a fifth of what adaptation changes at most.";
    checks.add(
        loss.networks()
            .near(
                agree + "test loss" + allowed,
                "gamma",
                "theory",
                loss.adaptive(),
                SHARE * loss.effect()));
    checks.add(
        alignment
            .networks()
            .near(
                agree + "alignment" + allowed,
                "gamma",
                "theory",
                alignment.adaptive(),
                SHARE * alignment.effect()));
    return checks;
  }

  private Figure figure(String label, Comparison of, String width) {
    Plot plot = new Plot(label + " over richness", "gamma", label).size(460, 340).logX();
    of.adaptive().line(plot, "adaptive", "adaptive");
    of.initial().dashed(plot, initial(), "lazy");
    of.networks().points(plot, width, "c1");
    return new Figure(
        plot,
        "Adaptive kernel (line), "
            + initial()
            + " (dashed) and networks (points), each with one"
            + " standard error.");
  }
}
