package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.data.Table;
import org.richkernel.report.Figure;
import org.richkernel.report.KernelSection;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Losses and kernels over training time: mean-field theory beside networks of two widths. */
final class TrainingCourse implements Page {
  private static final String NETWORK = "--hidden-layers=2 --activation=tanh --gamma=1.5";

  @Override
  public String name() {
    return "dmft";
  }

  @Override
  public String title() {
    return "Training of a wide network";
  }

  @Override
  public String source() {
    return "arXiv:2205.09653, losses and kernels over time, mean-field theory beside trained"
        + " networks";
  }

  @Override
  public String shows() {
    return "Mean-field theory of gradient descent follows the outputs and the kernels of all layers"
        + " of a network that learns features. Networks of finite width scatter around it and come"
        + " closer as they get wider; the static tangent kernel does not follow them.";
  }

  @Override
  public List<Run> runs(Size size) {
    String problem =
        NETWORK
            + size.of(
                " --train-size=6 --test-size=20 --steps=10 --step-size=0.05 --record-every=2",
                " --train-size=10 --test-size=200 --steps=60 --step-size=0.03 --record-every=3",
                " --train-size=20 --test-size=1000 --steps=200 --step-size=0.01 --record-every=5");
    return List.of(
        Run.onData(
            "theory",
            "dynamics --solver=causal %s --compare --samples=%s%s",
            problem,
            size.of("2000", "16000", "40000"),
            size.of(" --tolerance=0.3", "", "")),
        Run.onData(
            "networks",
            "sweep --over=width=%s finite --method=gd %s --repeats=%s",
            size.of("32,512", "32,2048", "64,4096"),
            problem,
            size.of("8", "32", "64")));
  }

  @Override
  public Findings findings(Results results) {
    Result theory = results.of("theory");
    List<Results.Swept> networks = results.swept("networks");
    Results.Swept narrow = networks.get(0);
    Results.Swept wide = networks.get(networks.size() - 1);
    String widest = "width " + wide.option("width");
    Measured near = distance(theory, wide.result());
    double[] none = new double[Readings.array(theory, "f_train_t").values().length];
    Measured lazy =
        Readings.distance(
            Readings.array(theory, "f_train_t").values(),
            none,
            Readings.array(theory, "f_train_t_static_ntk").values(),
            none);
    List<Check> checks = new ArrayList<>();
    checks.add(
        Check.atMost(
            "Outputs of networks of "
                + widest
                + " are at most a fifth as far from the theory as"
                + " those of the static tangent kernel, over all times.",
            "networks " + near.text() + ", static kernel " + lazy.text() + " (root mean squares)",
            near,
            lazy.value() / 5));
    checks.add(scatter(narrow, wide));
    checks.add(lastLayer(theory, wide, widest));
    checks.add(
        Check.less(
            "The test loss at the end is below that of the static tangent kernel.",
            "theory",
            Readings.testLoss(theory.summary()),
            "static kernel",
            Readings.lazyTestLoss(theory.summary())));
    Map<String, Table> maps = new LinkedHashMap<>();
    int layers = theory.summary().layers().size();
    maps.put("layer " + layers + ", initial", Readings.array(theory, "phi_lazy_" + layers));
    maps.put("theory, trained", Readings.array(theory, "phi_" + layers));
    maps.put(widest + ", trained", Readings.array(wide.result(), "phi_" + layers));
    return new Findings(
        "Outputs of networks of "
            + widest
            + " are "
            + near.text()
            + " from the theory over all times, those of the static tangent kernel "
            + lazy.text()
            + ".",
        List.of(
            Section.ofFigures(
                "figures",
                "Theory and networks",
                "",
                List.of(
                    losses("train", "training loss", theory, networks),
                    losses("test", "test loss", theory, networks),
                    kernels("alignment", theory, networks),
                    kernels("movement", theory, networks))),
            Section.ofFigures(
                "kernels",
                "Kernels at the end",
                "",
                List.of(
                    KernelSection.figure(
                        theory, maps, "Feature kernels of the last layer on one colour scale.")))),
        checks);
  }

  private static Measured distance(Result theory, Result network) {
    return Readings.distance(
        Readings.array(network, "f_train_t").values(),
        Readings.errors(network, "f_train_t"),
        Readings.array(theory, "f_train_t").values(),
        Readings.errors(theory, "f_train_t"));
  }

  /** Standard deviations from R networks have a relative error of 1 / sqrt(2 (R - 1)). */
  private static Check scatter(Results.Swept narrow, Results.Swept wide) {
    double repeats = ((Number) wide.summary().config().get("repeats")).doubleValue();
    double factor = Math.log(wide.number("width") / narrow.number("width"));
    double slope = Math.log(spread(wide) / spread(narrow)) / factor;
    double error = Math.sqrt(2 / (2 * (repeats - 1))) / factor;
    return Check.near(
        "The scatter of the outputs over networks falls with the width to the power -1/2, to 0.2.",
        "power from width " + narrow.option("width") + " to " + wide.option("width"),
        new Measured(slope, error),
        "expected",
        Measured.exact(-0.5),
        0.2);
  }

  /** Root mean square of the standard errors of the outputs. */
  private static double spread(Results.Swept run) {
    double[] errors = Readings.errors(run.result(), "f_train_t");
    double[] none = new double[errors.length];
    return Readings.distance(errors, none, none, none).value();
  }

  private static Check lastLayer(Result theory, Results.Swept wide, String widest) {
    int layer = theory.summary().layers().size();
    Measured trained = Readings.alignment(theory.summary(), layer);
    Measured initial = Readings.alignmentOf(theory, "phi_lazy_" + layer);
    return Check.near(
        "The last layer's kernel of "
            + widest
            + " has the theory's alignment with the targets,"
            + " within a tenth of what training changes.",
        widest,
        Readings.alignment(wide.summary(), layer),
        "theory",
        trained,
        trained.minus(initial).size().value() / 10);
  }

  private static Figure losses(
      String set, String label, Result theory, List<Results.Swept> networks) {
    String name = "loss_" + set + "_t";
    double[] time = Readings.array(theory, "time").values();
    Plot plot = new Plot(label + " over time", "training time", label).size(460, 340).logY();
    plot.lineWithErrors(
        "theory",
        "adaptive",
        time,
        Readings.array(theory, name).values(),
        Readings.errors(theory, name));
    plot.dashed("static NTK", "lazy", time, Readings.array(theory, name + "_static_ntk").values());
    for (int i = 0; i < networks.size(); i++) {
      Results.Swept run = networks.get(i);
      plot.measurements(
          "width " + run.option("width"),
          "c" + (i + 1),
          thinned(Readings.array(run.result(), "time").values()),
          thinned(Readings.array(run.result(), name).values()),
          thinned(Readings.errors(run.result(), name)));
    }
    return new Figure(
        plot,
        "Theory (line, band of one standard error), static tangent kernel (dashed), means of"
            + " networks (points).");
  }

  /** About fifteen values with equal strides. */
  private static double[] thinned(double[] values) {
    int stride = Math.max(1, values.length / 15);
    double[] some = new double[(values.length + stride - 1) / stride];
    Arrays.setAll(some, i -> values[i * stride]);
    return some;
  }

  private static Figure kernels(String what, Result theory, List<Results.Swept> networks) {
    String name = what + "_t";
    Plot plot = new Plot(what + " of the feature kernels", "training time", what).size(460, 340);
    int layers = theory.summary().layers().size();
    for (int layer = 0; layer < layers; layer++) {
      plot.lineWithErrors(
          "layer " + (layer + 1),
          "c" + layer,
          Readings.array(theory, "kernel_time").values(),
          column(Readings.array(theory, name), layer),
          column(theory.array(name + "_standard_error").orElseThrow(), layer));
      Result wide = networks.get(networks.size() - 1).result();
      plot.measurements(
          "",
          "c" + layer,
          Readings.array(wide, "kernel_time").values(),
          column(Readings.array(wide, name), layer),
          column(wide.array(name + "_standard_error").orElseThrow(), layer));
    }
    return new Figure(
        plot,
        (what.equals("movement") ? "|Phi(t) - Phi(0)| / |Phi(0)|" : "y Phi y / (|Phi| |y|^2)")
            + " of each layer: theory (lines) and the widest networks (points).");
  }

  private static double[] column(Table table, int column) {
    double[] values = new double[table.rows()];
    Arrays.setAll(values, row -> table.get(row, column));
    return values;
  }
}
