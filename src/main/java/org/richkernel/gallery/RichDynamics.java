package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Result;

/**
 * Adaptive and initial tangent kernel of networks trained with weight decay over their richness.
 */
final class RichDynamics extends RichnessPage {
  private static final double DECAY = 1;
  private static final String NETWORK =
      "--hidden-layers=1 --activation=relu --weight-decay=" + DECAY;

  @Override
  public String name() {
    return "rich-dynamics";
  }

  @Override
  public String title() {
    return "Richness of a trained network";
  }

  @Override
  public String source() {
    return "arXiv:2502.07998, test loss and alignment of the adaptive neural tangent kernel over"
        + " gamma";
  }

  @Override
  public String shows() {
    return "Gradient flow with weight decay comes to rest at the predictor of a kernel, the neural"
        + " tangent kernel of the trained network. It is more aligned with the targets and has a"
        + " smaller test loss than the tangent kernel at initialisation; trained finite networks"
        + " agree with it.";
  }

  @Override
  public List<Run> runs(Size size) {
    String points =
        size.of(
            "--train-size=10 --test-size=40",
            "--train-size=40 --test-size=400",
            "--train-size=200 --test-size=1000");
    return List.of(
        Run.onData(
            THEORY,
            "sweep --over=gamma=%s dynamics %s %s --samples=%s",
            size.of("1", "0.5,0.7,1,1.4", "0.4,0.5,0.7,1,1.4,2"),
            NETWORK,
            points,
            size.of("500", "4000", "20000")),
        Run.onData(
            NETWORKS,
            "sweep --over=gamma=%s finite --method=gd %s %s --width=%s --repeats=%s --steps=%s"
                + " --step-size=%s --record-every=%s",
            size.of("1", "0.5,1", "0.5,0.7,1,1.4"),
            NETWORK,
            points,
            size.of("64", "512", "4096"),
            size.of("4", "8", "16"),
            size.of("200", "1000", "4000"),
            size.of("0.05", "0.03", "0.0075"),
            size.of("200", "1000", "4000")));
  }

  @Override
  String initial() {
    return "initial NTK";
  }

  @Override
  String networks() {
    return "Trained networks";
  }

  @Override
  Measured alignment(Result result) {
    return Readings.tangentAlignment(result);
  }

  @Override
  Measured initialAlignment(Result result) {
    return Readings.alignmentOf(result, "ntk_lazy");
  }

  /** At rest f = K (y - f) / (2 lambda) for one hidden layer of a 1-homogeneous activation. */
  @Override
  Check claim(Comparison alignment, List<Results.Swept> theory) {
    List<Check> parts = new ArrayList<>();
    for (Results.Swept run : theory) {
      double[] y = Readings.array(run.result(), "y_train").values();
      double[] f = Readings.array(run.result(), "f_train").values();
      Table kernel = Readings.array(run.result(), "ntk");
      double squares = 0;
      double size = 0;
      for (int i = 0; i < y.length; i++) {
        double predicted = 0;
        for (int j = 0; j < y.length; j++) {
          predicted += kernel.get(i, j) * (y[j] - f[j]) / (2 * DECAY);
        }
        squares += (f[i] - predicted) * (f[i] - predicted);
        size += f[i] * f[i];
      }
      double residual = Math.sqrt(squares / size);
      parts.add(
          Check.atMost(
              "",
              "gamma " + run.option("gamma") + ": off by " + Numbers.brief(residual),
              Measured.exact(residual),
              0.01));
    }
    return Check.all(
        "At rest the outputs are those of kernel regression with the trained network's tangent"
            + " kernel, to 1 %.",
        parts);
  }
}
