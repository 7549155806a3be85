package org.richkernel.gallery;

import java.util.List;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Result;

/** Adaptive and initial kernel of a Bayesian network over its richness. */
final class RichBayes extends RichnessPage {
  private static final String NETWORK = "--hidden-layers=1 --activation=tanh --beta=10";

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
    String points =
        size.of(
            "--train-size=20 --test-size=40",
            "--train-size=60 --test-size=400",
            "--train-size=400 --test-size=1000");
    return List.of(
        Run.onData(
            THEORY,
            "sweep --over=gamma=%s bayes %s %s --samples=%s",
            size.of("0.1,1", "0.03,0.1,0.3,1,3", "0.03,0.1,0.2,0.3,0.5,1,2,3,5"),
            NETWORK,
            points,
            size.of("160", "1000", "4000")),
        Run.onData(
            NETWORKS,
            "sweep --over=gamma=%s finite --method=langevin %s %s --width=%s",
            size.of("1", "0.1,0.3,1,3", "0.1,0.3,1,3"),
            NETWORK,
            points,
            size.of("64", "512", "2048")));
  }

  @Override
  String initial() {
    return "NNGP";
  }

  @Override
  String networks() {
    return "Posteriors of networks";
  }

  @Override
  Measured alignment(Result result) {
    return Readings.alignment(result.summary(), 1);
  }

  @Override
  Measured initialAlignment(Result result) {
    return Readings.alignmentOf(result, "phi_lazy_1");
  }

  @Override
  Check claim(Comparison alignment, List<Results.Swept> theory) {
    return Check.near(
        "At gamma "
            + Numbers.brief(alignment.adaptive().xs()[0])
            + " it is lazy: its alignment is within a tenth of that change.",
        "adaptive",
        alignment.adaptive().first(),
        initial(),
        alignment.initial().first(),
        alignment.effect() / 10);
  }
}
