package org.richkernel.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.LazyRegression;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.data.Datasets;
import org.richkernel.fit.LazyFit;
import org.richkernel.lazy.InducingFit;
import org.richkernel.lazy.InducingOptions;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyForm;
import org.richkernel.option.Words;
import org.richkernel.result.LayerSummary;
import org.richkernel.solver.RunControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fits a kernel at initialisation. */
@Command(
    name = "lazy",
    footer = {
      "  richkernel lazy --train-x x.npy --train-y y.npy \\",
      "    --test-x z.npy --kernel ntk --out lazy"
    },
    description =
        "Kernel ridge regression with the kernel of an infinitely wide network at "
            + "initialisation: NNGP (arXiv:1711.00165) or NTK (arXiv:1806.07572), in closed "
            + "form.")
final class LazyCommand implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private DataOptions data = new DataOptions();
  @Mixin private NetworkOptions network = new NetworkOptions();

  @Option(
      names = "--kernel",
      paramLabel = "NAME",
      defaultValue = "nngp",
      description = "nngp or ntk. Default: ${DEFAULT-VALUE}.")
  private KernelKind kernel = KernelKind.NNGP;

  @Option(
      names = "--form",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "How the P x P system is held: dense in memory; tiled in a scratch file of 4 P^2 bytes in"
              + " the --out folder, a block of rows at a time; inducing, an approximation on"
              + " --inducing points that says how far it may be from the exact fit. The last two"
              + " need a kappa above 0. auto takes tiles where memory does not suffice, and never"
              + " the approximation. Default: ${DEFAULT-VALUE}.")
  private String form = "auto";

  @Option(
      names = "--tiles",
      paramLabel = "NAME",
      defaultValue = "float64",
      description =
          "Precision of the factor of --form tiled: float64, or float32 for half of the disk, whose"
              + " solution conjugate gradients in float64 mend. Default: ${DEFAULT-VALUE}.")
  private String tiles = "float64";

  private final Declared<InducingOptions> inducing = new Declared<>(InducingOptions.class, "seed");

  @Mixin private final CommandSpec inducingOptions = inducing.spec();

  @Option(
      names = "--save-kernels-up-to",
      paramLabel = "P",
      defaultValue = "5000",
      description =
          "Most training points, an integer, whose P x P kernels are saved. Default:"
              + " ${DEFAULT-VALUE}.")
  private int kernelsUpTo = 5000;

  @Mixin private NoiseOption noise = new NoiseOption();

  @Mixin private ClosedFormOptions closedForm = new ClosedFormOptions();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private LongRunOptions longRun = new LongRunOptions();

  /** A command that writes to a console. */
  LazyCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    LazyForm chosen = Words.constant("form", LazyForm.class, form);
    LazyRegression regression =
        LazyRegression.of(network.network())
            .kernel(kernel)
            .kappa(noise.kappa())
            .inducing(inducing.value(Map.of("seed", closedForm.seed())))
            .tiles(Words.constant("tiles", Precision.class, tiles))
            .form(chosen, longRun.out())
            .keepKernelsUpTo(kernelsUpTo);
    closedForm.check(console);
    Map<String, Object> resolved = new LinkedHashMap<>();
    network.resolve(resolved);
    noise.resolve(resolved);
    closedForm.resolve(resolved);
    Set<String> foreign = chosen == LazyForm.INDUCING ? Set.of() : inducing.names();
    return new FitRun<LazyFit>(console, spec, data, run, longRun)
        .without(foreign)
        .run(new Lazy(regression), resolved);
  }

  /** The closed form as a run sees it. */
  record Lazy(LazyRegression regression) implements FitRun.Theory<LazyFit> {
    @Override
    public Map<String, Object> resolve(Datasets data, Backend backend) {
      return Map.of("form", regression.chosenForm(data, backend).id());
    }

    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      return regression.plans(data, backend);
    }

    @Override
    public String lessMemory() {
      return "lower --train-size or --test-size, or take --form inducing with few --inducing"
          + " points";
    }

    @Override
    public Optional<LazyFit> fit(Datasets data, Backend backend, RunControl control) {
      return regression.fit(data, backend, control);
    }

    @Override
    public String shortfall(LazyFit fit) {
      Optional<InducingFit> inducing = fit.solution().inducing();
      if (inducing.isPresent()) {
        return String.format(
            Locale.ROOT,
            "after %d steps the residual is %.2g and the tolerance %.2g; raise --max-iterations,"
                + " --inducing or --kappa, or the --tolerance",
            inducing.get().iterations(),
            inducing.get().residual(),
            inducing.get().tolerance());
      }
      return String.format(
          Locale.ROOT,
          "kappa = 0 and the kernel is singular, so a jitter of %.2g was added to its diagonal,"
              + " which moves the predictions; give --kappa, or leave out rows of --train-x that"
              + " depend on others",
          fit.solution().fit().jitter());
    }

    @Override
    public List<LayerSummary> lazyLayers(LazyFit fit) {
      return List.of();
    }
  }
}
