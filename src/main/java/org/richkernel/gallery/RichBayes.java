package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;

/** Adaptive and initial kernel of a Bayesian network over its richness. */
final class RichBayes implements Page {
  private static final String NETWORK = "--hidden-layers=1 --activation=tanh --beta=10";
  private static final double SHARE = 0.2;

  @Override
  public String name() {
    return "rich-bayes";
  }

  @Override
  public String title() {
    return "Richness of a Bayesian network";
  }

  @Override
  public String source() {
    return "arXiv:2502.07998, test loss and alignment of the adaptive neural Bayesian kernel over"
        + " gamma";
  }

  @Override
  public String shows() {
    return "The posterior of an infinitely wide network of richness gamma predicts with a kernel"
        + " that has adapted to the targets. Its alignment with them grows with gamma and its test"
        + " loss is below that of the kernel at initialisation (NNGP); posteriors of finite networks"
        + " agree with it.";
  }

  @Override
  public List<Run> runs(Size size) {
    String points = size.of("--train-size=20 --test-size=40", "--train-size=60 --test-size=400", "--train-size=400 --test-size=1000");
    return List.of(
        Run.onData(
            "theory",
            "sweep --over=gamma=%s bayes %s %s --samples=%s",
            size.of("0.03,1", "0.03,0.1,0.3,1,3", "0.03,0.1,0.2,0.3,0.5,1,2,3,5"),
            NETWORK,
            points,
            size.of("200", "1000", "4000")),
        Run.onData(
            "networks",
            "sweep --over=gamma=%s finite --method=langevin %s %s --width=%s",
            size.of("1", "0.1,0.3,1,3", "0.1,0.3,1,3"),
            NETWORK,
            points,
            size.of("64", "512", "2048")));
  }

  @Override
  public Findings findings(Results results) {
    List<Results.Swept> theory = results.swept("theory");
    List<Results.Swept> networks = results.swept("networks");
    Curve loss = Curve.of(theory, "gamma", run -> Readings.testLoss(run.summary()));
    Curve lazyLoss = Curve.of(theory, "gamma", run -> Readings.lazyTestLoss(run.summary()));
    Curve alignment = Curve.of(theory, "gamma", run -> Readings.alignment(run.summary(), 1));
    Curve lazyAlignment =
        Curve.of(theory, "gamma", run -> Readings.alignmentOf(run.result(), "phi_lazy_1"));
    Curve networkLoss = Curve.of(networks, "gamma", run -> Readings.testLoss(run.summary()));
    Curve networkAlignment =
        Curve.of(networks, "gamma", run -> Readings.alignment(run.summary(), 1));
    String width = "width " + networks.get(0).summary().config().get("width");
    List<Figure> figures =
        List.of(
            figure("test loss", loss, lazyLoss, networkLoss, width),
            figure("alignment", alignment, lazyAlignment, networkAlignment, width));
    double lossEffect = loss.last().minus(lazyLoss.last()).size().value();
    double alignmentEffect = alignment.last().minus(lazyAlignment.last()).size().value();
    List<Check> checks = new ArrayList<>();
    String richest = "gamma " + Numbers.brief(loss.lastX());
    checks.add(
        Check.less(
            "At " + richest + " the adaptive kernel has a smaller test loss than the NNGP.",
            "adaptive",
            loss.last(),
            "NNGP",
            lazyLoss.last()));
    checks.add(
        Check.less(
            "At " + richest + " its alignment with the targets is larger.",
            "NNGP",
            lazyAlignment.last(),
            "adaptive",
            alignment.last()));
    checks.add(
        Check.near(
            "At gamma " + Numbers.brief(loss.xs()[0]) + " it is lazy: within a tenth of that change.",
            "adaptive",
            alignment.first(),
            "NNGP",
            lazyAlignment.first(),
            alignmentEffect / 10));
    String posteriors = "Posteriors of networks of " + width + " have the theory's ";
    String allowed = ", within a fifth of what adaptation changes at most.";
    checks.add(
        networkLoss.near(
            posteriors + "test loss" + allowed, "gamma", "theory", loss, SHARE * lossEffect));
    checks.add(
        networkAlignment.near(
            posteriors + "alignment" + allowed,
            "gamma",
            "theory",
            alignment,
            SHARE * alignmentEffect));
    return new Findings(
        "At " + richest + " the test loss is " + loss.last().text() + " against "
            + lazyLoss.last().text() + " of the NNGP, the alignment " + alignment.last().text()
            + " against " + lazyAlignment.last().text() + ".",
        List.of(Section.ofFigures("figures", "Theory and networks", "", figures)),
        checks);
  }

  private static Figure figure(
      String label, Curve adaptive, Curve lazy, Curve networks, String width) {
    Plot plot = new Plot(label + " over richness", "gamma", label).size(460, 340).logX();
    adaptive.line(plot, "adaptive", "adaptive");
    lazy.dashed(plot, "NNGP", "lazy");
    networks.points(plot, width, "c1");
    return new Figure(
        plot,
        "Adaptive kernel (line), kernel at initialisation (dashed) and posteriors of networks"
            + " (points), each with one standard error.");
  }
}
