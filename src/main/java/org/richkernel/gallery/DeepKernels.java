package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.math3.linear.RealMatrix;
import org.richkernel.data.Table;
import org.richkernel.metrics.KernelSimilarity;
import org.richkernel.report.Figure;
import org.richkernel.report.KernelSection;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.ModelFile;
import org.richkernel.result.Result;

/** Kernels of all layers of a deep Bayesian network beside those of networks of finite width. */
final class DeepKernels implements Page {
  private static final String NETWORK = "--activation=tanh --gamma=0.5 --beta=50";

  @Override
  public String name() {
    return "deep-kernels";
  }

  @Override
  public String title() {
    return "Kernels and densities of a deep network";
  }

  @Override
  public String source() {
    return "arXiv:2502.07998, kernels and preactivation densities of the layers of a deep network,"
        + " theory beside networks";
  }

  @Override
  public String shows() {
    return "The saddle point gives the feature kernel of every layer, and the density of its"
        + " preactivations. Those of networks that are sampled from their posterior look the same,"
        + " and nothing like those at initialisation; the kernels come closer as the width grows."
        + " The densities are not Gaussian.";
  }

  @Override
  public List<Run> runs(Size size) {
    String problem =
        NETWORK
            + size.of(
                " --hidden-layers=2 --train-size=10 --test-size=20",
                " --hidden-layers=3 --train-size=40 --test-size=200",
                " --hidden-layers=4 --train-size=200 --test-size=1000");
    return List.of(
        Run.onData("theory", "bayes %s --samples=%s", problem, size.of("200", "800", "4000")),
        Run.onData(
            "networks",
            "sweep --over=width=%s finite --method=langevin %s",
            size.of("8,64", "64,512", "256,1024,4096"),
            problem));
  }

  @Override
  public Findings findings(Results results) {
    Result theory = results.of("theory");
    List<Results.Swept> networks = results.swept("networks");
    Results.Swept widest = networks.get(networks.size() - 1);
    int layers = theory.summary().layers().size();
    List<Figure> maps = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    List<Check> close = new ArrayList<>();
    List<Check> closer = new ArrayList<>();
    List<Curve> curves = new ArrayList<>();
    double least = 1;
    for (int l = 1; l <= layers; l++) {
      int layer = l;
      Table lazy = Readings.array(theory, "phi_lazy_" + l);
      Table phi = Readings.array(theory, "phi_" + l);
      Table network = Readings.array(widest.result(), "phi_" + l);
      Map<String, Table> kernels = new LinkedHashMap<>();
      kernels.put("layer " + l + ", initial", lazy);
      kernels.put("theory", phi);
      kernels.put("width " + widest.option("width"), network);
      maps.add(
          KernelSection.figure(
              theory, kernels, "Feature kernel of layer " + l + " on one colour scale."));
      Curve curve = Curve.of(networks, "width", run -> distance(theory, run.result(), layer));
      curves.add(curve);
      KernelSimilarity both = KernelSimilarity.of(network.values(), phi.values());
      KernelSimilarity before = KernelSimilarity.of(lazy.values(), phi.values());
      least = Math.min(least, both.cosine());
      rows.add(
          List.of(
              "layer " + l,
              cosine(both.cosine()),
              cosine(before.cosine()),
              curve.last().text(),
              Numbers.brief(before.relativeError())));
      String found =
          "layer "
              + l
              + ": "
              + curve.last().text()
              + " of the theory's norm, the initial"
              + " kernel "
              + Numbers.brief(before.relativeError());
      close.add(Check.atMost("", found, curve.last(), before.relativeError() / 5));
      closer.add(
          Check.less(
              "",
              "layer " + l + ": width " + widest.option("width"),
              curve.last(),
              "width " + networks.get(0).option("width"),
              curve.first()));
    }
    List<TargetDensity> densities = densities(results, theory, widest);
    List<Check> checks =
        List.of(
            Check.all(
                "Kernels of networks of width "
                    + widest.option("width")
                    + " are at most a fifth as far from the theory as those at initialisation.",
                close),
            Check.all(
                "They are closer to the theory than those of the narrowest networks.", closer),
            flat(densities),
            followed(densities.get(layers - 1), widest.option("width")));
    Section.Grid table =
        new Section.Grid(
            List.of(
                "",
                "cosine, networks",
                "cosine, initial",
                "distance, networks",
                "distance, initial"),
            rows);
    return new Findings(
        "With "
            + layers
            + " hidden layers the kernels of networks of width "
            + widest.option("width")
            + " have a cosine of at least "
            + cosine(least)
            + " with the theory's.",
        List.of(
            Section.ofFigures("kernels", "Kernels of the layers", "", maps),
            new Section(
                "distances",
                "Distance from the theory",
                "Of the networks' kernels and of those at initialisation: |Phi' - Phi| / |Phi|, and"
                    + " the cosine tr Phi' Phi / |Phi'| |Phi|.",
                List.of(figure(curves)),
                List.of(table)),
            Section.ofFigures(
                "densities",
                "Densities of the preactivations",
                "Over the neurons of each layer, along the targets: of the theory (line), of"
                    + " networks (points) and of the Gaussian at initialisation (dashed).",
                densities.stream()
                    .map(density -> density.figure("width " + widest.option("width")))
                    .toList())),
        checks);
  }

  private static List<TargetDensity> densities(
      Results results, Result theory, Results.Swept widest) {
    ModelFile.Model model = results.model("theory");
    List<List<RealMatrix>> populations = TargetFields.ofPopulations(model);
    List<List<RealMatrix>> networks = TargetFields.ofNetworks(widest.model(), model);
    double[] targets = Readings.array(theory, "y_train").values();
    List<TargetDensity> densities = new ArrayList<>();
    for (int l = 0; l < theory.summary().layers().size(); l++) {
      int layer = l;
      densities.add(
          TargetDensity.of(
              l + 1,
              populations.stream().map(of -> of.get(layer)).toList(),
              networks.stream().map(of -> of.get(layer)).toList(),
              TargetFields.initialCovariance(model, theory, l),
              targets));
    }
    return densities;
  }

  private static Check flat(List<TargetDensity> densities) {
    List<Check> parts = new ArrayList<>();
    for (TargetDensity density : densities) {
      String found = "layer " + density.layer() + ": " + density.kurtosis().text();
      parts.add(Check.atMost("", found, density.kurtosis(), Math.nextDown(0.0)));
    }
    return Check.all(
        "Along the targets the densities of the theory are flatter than a Gaussian: their excess"
            + " kurtosis is negative in every layer.",
        parts);
  }

  private static Check followed(TargetDensity density, String width) {
    return Check.less(
        "In the last layer the density of networks of width "
            + width
            + " is less than half as far from the theory as that at initialisation.",
        "networks",
        density.distance(),
        "half of the Gaussian",
        density.initialDistance().times(0.5));
  }

  private static String cosine(double value) {
    return String.format(java.util.Locale.ROOT, "%.4f", value);
  }

  /** |Phi_network - Phi_theory|_F / |Phi_theory|_F, with the noise of both norms as its error. */
  private static Measured distance(Result theory, Result network, int layer) {
    String name = "phi_" + layer;
    double[] phi = Readings.array(theory, name).values();
    double[] other = Readings.array(network, name).values();
    double squares = 0;
    for (double error : Readings.errors(network, name)) {
      squares += error * error;
    }
    double norm = theory.summary().layers().get(layer - 1).frobenius().orElse(Double.NaN);
    double own =
        theory.summary().layers().get(layer - 1).frobeniusStandardError().orElse(Double.NaN);
    return new Measured(
        KernelSimilarity.of(other, phi).relativeError(), Math.sqrt(squares + own * own) / norm);
  }

  private static Figure figure(List<Curve> curves) {
    Plot plot =
        new Plot("Distance of the kernels", "width", "|\u0394\u03a6| / |\u03a6|")
            .size(460, 340)
            .logX()
            .logY();
    for (int i = 0; i < curves.size(); i++) {
      curves.get(i).line(plot, "layer " + (i + 1), "c" + i);
    }
    return new Figure(
        plot,
        "Kernels of networks against the theory over the width. The errors are what noise alone"
            + " would add.");
  }
}
