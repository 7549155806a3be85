package org.richkernel.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.CriticalNbk;
import org.richkernel.LazyRegression;
import org.richkernel.MultiScaleNbk;
import org.richkernel.bayes.LargeData;
import org.richkernel.bayes.ReadoutForm;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.fit.CriticalFit;
import org.richkernel.fit.MultiScaleFit;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.option.Words;
import org.richkernel.result.LayerSummary;
import org.richkernel.solver.RunControl;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Options of the Bayesian theories at finite width: theory, width and scale. */
@HelpGroup("Finite width")
final class FiniteWidthOptions {
  private static final String TREE = "tree";
  private static final String ONE_LOOP = "one-loop";
  private static final String MAP = "map";
  private static final String STANDARD = "standard";
  private static final String MEAN_FIELD = "mean-field";

  @Option(
      names = "--order",
      paramLabel = "NAME",
      description =
          "tree (the saddle point), one-loop (with the fluctuations around it, one hidden layer of"
              + " --width neurons, arXiv:2502.03210) or map (kernels of maximum a posteriori of"
              + " all layers at finite --width, arXiv:2405.10761). Default: tree.")
  private @Nullable String order;

  @Option(
      names = "--width",
      paramLabel = "N",
      description =
          "Number of neurons of each hidden layer, for a theory of finite width. Default: "
              + "infinite.")
  private @Nullable Integer width;

  @Option(
      names = "--scaling",
      paramLabel = "NAME",
      description =
          "With --width: standard (chi = 1, gamma^2 = 1/N) or mean-field (chi = N, gamma = 1)."
              + " Default: standard, or what --chi says.")
  private @Nullable String scaling;

  @Option(
      names = "--chi",
      paramLabel = "C|A:B:N",
      description =
          "With --width: scale of the readout, chi = gamma^2 N, a positive pure number; A:B:N"
              + " solves at N scales from A to B, spaced by equal factors, and scores the last."
              + " Default: by --scaling.")
  private @Nullable String chi;

  /** Whether a theory of finite width is requested. */
  boolean given() {
    boolean infinite = order == null || order.equals(TREE);
    return !infinite || width != null || chi != null || STANDARD.equals(scaling);
  }

  /** Records the theory of infinite width, if no other is requested. */
  void resolveInfinite(Map<String, Object> options) {
    options.put("order", TREE);
  }

  /** Refuses unknown names in any theory. */
  void check() {
    require("order", order, List.of(TREE, ONE_LOOP, MAP));
    require("scaling", scaling, List.of(STANDARD, MEAN_FIELD));
  }

  private static void require(String option, @Nullable String value, List<String> names) {
    if (value != null) {
      Words.require(option, value, names);
    }
  }

  /**
   * Runs to the exit code.
   *
   * @param options those of the command; gamma and a default number of samples are replaced
   */
  int run(
      Console console,
      CommandSpec command,
      NetworkSpec network,
      SaddleOptions options,
      DataOptions data,
      RunOptions run,
      LongRunOptions longRun,
      Map<String, Object> resolved) {
    int neurons = neurons();
    refuse(command, "gamma", options.gamma(), "with --width it follows from chi = gamma^2 N");
    refuse(
        command,
        "determinant-weight",
        options.determinantWeight(),
        "theories of finite --width know the weight themselves");
    if (options.largeData().form() == ReadoutForm.DUAL) {
      throw new InvalidProblemException(
          "form",
          "dual",
          "theories of finite --width need P x P kernels; use --samples N --determinant-weight 1 for"
              + " the posterior of width N, or leave it out");
    }
    double[] scales = scales(neurons);
    resolved.put("order", order == null ? TREE : order);
    if (chi == null) {
      resolved.put("scaling", scaling == null ? STANDARD : scaling);
    }
    resolved.put("chi", scales.length == 1 ? scales[0] : chi);
    resolved.put("gamma", Math.sqrt(scales[scales.length - 1] / neurons));
    if (MAP.equals(order)) {
      if (scales.length > 1) {
        throw new InvalidProblemException("chi", chi, "order map takes one number");
      }
      boolean sampled = command.commandLine().getParseResult().hasMatchedOption("--samples");
      int samples = sampled ? options.samples() : MapOptions.defaults().samples();
      resolved.put("samples", samples);
      MapOptions map =
          new MapOptions(samples, options.seed(), options.tolerance(), options.maxSweeps());
      CriticalNbk theory =
          CriticalNbk.of(network, neurons).chi(scales[0]).beta(options.beta()).options(map);
      LazyRegression lazy = LazyRegression.of(network).kappa(options.kappa());
      return new FitRun<CriticalFit>(console, command, data, run, longRun)
          .without(SearchOptions.OF_INFINITE_WIDTH)
          .without(Declared.names(LargeData.class))
          .without(RankOptions.NAMES)
          .run(new Critical(theory, lazy), resolved);
    }
    if (network.hiddenLayers() != 1) {
      throw new InvalidProblemException(
          "hidden-layers",
          network.hiddenLayers(),
          "at finite --width, tree and one-loop need 1; use --order map for deeper networks");
    }
    MultiScaleNbk theory =
        MultiScaleNbk.of(network, neurons)
            .options(options.withLargeData(LargeData.primal()))
            .chi(scales)
            .order(
                ONE_LOOP.equals(order) ? MultiScaleNbk.Order.ONE_LOOP : MultiScaleNbk.Order.TREE);
    LazyRegression lazy = LazyRegression.of(network).kappa(options.kappa());
    return new FitRun<MultiScaleFit>(console, command, data, run, longRun)
        .without(SearchOptions.OF_INFINITE_WIDTH)
        .without(Declared.names(LargeData.class))
        .without(RankOptions.NAMES)
        .run(new MultiScale(theory, lazy), resolved);
  }

  private int neurons() {
    if (width == null) {
      throw new InvalidProblemException(
          "width",
          "missing",
          "--order "
              + (order == null ? TREE : order)
              + " with these options is a theory of finite width; give the number of neurons");
    }
    if (width < 1) {
      throw new InvalidProblemException("width", width, "use at least 1 neuron");
    }
    return width;
  }

  private double[] scales(int neurons) {
    if (chi != null && scaling != null) {
      throw new InvalidProblemException(
          "scaling", scaling, "--chi " + chi + " says the same; give one of them");
    }
    if (chi == null) {
      return new double[] {MEAN_FIELD.equals(scaling) ? neurons : 1};
    }
    double[] scales = NumberRange.geometric("chi", chi);
    for (double scale : scales) {
      if (!(scale > 0) || Double.isInfinite(scale)) {
        throw new InvalidProblemException(
            "chi", chi, "use positive finite numbers; 1 is standard, N mean-field scaling");
      }
    }
    return scales;
  }

  private static void refuse(CommandSpec command, String option, double value, String why) {
    if (command.commandLine().getParseResult().hasMatchedOption("--" + option)) {
      throw new InvalidProblemException(
          option, String.format(Locale.ROOT, "%s", value), why + "; leave it out");
    }
  }

  private record Critical(CriticalNbk theory, LazyRegression lazy)
      implements FitRun.Theory<CriticalFit> {
    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      return List.of(theory.plan(data), lazy.plan(data, backend));
    }

    @Override
    public Optional<CriticalFit> fit(Datasets data, Backend backend, RunControl control) {
      return theory.fit(data, backend, control);
    }

    @Override
    public List<LayerSummary> lazyLayers(CriticalFit fit) {
      return fit.lazy().layers();
    }
  }

  private record MultiScale(MultiScaleNbk theory, LazyRegression lazy)
      implements FitRun.Theory<MultiScaleFit> {
    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      return List.of(theory.plan(data, backend), lazy.plan(data, backend));
    }

    @Override
    public Optional<MultiScaleFit> fit(Datasets data, Backend backend, RunControl control) {
      return theory.fit(data, backend, control);
    }

    @Override
    public List<LayerSummary> lazyLayers(MultiScaleFit fit) {
      return fit.lazy().layers();
    }
  }
}
