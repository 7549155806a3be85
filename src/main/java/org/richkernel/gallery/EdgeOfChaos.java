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

/** Response functions, depth scales and adaptation of kernels to data around the edge of chaos. */
final class EdgeOfChaos implements Page {
  private static final double BIAS = 0.05;
  private static final String NETWORK = "--activation=erf --bias-variance=" + BIAS;
  private static final String NOISE = "--beta=10";

  @Override
  public String name() {
    return "edge-of-chaos";
  }

  @Override
  public String title() {
    return "Edge of chaos";
  }

  @Override
  public String source() {
    return "arXiv:2405.10761, response functions, depth scales and kernel adaptation over the weight"
        + " variance";
  }

  @Override
  public String shows() {
    return "How far a perturbation travels through a deep network is set by its response functions;"
        + " at the edge of chaos, where the angular one is 1, the depth scale diverges. Kernels of"
        + " deep networks adapt to data most near that edge.";
  }

  @Override
  public List<Run> runs(Size size) {
    int width = size.of(50, 100, 200);
    String points = NOISE + " --train-size=" + size.of("6", "10", "20");
    String gamma = Double.toString(Math.sqrt(1.0 / width));
    return List.of(
        Run.of(
            "phase",
            "phase %s --weight-variance=0.6:1.8:%s --hidden-layers=%s",
            NETWORK,
            size.of("13", "49", "97"),
            size.of("16", "32", "64")),
        Run.onData(
            "data",
            "sweep --over=hidden-layers=%s phase %s %s --weight-variance=%s --width=%s --samples=%s",
            size.of("2,12", "2,4,8,16,32", "2,4,8,16,32,64"),
            NETWORK,
            points,
            size.of("0.5:1.7:4", "0.5:1.7:13", "0.5:1.7:25"),
            width,
            size.of("2000", "5000", "20000")),
        Run.onData(
            "networks",
            "sweep --over=weight-variance=%s --over=gamma=0,%s finite --method=langevin %s %s"
                + " --hidden-layers=2 --width=%s --tolerance=%s --max-sweeps=20000",
            size.of("0.9", "0.6,0.9,1.2", "0.6,0.9,1.2,1.5"),
            gamma,
            NETWORK,
            points,
            width,
            size.of("0.05", "0.003", "0.003")));
  }

  @Override
  public Findings findings(Results results) {
    Result phase = results.of("phase");
    List<Results.Swept> depths = results.swept("data");
    List<Results.Swept> networks = results.swept("networks");
    double critical =
        phase.summary().details().get("criticalWeightVariance") instanceof Number number
            ? number.doubleValue()
            : Double.NaN;
    Curve sampled = adaptation(networks);
    Result shallow = depths.get(0).result();
    List<Check> checks = new ArrayList<>();
    double closed = biasAtEdge(critical);
    checks.add(
        Check.atMost(
            "The edge that was found is that of the closed form for erf: its bias variance is "
                + BIAS
                + " to 1e-6.",
            "edge at weight variance "
                + Numbers.brief(critical)
                + ", bias variance there "
                + Numbers.brief(closed),
            Measured.exact(Math.abs(closed - BIAS)),
            1e-6));
    checks.add(growth(phase, critical));
    checks.add(peaksMove(depths));
    checks.add(agreement(sampled, shallow));
    Result deepest = depths.get(depths.size() - 1).result();
    return new Findings(
        "The edge is at weight variance "
            + Numbers.brief(critical)
            + "; kernels of "
            + depths.get(depths.size() - 1).option("hidden-layers")
            + " hidden layers adapt most at "
            + Numbers.brief(peak(deepest))
            + ", those of "
            + depths.get(0).option("hidden-layers")
            + " at "
            + Numbers.brief(peak(shallow))
            + ".",
        List.of(
            Section.ofFigures(
                "figures",
                "Theory and networks",
                "",
                List.of(adaptations(depths, sampled), responses(phase), depthScales(phase)))),
        checks);
  }

  /** g_b at which the weight variance g is critical: q = ((4 g / pi)^2 - 1) / 4, erf. */
  private static double biasAtEdge(double g) {
    double q = (Math.pow(4 * g / Math.PI, 2) - 1) / 4;
    return q - g * 2 / Math.PI * Math.asin(2 * q / (1 + 2 * q));
  }

  /** Sources of all layers add up as sum_{k < L} chi^{2 k}. */
  private static Check growth(Result phase, double critical) {
    Table growth = Readings.array(phase, "growth_by_depth");
    double[] variances = Readings.array(phase, "weight_variance").values();
    double[] chi = Readings.array(phase, "chi_perpendicular").values();
    int layers = growth.columns();
    List<Check> parts = new ArrayList<>();
    for (int i = 0; i < variances.length; i += Math.max(1, variances.length / 4)) {
      double square = chi[i] * chi[i];
      double sum = (1 - Math.pow(square, layers)) / (1 - square);
      double found = growth.get(i, layers - 1);
      String words =
          "weight variance "
              + Numbers.brief(variances[i])
              + ": "
              + Numbers.brief(found)
              + ", geometric sum "
              + Numbers.brief(sum);
      parts.add(Check.atMost("", words, Measured.exact(Math.abs(found / sum - 1)), 1e-6));
    }
    return Check.all(
        "Over "
            + layers
            + " layers adaptation grows as the geometric sum of the squared response,"
            + " bounded below the edge ("
            + Numbers.brief(critical)
            + ") only.",
        parts);
  }

  private static double[] last(Table table) {
    double[] values = new double[table.rows()];
    Arrays.setAll(values, row -> table.get(row, table.columns() - 1));
    return values;
  }

  private static double[] change(Result data) {
    return last(Readings.array(data, "adaptation"));
  }

  private static int peakIndex(Result data) {
    double[] change = change(data);
    int best = 0;
    for (int i = 1; i < change.length; i++) {
      best = change[i] > change[best] ? i : best;
    }
    return best;
  }

  /** Weight variance at which the readout kernel changes most. */
  private static double peak(Result data) {
    return Readings.array(data, "weight_variance").values()[peakIndex(data)];
  }

  /** Expects the peak of the deep network at a larger variance, both well above the other's. */
  private static Check peaksMove(List<Results.Swept> depths) {
    Result shallow = depths.get(0).result();
    Result deep = depths.get(depths.size() - 1).result();
    int own = peakIndex(shallow);
    int other = peakIndex(deep);
    String expected =
        "The weight variance of largest adaptation moves towards the edge as the network gets"
            + " deeper, from "
            + depths.get(0).option("hidden-layers")
            + " to "
            + depths.get(depths.size() - 1).option("hidden-layers")
            + " hidden layers.";
    String found = "at " + Numbers.brief(peak(shallow)) + ", then " + Numbers.brief(peak(deep));
    if (own == other) {
      return new Check(expected, found, Check.Verdict.UNRESOLVED);
    }
    Check apart =
        Check.all(
            "",
            List.of(
                Check.less("", "", at(shallow, other), "", at(shallow, own)),
                Check.less("", "", at(deep, own), "", at(deep, other))));
    return new Check(
        expected,
        found,
        apart.verdict() != Check.Verdict.HOLDS || other > own
            ? apart.verdict()
            : Check.Verdict.FAILS);
  }

  private static Measured at(Result data, int index) {
    return new Measured(
        change(data)[index], last(Readings.array(data, "adaptation_standard_error"))[index]);
  }

  /**
   * |C(gamma) - C(0)| / |C| of the readout kernel C = g Phi, posterior and prior both sampled: the
   * effect of width alone on the mean kernel of a prior does not count as adaptation.
   */
  private static Curve adaptation(List<Results.Swept> networks) {
    List<Double> variances = new ArrayList<>();
    List<Measured> changes = new ArrayList<>();
    for (int i = 0; i + 1 < networks.size(); i += 2) {
      Result prior = networks.get(i).result();
      Result posterior = networks.get(i + 1).result();
      double g = networks.get(i).number("weight-variance");
      String name = "phi_" + prior.summary().layers().size();
      double[] before = Readings.array(prior, name).values();
      double[] after = Readings.array(posterior, name).values();
      double[] lazy = Readings.array(prior, "phi_lazy_" + prior.summary().layers().size()).values();
      double[] errors = Readings.errors(prior, name);
      double[] others = Readings.errors(posterior, name);
      double squares = 0;
      double noise = 0;
      double norm = 0;
      for (int k = 0; k < before.length; k++) {
        squares += Math.pow(g * (after[k] - before[k]), 2);
        noise += g * g * (errors[k] * errors[k] + others[k] * others[k]);
        norm += Math.pow(g * lazy[k], 2);
      }
      // the noise of both kernels adds to the squared difference on average
      double change = Math.sqrt(Math.max(0, squares - noise) / norm);
      variances.add(g);
      changes.add(new Measured(change, Math.sqrt(noise / norm)));
    }
    return new Curve(variances.stream().mapToDouble(Double::doubleValue).toArray(), changes);
  }

  private static Check agreement(Curve sampled, Result data) {
    double[] variances = Readings.array(data, "weight_variance").values();
    List<Check> parts = new ArrayList<>();
    for (int i = 0; i < sampled.xs().length; i++) {
      for (int k = 0; k < variances.length; k++) {
        if (Math.abs(variances[k] - sampled.xs()[i]) < 1e-9) {
          parts.add(
              Check.near(
                  "",
                  "weight variance " + Numbers.brief(variances[k]) + ": networks",
                  sampled.ys().get(i),
                  "linear response",
                  at(data, k),
                  0.3 * change(data)[k]));
        }
      }
    }
    return Check.all(
        "Sampled networks change their last kernel as the linear response says, to 30 % (it is of"
            + " first order in 1/N).",
        parts);
  }

  private static Figure adaptations(List<Results.Swept> depths, Curve sampled) {
    Plot plot =
        new Plot("Adaptation of the readout kernel", "weight variance", "|\u0394C| / |C|")
            .size(460, 340)
            .logY();
    for (int i = 0; i < depths.size(); i++) {
      Result data = depths.get(i).result();
      plot.pointsWithErrors(
          depths.get(i).option("hidden-layers") + " layers",
          "c" + i,
          Readings.array(data, "weight_variance").values(),
          change(data),
          last(Readings.array(data, "adaptation_standard_error")));
    }
    sampled.points(plot, "networks, " + depths.get(0).option("hidden-layers") + " layers", "c6");
    return new Figure(
        plot,
        "Relative change of the last kernel under data: linear response at finite width (lines) and"
            + " sampled networks, posterior less prior (points).");
  }

  private static Figure responses(Result phase) {
    double[] variances = Readings.array(phase, "weight_variance").values();
    Plot plot =
        new Plot("Response functions", "weight variance", "chi")
            .size(460, 340)
            .line(
                "angular",
                "adaptive",
                variances,
                Readings.array(phase, "chi_perpendicular").values())
            .line("radial", "c1", variances, Readings.array(phase, "chi_parallel").values())
            .level("edge", 1);
    return new Figure(plot, "Response of angles and of lengths to a perturbation, per layer.");
  }

  private static Figure depthScales(Result phase) {
    double[] variances = Readings.array(phase, "weight_variance").values();
    Plot plot =
        new Plot("Depth scales", "weight variance", "layers")
            .size(460, 340)
            .logY()
            .line(
                "angular",
                "adaptive",
                variances,
                Readings.array(phase, "depth_perpendicular").values())
            .line("radial", "c1", variances, Readings.array(phase, "depth_parallel").values())
            .dashed(
                "correlations",
                "c2",
                variances,
                Readings.array(phase, "depth_correlation").values());
    return new Figure(plot, "Layers over which a perturbation fades by e.");
  }
}
