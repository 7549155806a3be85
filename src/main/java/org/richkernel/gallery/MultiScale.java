package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.data.Table;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.ParallelChains;

/** Discrepancies of a linear network of finite width from standard to mean-field scaling. */
final class MultiScale implements Page {
  private static final String NETWORK = "--hidden-layers=1 --activation=linear --beta=1";

  /** Share of the tree level's error that is allowed. */
  private static final double SHARE = 0.2;

  private static final Map<String, String> ORDERS = orders();

  private static Map<String, String> orders() {
    Map<String, String> orders = new LinkedHashMap<>();
    orders.put("tree", "tree level");
    orders.put("one_loop", "one loop");
    orders.put("rescaled", "kernel rescaling");
    return orders;
  }

  @Override
  public String name() {
    return "multiscale";
  }

  @Override
  public String title() {
    return "From standard to mean-field scaling";
  }

  @Override
  public String source() {
    return "arXiv:2502.03210, discrepancies over chi, theories of several orders beside the exact"
        + " posterior";
  }

  @Override
  public String shows() {
    return "The scale chi of the readout interpolates between standard (chi = 1) and mean-field"
        + " scaling (chi = N). The saddle point alone (tree level) misses how networks of finite"
        + " width learn, and has the wrong sign at chi = 1; fluctuations around it (one loop), or a"
        + " rescaled kernel, follow the posterior.";
  }

  @Override
  public List<Run> runs(Size size) {
    int width = size.of(20, 100, 400);
    String problem =
        NETWORK
            + size.of(
                " --train-size=10 --test-size=40",
                " --train-size=40 --test-size=400",
                " --train-size=160 --test-size=1000")
            + " --width="
            + width;
    List<String> gammas = new ArrayList<>();
    for (double chi : new double[] {1, Math.sqrt(width), width}) {
      gammas.add(Double.toString(Math.sqrt(chi / width)));
    }
    return List.of(
        Run.onData(
            "theory", "bayes --order=one-loop %s --chi=1:%s:%s", problem, width, size.of(3, 9, 13)),
        Run.onData(
            "networks",
            "sweep --over=gamma=%s finite --method=langevin %s --tolerance=%s",
            String.join(",", gammas),
            problem,
            size.of("0.05", "0.007", "0.003 --max-sweeps=10000")));
  }

  @Override
  public Findings findings(Results results) {
    Result theory = results.of("theory");
    List<Results.Swept> networks = results.swept("networks");
    double width = ((Number) theory.summary().config().get("width")).doubleValue();
    Curve finite =
        new Curve(
            networks.stream()
                .mapToDouble(run -> width * run.number("gamma") * run.number("gamma"))
                .toArray(),
            networks.stream().map(run -> discrepancy(run.result())).toList());
    double[] chi = Readings.array(theory, "path_chi").values();
    double[] exact = path(theory, "exact");
    double[] gaussian = path(theory, "gaussian");
    double[] tree = path(theory, "tree");
    List<Check> checks = new ArrayList<>();
    checks.add(
        Check.all(
            "At chi = 1 the tree level has the wrong sign: below the Gaussian process, where the"
                + " exact discrepancy is above it.",
            List.of(
                Check.less(
                    "",
                    "tree",
                    Measured.exact(tree[0]),
                    "Gaussian process",
                    Measured.exact(gaussian[0])),
                Check.less(
                    "",
                    "Gaussian process",
                    Measured.exact(gaussian[0]),
                    "exact",
                    Measured.exact(exact[0])))));
    checks.add(
        smallError(
            "One loop has at most a fifth of the tree level's error at every chi.",
            chi,
            path(theory, "one_loop"),
            tree,
            exact,
            SHARE));
    checks.add(
        smallError(
            "A rescaled kernel has at most half of it.",
            chi,
            path(theory, "rescaled"),
            tree,
            exact,
            0.5));
    List<Check> sampled = new ArrayList<>();
    for (int i = 0; i < finite.xs().length; i++) {
      int nearest = nearest(chi, finite.xs()[i]);
      sampled.add(
          Check.near(
              "",
              "chi " + Numbers.brief(chi[nearest]) + ": networks",
              finite.ys().get(i),
              "exact",
              Measured.exact(exact[nearest]),
              SHARE * Math.abs(tree[nearest] - exact[nearest])));
    }
    checks.add(
        Check.all(
            "Sampled networks are within a fifth of the tree level's error from the exact"
                + " posterior.",
            sampled));
    double worst = 0;
    double[] loop = path(theory, "one_loop");
    for (int i = 0; i < chi.length; i++) {
      worst = Math.max(worst, Math.abs((loop[i] - exact[i]) / (tree[i] - exact[i])));
    }
    return new Findings(
        "One loop removes at least "
            + Numbers.brief(Math.floor(1000 * (1 - worst)) / 10)
            + " % of the tree level's error at width "
            + Numbers.brief(width)
            + ".",
        List.of(
            Section.ofFigures(
                "figures",
                "Theories and networks",
                "The mean of y (y - <f>) over the training points, for a linear network, whose"
                    + " posterior is an integral in one dimension.",
                List.of(discrepancies(theory, chi, finite), errors(theory, chi, exact)))),
        checks);
  }

  private static double[] path(Result theory, String order) {
    return Readings.array(theory, "path_train_" + order).values();
  }

  private static Check smallError(
      String expected, double[] chi, double[] order, double[] tree, double[] exact, double share) {
    List<Check> parts = new ArrayList<>();
    for (int i = 0; i < chi.length; i++) {
      double error = Math.abs(order[i] - exact[i]);
      double allowed = Math.abs(tree[i] - exact[i]);
      String found = "chi " + Numbers.brief(chi[i]) + ": " + Numbers.brief(error / allowed);
      parts.add(Check.atMost("", found, Measured.exact(error), share * allowed));
    }
    return Check.all(expected, parts);
  }

  /** Index of the chi that a gamma, rounded to the digits of an option, was made for. */
  private static int nearest(double[] chi, double value) {
    int best = 0;
    for (int i = 1; i < chi.length; i++) {
      if (Math.abs(chi[i] - value) < Math.abs(chi[best] - value)) {
        best = i;
      }
    }
    return best;
  }

  /** Mean of y (y - f) = kappa y.v / P, of the chains of y.v. */
  private static Measured discrepancy(Result network) {
    Table draws = Readings.array(network, "history_yv");
    double[][] chains = new double[draws.columns()][draws.rows()];
    for (int i = 0; i < draws.rows(); i++) {
      for (int c = 0; c < chains.length; c++) {
        chains[c][i] = draws.get(i, c);
      }
    }
    Estimate mean = new ParallelChains(chains).sampleMean().estimate();
    double kappa = ((Number) network.summary().config().get("kappa")).doubleValue();
    double points = Readings.array(network, "y_train").rows();
    return new Measured(mean.value(), mean.error()).times(kappa / points);
  }

  private static Figure discrepancies(Result theory, double[] chi, Curve finite) {
    Plot plot =
        new Plot("Training discrepancy over the scale", "chi", "mean of y (y \u2212 f)")
            .size(460, 340)
            .logX();
    plot.line("exact", "adaptive", chi, path(theory, "exact"));
    plot.dashed("Gaussian process", "lazy", chi, path(theory, "gaussian"));
    int color = 1;
    for (Map.Entry<String, String> order : ORDERS.entrySet()) {
      plot.dashed(order.getValue(), "c" + color++, chi, path(theory, order.getKey()));
    }
    finite.points(plot, "networks", "c6");
    return new Figure(
        plot,
        "Exact posterior (line), theories (dashed), and networks sampled at the same width (points"
            + " with one standard error).");
  }

  private static Figure errors(Result theory, double[] chi, double[] exact) {
    Plot plot =
        new Plot("Distance from the exact posterior", "chi", "|difference|")
            .size(460, 340)
            .logX()
            .logY();
    int color = 1;
    for (Map.Entry<String, String> order : ORDERS.entrySet()) {
      double[] values = path(theory, order.getKey());
      double[] differences = new double[chi.length];
      for (int i = 0; i < chi.length; i++) {
        differences[i] = Math.abs(values[i] - exact[i]);
      }
      plot.line(order.getValue(), "c" + color, chi, differences)
          .points("", "c" + color++, chi, differences);
    }
    return new Figure(plot, "How far each theory is from the exact posterior. No sampling.");
  }
}
