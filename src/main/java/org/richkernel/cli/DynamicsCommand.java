package org.richkernel.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.Dynamics;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.NetworkComparison;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.fit.DynamicsFit;
import org.richkernel.network.Convolutions;
import org.richkernel.result.LayerSummary;
import org.richkernel.solver.RunControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Follows gradient descent of an infinitely wide network. */
@Command(
    name = "dynamics",
    footer = {
      "  richkernel dynamics \\",
      "    --train-x x.npy --train-y y.npy --gamma 0.5 --steps 200 --out flow"
    },
    description =
        "Follows gradient descent of an infinitely wide network that learns features, by "
            + "dynamical mean-field theory (arXiv:2205.09653): outputs and kernels over time, the "
            + "adaptive NTK at the end, and the lazy limit (static NTK) beside it.")
final class DynamicsCommand implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private DataOptions data = new DataOptions();
  @Mixin private NetworkOptions network = new NetworkOptions();

  private final Declared<DynamicsOptions> descent =
      new Declared<>(DynamicsOptions.class, "steps", "step-size", "record-every");

  @Mixin private final CommandSpec descentOptions = descent.spec();

  @Option(
      names = "--steps",
      paramLabel = "T",
      description =
          "Number of steps of gradient descent. Default: 100; with one hidden layer and no "
              + "--step-size a "
              + "gradient flow to its fixed point.")
  private @Nullable Integer steps;

  @Mixin private OpenDescentOptions open = new OpenDescentOptions();

  @Mixin private MaximalUpdateOptions parametrized = new MaximalUpdateOptions();

  @Option(
      names = "--solver",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "causal (any network, one pass, sampled), alternating (fixed-point iteration, for "
              + "comparison), linear (algebra, linear networks), one-hidden (gradient flow of one "
              + "hidden layer) or auto: linear for linear networks, one-hidden for one hidden "
              + "layer "
              + "without --steps, --step-size, --batch-size and --compare, otherwise causal. "
              + "Default: ${DEFAULT-VALUE}.")
  private SolverKind solver = SolverKind.AUTO;

  @Option(
      names = "--approximation",
      paramLabel = "NAME",
      defaultValue = "none",
      description =
          "none, static-ntk (kernels frozen at the start), gradient-independence (no responses "
              + "between layers) or perturbative (kernels to order gamma^2; 1 or 2 hidden layers, "
              + "smooth activations). Default: ${DEFAULT-VALUE}.")
  private Approximation approximation = Approximation.NONE;

  @Option(
      names = "--compare",
      negatable = true,
      description =
          "Solve every approximation that applies beside the full theory, and draw all in one "
              + "plot. Default: off.")
  private boolean compare;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "What counts as converged, a pure number: for causal the largest relative bias and error "
              + "of finite samples, for one-hidden the relative residual of the fixed point, for "
              + "alternating the relative change of the kernels. Default: the solver's own, 0.05, "
              + "0.001 and 0.001.")
  private @Nullable Double tolerance;

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private LongRunOptions longRun = new LongRunOptions();

  /** A command that writes to a console. */
  DynamicsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Map<String, Object> values = new LinkedHashMap<>(descent.values());
    Map<String, Object> resolved = new LinkedHashMap<>();
    Optional<Double> eta = Optional.ofNullable(open.stepSize());
    Optional<String> translation = Optional.empty();
    if (parametrized.isGiven()) {
      double stepSize = parametrized.translate(eta, values, Objects.requireNonNull(spec));
      translation = eta.map(rate -> parametrized.translation(rate, values));
      if (!run.quiet()) {
        translation.ifPresent(console::line);
      }
      eta = Optional.of(stepSize);
      MaximalUpdateOptions.resolve(resolved);
    }
    Dynamics theory = theory(values, eta);
    network.resolve(resolved);
    return new FitRun<DynamicsFit>(console, spec, data, run, longRun)
        .run(new Trained(theory, network.network().convolutions(), translation), resolved);
  }

  private Dynamics theory(Map<String, Object> values, Optional<Double> eta) {
    Dynamics theory =
        Dynamics.of(network.network())
            .options(values)
            .solver(solver)
            .approximation(approximation)
            .compare(compare);
    theory = steps == null ? theory : theory.steps(steps);
    theory = eta.isPresent() ? theory.stepSize(eta.get()) : theory;
    Integer recordEvery = open.recordEvery();
    theory = recordEvery == null ? theory : theory.recordEvery(recordEvery);
    return tolerance == null ? theory : theory.tolerance(tolerance);
  }

  /** The theory; with data also the options that are not set. */
  private static final class Trained implements FitRun.Theory<DynamicsFit> {
    private final Optional<Convolutions> convolutions;
    private final Optional<String> translation;
    private Dynamics theory;

    /** A theory, and in whose numbers the options of the command are. */
    Trained(Dynamics theory, Optional<Convolutions> convolutions, Optional<String> translation) {
      this.theory = theory;
      this.convolutions = convolutions;
      this.translation = translation;
    }

    @Override
    public Map<String, Object> resolve(Datasets data, Backend backend) {
      theory = theory.resolved(data, backend);
      return theory.describe();
    }

    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      return theory.plans(data, backend);
    }

    @Override
    public Optional<DynamicsFit> fit(Datasets data, Backend backend, RunControl control) {
      return theory.fit(data, backend, control);
    }

    @Override
    public List<LayerSummary> lazyLayers(DynamicsFit fit) {
      return fit.lazyLayers();
    }

    @Override
    public List<String> cautions(Datasets data, Backend backend) {
      return theory.cheaper(data, backend).map(List::of).orElse(List.of());
    }

    @Override
    public String lessMemory() {
      return "lower --train-size, --test-size, --steps or --samples"
          + convolutions
              .map(layers -> ", or train networks: " + NetworkComparison.command(layers))
              .orElse("");
    }

    @Override
    public String shortfall(DynamicsFit fit) {
      // the advice is in mean-field numbers, the options of the command may be in others
      return fit.outcome() + translation.map(line -> "; " + line).orElse("");
    }
  }
}
