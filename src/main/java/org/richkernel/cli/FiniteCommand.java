package org.richkernel.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.FiniteNetwork;
import org.richkernel.FinitePosterior;
import org.richkernel.FiniteTraining;
import org.richkernel.LazyRegression;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.finite.LangevinOptions;
import org.richkernel.fit.FinitePosteriorFit;
import org.richkernel.fit.FiniteTrainingFit;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.LayerSummary;
import org.richkernel.solver.RunControl;
import org.richkernel.study.WidthTraining;
import org.richkernel.study.WidthTrainingFit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs networks of finite width. */
@Command(
    name = "finite",
    footer = {
      "  richkernel finite --method gd --width 512 \\",
      "    --train-x x.npy --train-y y.npy --out nets"
    },
    description =
        "Networks of finite width as the experiment that a theory is compared with: the Bayesian "
            + "posterior, sampled in the weights (--method langevin, beside bayes), or gradient "
            + "descent of several networks (--method gd, beside dynamics).")
final class FiniteCommand implements Callable<Integer> {
  private static final String LESS_MEMORY = "lower --width, --train-size or --test-size";

  /** Method applied to the networks. */
  enum Method {
    /** Gradient descent. */
    GD,
    /** Posterior. */
    LANGEVIN
  }

  private final Console console;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private DataOptions data = new DataOptions();
  @Mixin private NetworkOptions network = new NetworkOptions();

  @Option(
      names = "--method",
      paramLabel = "NAME",
      description =
          "gd, or langevin with the likelihood exp(-B N G^2/2 sum (y-f)^2), to which the noise "
              + "(--beta or --kappa) belongs. Required.")
  private @Nullable Method method;

  @Option(
      names = "--width",
      paramLabel = "N",
      defaultValue = "1024",
      description = "Number of neurons of each hidden layer. Default: ${DEFAULT-VALUE}.")
  private int width;

  @Option(
      names = "--repeats",
      paramLabel = "R",
      defaultValue = "4",
      description =
          "Number of independent networks (gd) or Markov chains (langevin). Default: "
              + "${DEFAULT-VALUE}.")
  private int repeats;

  @Option(
      names = "--gamma",
      paramLabel = "G",
      defaultValue = "1",
      description =
          "Richness, a pure number above 0; langevin takes 0 too. Default: ${DEFAULT-VALUE}.")
  private double gamma;

  @Option(
      names = "--samples",
      paramLabel = "S",
      defaultValue = "0",
      description =
          "Number of samples; accepted so that one --config file serves several commands: networks"
              + " have --width neurons instead. Default: ${DEFAULT-VALUE}.")
  private int samples;

  @Mixin private WidthScalingOptions several = new WidthScalingOptions();
  @Mixin private SeedOption seed = new SeedOption();

  @Mixin private NoiseOption noise = new NoiseOption();

  private final Declared<LangevinOptions> chains =
      new Declared<>(
          "Posterior (--method langevin)",
          LangevinOptions.class,
          "gamma",
          "beta",
          "width",
          "repeats",
          "seed");

  @Mixin private final CommandSpec chainOptions = chains.spec();

  private final Declared<DynamicsOptions> descent =
      new Declared<>(
          "Gradient descent (--method gd)",
          DynamicsOptions.class,
          "gamma",
          "samples",
          "save-history",
          "seed",
          "step-size",
          "record-every");

  @Mixin private OpenDescentOptions open = new OpenDescentOptions();
  @Mixin private final CommandSpec descentOptions = descent.spec();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private LongRunOptions longRun = new LongRunOptions();

  /** A command that writes to a console. */
  FiniteCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (method == null) {
      throw new InvalidProblemException("method", "missing", "use gd or langevin");
    }
    noteSamples();
    NetworkSpec described = network.network();
    FiniteNetwork networks = FiniteNetwork.of(described, width).repeats(repeats);
    Map<String, Object> resolved = new LinkedHashMap<>();
    network.resolve(resolved);
    if (method == Method.GD) {
      Set<String> ofPosterior = new TreeSet<>(chains.names());
      ofPosterior.addAll(Set.of("beta", "kappa"));
      refuse(ofPosterior);
      if (several.given()) {
        return runWidths(described, ofPosterior, resolved);
      }
      several.requireUnused(Objects.requireNonNull(spec));
      FiniteTraining training =
          networks.training().options(descent.values()).gamma(gamma).seed(seed.value());
      Double stepSize = open.stepSize();
      Integer recordEvery = open.recordEvery();
      training = stepSize == null ? training : training.stepSize(stepSize);
      training = recordEvery == null ? training : training.recordEvery(recordEvery);
      return new FitRun<FiniteTrainingFit>(console, spec, data, run, longRun)
          .without(withSamples(ofPosterior))
          .run(new Training(training), resolved);
    }
    several.requireUnused(Objects.requireNonNull(spec));
    Set<String> ofDescent = new TreeSet<>(descent.names());
    ofDescent.addAll(Set.of("step-size", "record-every"));
    refuse(ofDescent);
    noise.resolve(resolved);
    FinitePosterior posterior =
        networks
            .posterior()
            .gamma(gamma)
            .beta(noise.beta())
            .seed(seed.value())
            .options(chains.values());
    LazyRegression lazy = LazyRegression.of(described).kappa(1 / noise.beta());
    return new FitRun<FinitePosteriorFit>(console, spec, data, run, longRun)
        .without(withSamples(ofDescent))
        .run(new Posterior(posterior, lazy), resolved);
  }

  /** Networks of several widths on the same batches. */
  private int runWidths(
      NetworkSpec described, Set<String> ofPosterior, Map<String, Object> resolved) {
    refuse(Set.of("width"));
    Double stepSize = open.stepSize();
    if (stepSize == null) {
      throw new InvalidProblemException(
          "step-size", "missing", "networks of several --widths need it; try 0.1");
    }
    DynamicsOptions options =
        DynamicsOptions.of(gamma, 100, stepSize).with(descent.values()).withSeed(seed.value());
    Integer every = open.recordEvery();
    options = options.withRecordEvery(every == null ? Math.max(1, options.steps() / 20) : every);
    WidthTraining training = WidthTraining.of(described, options, several.options(repeats));
    resolved.putAll(training.describe());
    Set<String> foreign = new TreeSet<>(ofPosterior);
    foreign.add("width");
    return new FitRun<WidthTrainingFit>(console, spec, data, run, longRun)
        .without(withSamples(foreign))
        .run(new Widths(training), resolved);
  }

  private record Widths(WidthTraining training) implements FitRun.Theory<WidthTrainingFit> {
    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      return List.of(training.plan(data));
    }

    @Override
    public Optional<WidthTrainingFit> fit(Datasets data, Backend backend, RunControl control) {
      return training.fit(data, backend, control);
    }

    @Override
    public List<LayerSummary> lazyLayers(WidthTrainingFit fit) {
      return List.of();
    }

    @Override
    public String lessMemory() {
      return "lower the largest of --widths, --batch-size or --test-size";
    }

    @Override
    public String shortfall(WidthTrainingFit fit) {
      return "networks of width "
          + fit.outcome().divergence().orElseThrow()
          + " diverged; lower --step-size";
    }
  }

  private void noteSamples() {
    if (samples < 0) {
      throw new InvalidProblemException("samples", samples, "use at least 0");
    }
    if (samples > 0) {
      console.warn("--samples has no effect: networks have --width neurons");
    }
  }

  /** Names of options without a meaning here, with that of the samples. */
  private static Set<String> withSamples(Set<String> names) {
    Set<String> all = new TreeSet<>(names);
    all.add("samples");
    return all;
  }

  /** Complains about options that the method does not have. */
  private void refuse(Set<String> names) {
    for (String name : new TreeSet<>(names)) {
      if (spec != null && spec.commandLine().getParseResult().hasMatchedOption("--" + name)) {
        throw new InvalidProblemException(
            name,
            "given",
            "--method " + String.valueOf(method).toLowerCase(Locale.ROOT) + " has no such option");
      }
    }
  }

  private record Posterior(FinitePosterior posterior, LazyRegression lazy)
      implements FitRun.Theory<FinitePosteriorFit> {
    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      return List.of(posterior.plan(data, backend), lazy.plan(data, backend));
    }

    @Override
    public Optional<FinitePosteriorFit> fit(Datasets data, Backend backend, RunControl control) {
      return posterior.fit(data, backend, control);
    }

    @Override
    public List<LayerSummary> lazyLayers(FinitePosteriorFit fit) {
      return fit.lazy().layers();
    }

    @Override
    public String lessMemory() {
      return LESS_MEMORY;
    }

    @Override
    public String shortfall(FinitePosteriorFit fit) {
      return String.join("; ", fit.failures())
          + "; raise --max-sweeps or --repeats, or the --tolerance";
    }
  }

  /** The training; with data also the options that are not set. */
  private static final class Training implements FitRun.Theory<FiniteTrainingFit> {
    private FiniteTraining training;

    Training(FiniteTraining training) {
      this.training = training;
    }

    @Override
    public Map<String, Object> resolve(Datasets data, Backend backend) {
      training = training.resolved(data, backend);
      return training.describe();
    }

    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      return List.of(training.plan(data));
    }

    @Override
    public Optional<FiniteTrainingFit> fit(Datasets data, Backend backend, RunControl control) {
      return training.fit(data, backend, control);
    }

    @Override
    public List<LayerSummary> lazyLayers(FiniteTrainingFit fit) {
      return List.of();
    }

    @Override
    public String lessMemory() {
      return LESS_MEMORY;
    }

    @Override
    public String shortfall(FiniteTrainingFit fit) {
      return "the training " + fit.solution().outcome();
    }
  }
}
