package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** How far approximations of the training theory are from trained networks over the richness. */
final class Approximations implements Page {
  private static final String NETWORK = "--hidden-layers=2 --activation=tanh";
  private static final Map<String, String> KINDS = kinds();

  private static Map<String, String> kinds() {
    Map<String, String> kinds = new LinkedHashMap<>();
    kinds.put("", "full theory");
    kinds.put("_static_ntk", "static NTK");
    kinds.put("_gradient_independence", "gradient independence");
    kinds.put("_perturbative", "perturbative");
    return kinds;
  }

  @Override
  public String name() {
    return "approximations";
  }

  @Override
  public String title() {
    return "Approximations of training";
  }

  @Override
  public String source() {
    return "arXiv:2205.09653, static NTK, gradient independence and perturbation theory beside the"
        + " full theory";
  }

  @Override
  public String shows() {
    return "Approximations of the mean-field theory of training break down as the network gets rich:"
        + " a static tangent kernel, forward and backward fields taken as independent, and the"
        + " leading order in gamma^2. The full theory keeps describing trained networks.";
  }

  @Override
  public List<Run> runs(Size size) {
    String problem =
        NETWORK
            + size.of(
                " --train-size=6 --test-size=20 --steps=10 --step-size=0.05",
                " --train-size=10 --test-size=40 --steps=40 --step-size=0.04",
                " --train-size=20 --test-size=200 --steps=100 --step-size=0.02");
    String gammas = size.of("0.5,2", "0.3,0.6,1.2,2.4", "0.2,0.4,0.8,1.2,1.8,2.4");
    return List.of(
        Run.onData(
            "theory",
            "sweep --over=gamma=%s dynamics --solver=causal %s --compare --samples=%s%s",
            gammas,
            problem,
            size.of("2000", "16000", "40000"),
            size.of(" --tolerance=0.3", "", "")),
        Run.onData(
            "networks",
            "sweep --over=gamma=%s finite --method=gd %s --width=%s --repeats=%s",
            gammas,
            problem,
            size.of("256", "1024", "4096"),
            size.of("8", "32", "64")));
  }

  @Override
  public Findings findings(Results results) {
    List<Results.Swept> theory = results.swept("theory");
    List<Results.Swept> networks = results.swept("networks");
    Map<String, Curve> curves = new LinkedHashMap<>();
    KINDS.forEach(
        (suffix, label) -> {
          List<Measured> distances = new ArrayList<>();
          for (int i = 0; i < theory.size(); i++) {
            distances.add(distance(theory.get(i).result(), networks.get(i).result(), suffix));
          }
          curves.put(
              label,
              new Curve(
                  theory.stream().mapToDouble(run -> run.number("gamma")).toArray(), distances));
        });
    Curve full = curves.get("full theory");
    Curve lazy = curves.get("static NTK");
    Curve leading = curves.get("perturbative");
    List<Check> checks = new ArrayList<>();
    for (String label : List.of("static NTK", "gradient independence", "perturbative")) {
      Curve curve = curves.get(label);
      checks.add(
          Check.less(
              "At gamma "
                  + Numbers.brief(full.lastX())
                  + " the full theory is closer to the networks"
                  + " than "
                  + label
                  + ".",
              "full theory",
              full.last(),
              label,
              curve.last()));
    }
    checks.add(
        Check.less(
            "The static NTK gets worse from the smallest to the largest gamma.",
            "gamma " + Numbers.brief(lazy.xs()[0]),
            lazy.first(),
            "gamma " + Numbers.brief(lazy.lastX()),
            lazy.last()));
    checks.add(
        Check.less(
            "At gamma "
                + Numbers.brief(full.xs()[0])
                + " the leading order is closer to the networks"
                + " than the static NTK.",
            "perturbative",
            leading.first(),
            "static NTK",
            lazy.first()));
    String width = "width " + networks.get(0).summary().config().get("width");
    return new Findings(
        "At gamma "
            + Numbers.brief(full.lastX())
            + " outputs of networks of "
            + width
            + " are "
            + full.last().text()
            + " from the full theory and "
            + lazy.last().text()
            + " from the static NTK.",
        List.of(
            Section.ofFigures(
                "figures", "Theories and networks", "", List.of(figure(curves, width)))),
        checks);
  }

  private static Measured distance(Result theory, Result network, String suffix) {
    double[] f = Readings.array(theory, "f_train_t" + suffix).values();
    double[] own = suffix.isEmpty() ? Readings.errors(theory, "f_train_t") : new double[f.length];
    return Readings.distance(
        Readings.array(network, "f_train_t").values(),
        Readings.errors(network, "f_train_t"),
        f,
        own);
  }

  private static Figure figure(Map<String, Curve> curves, String width) {
    Plot plot =
        new Plot("Distance from networks of " + width, "gamma", "rms of f \u2212 f of networks")
            .size(560, 380)
            .logX()
            .logY();
    int color = 1;
    for (Map.Entry<String, Curve> curve : curves.entrySet()) {
      boolean isFull = curve.getKey().equals("full theory");
      curve.getValue().line(plot, curve.getKey(), isFull ? "adaptive" : "c" + color++);
    }
    return new Figure(
        plot,
        "Root mean square over training points and times of the theory's outputs less the means of"
            + " the networks. The errors are what noise alone would add.");
  }
}
