package org.richkernel.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.AdaptiveNbk;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.Search;
import org.richkernel.bayes.sweep.CrossCheck;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.fit.LazyFit;
import org.richkernel.group.RankGroup;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.LayerSummary;
import org.richkernel.solver.RunControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Fits the adaptive neural Bayesian kernel. */
@Command(
    name = "bayes",
    footer = {
      "  richkernel bayes --train-x x.csv --train-y y.csv \\",
      "    --test-x z.csv --gamma 1 --beta 10 --out fit"
    },
    description =
        "Fits the adaptive neural Bayesian kernel (aNBK, arXiv:2502.07998): the feature "
            + "kernel of the Bayesian posterior of an infinitely wide network at richness "
            + "gamma, with its predictor, and the kernel at initialisation (NNGP) beside it.")
final class BayesCommand implements Callable<Integer> {
  private final Console console;
  private final RankGroup ranks;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private DataOptions data = new DataOptions();
  @Mixin private NetworkOptions network = new NetworkOptions();

  private final Declared<SaddleOptions> saddle = new Declared<>(SaddleOptions.class, "beta");
  @Mixin private final CommandSpec saddleOptions = saddle.spec();

  @Mixin private NoiseOption noise = new NoiseOption();

  @Mixin private SearchOptions search = new SearchOptions();
  @Mixin private FiniteWidthOptions finiteWidth = new FiniteWidthOptions();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private RankOptions rankOptions = new RankOptions();
  @Mixin private LongRunOptions longRun = new LongRunOptions();

  /**
   * A command that writes to a console.
   *
   * @param ranks that fit together with this process
   */
  BayesCommand(Console console, RankGroup ranks) {
    this.console = console;
    this.ranks = ranks;
  }

  @Override
  public Integer call() {
    if (!rankOptions.given()) {
      return fit(console, ranks);
    }
    try (RankGroup met = rankOptions.join(longRun.out(), System.getenv())) {
      return fit(met.rank() == 0 ? console : console.withoutOutput(), met);
    }
  }

  private int fit(Console to, RankGroup group) {
    NetworkSpec described = network.network();
    SaddleOptions options = saddle.value(Map.of("beta", noise.beta()));
    Map<String, Object> resolved = new LinkedHashMap<>();
    network.resolve(resolved);
    noise.resolve(resolved);
    finiteWidth.check();
    if (finiteWidth.given()) {
      if (group.size() > 1) {
        throw new InvalidProblemException(
            "ranks", group.size(), "a finite width is fitted by one process; use 1");
      }
      search.refuseAtFiniteWidth();
      return finiteWidth.run(to, spec, described, options, data, run, longRun, resolved);
    }
    search.resolve(resolved);
    finiteWidth.resolveInfinite(resolved);
    Search more = search.search(options);
    more.start().ifPresent(start -> start.requireNetwork(described));
    return new FitRun<AdaptiveNbkFit>(to, spec, data, run, longRun)
        .among(group)
        .without(RankOptions.NAMES)
        .run(new Adaptive(described, options, more, search), resolved);
  }

  private record Adaptive(
      NetworkSpec network, SaddleOptions options, Search search, SearchOptions given)
      implements FitRun.Theory<AdaptiveNbkFit> {
    private AdaptiveNbk theory() {
      return AdaptiveNbk.of(network).options(options).search(search);
    }

    @Override
    public Map<String, Object> resolve(Datasets data, Backend backend) {
      given.requirePreprocessing(data.images(), data.standardization());
      Map<String, Object> taken = new LinkedHashMap<>();
      theory().form(data, backend).ifPresent(form -> taken.put("form", form.id()));
      theory().fields(data, backend).ifPresent(fields -> taken.put("fields", fields.id()));
      return taken;
    }

    @Override
    public List<String> notes(Datasets data, Backend backend) {
      int devices = theory().spread(data, backend);
      return devices == 1
          ? List.of()
          : List.of("the points of each chain are spread over " + devices + " devices");
    }

    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      List<MemoryPlan> plans = new ArrayList<>();
      plans.add(theory().plan(data, backend));
      theory().crossCheckPlan(data, backend).ifPresent(plans::add);
      theory().auditPlan(data, backend).ifPresent(plans::add);
      if (theory().formsKernels(data, backend)) {
        plans.add(theory().initialPlan(data, backend));
      }
      return plans;
    }

    @Override
    public Optional<AdaptiveNbkFit> fit(Datasets data, Backend backend, RunControl control) {
      return theory().fit(data, backend, control);
    }

    @Override
    public List<String> cautions(Datasets data, Backend backend) {
      return theory().stiffness(data, backend).stream().toList();
    }

    @Override
    public List<String> warnings(AdaptiveNbkFit fit) {
      List<String> warnings = new ArrayList<>();
      fit.crossCheck()
          .filter(check -> !check.agrees())
          .map(Adaptive::doubt)
          .ifPresent(warnings::add);
      fit.withoutKernels().ifPresent(warnings::add);
      warnings.addAll(CandidateEdges.of(fit.outcome().candidates()));
      return warnings;
    }

    private static String doubt(CrossCheck check) {
      if (!check.settled()) {
        return "the sweeps of the cross-check did not settle within --max-sweeps "
            + check.sweeps()
            + "; their kernels are in the result, but say little";
      }
      List<String> parts = new ArrayList<>();
      for (CrossCheck.Layer layer : check.layers()) {
        parts.add(
            String.format(
                Locale.ROOT,
                "%.2g +- %.1g",
                layer.difference().value(),
                layer.difference().error()));
      }
      return "the cross-check disagrees: relative differences of the layers' kernels are "
          + String.join(", ", parts)
          + "; raise --samples, and distrust both routes until they agree";
    }

    @Override
    public String shortfall(AdaptiveNbkFit fit) {
      boolean undecided =
          fit.outcome()
              .starts()
              .filter(starts -> starts.verdict() == Search.Verdict.UNDECIDED)
              .isPresent();
      return undecided && fit.solution().converged()
          ? "there are two solutions whose actions do not tell which one holds; raise --samples or"
              + " --max-sweeps, or lower --tolerance"
          : shortfall(fit.failures(), fit);
    }

    private String shortfall(List<String> failures, AdaptiveNbkFit fit) {
      if (failures.isEmpty()) {
        return FitRun.Theory.super.shortfall(fit);
      }
      String mend =
          fit.solution().certificate().lacksSamplesAlone(fit.tolerance())
              ? "; raise --samples"
              : "; raise --max-sweeps, --samples or --tolerance";
      return String.join("; ", failures) + mend;
    }

    @Override
    public List<LayerSummary> lazyLayers(AdaptiveNbkFit fit) {
      return fit.initial().map(LazyFit::layers).orElse(List.of());
    }
  }
}
