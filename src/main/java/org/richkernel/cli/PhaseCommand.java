package org.richkernel.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.report.ReportWriter;
import org.richkernel.study.PhaseDiagram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Draws the phase diagram of deep networks around the edge of chaos. */
@Command(
    name = "phase",
    footer = "  richkernel phase --activation erf --weight-variance 0.5:1.9:29 --out phase",
    description =
        "Phase diagram over the weight variance: response functions, depth scales, the edge of"
            + " chaos, and how the adaptation of kernels to data grows towards it"
            + " (arXiv:2405.10761). With --train-x and --width, the linear response of every"
            + " layer's kernel to the data too.")
final class PhaseCommand implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--weight-variance",
      paramLabel = "A:B:N",
      defaultValue = "0.5:1.9:29",
      description =
          "Prior variance of the weights of all layers, in units of 1/fan-in: N values from A to"
              + " B. Default: ${DEFAULT-VALUE}.")
  private String weightVariance = "0.5:1.9:29";

  @Option(
      names = "--bias-variance",
      paramLabel = "G",
      defaultValue = "0.05",
      description =
          "Prior variance of the biases, in units of the squared preactivation. Default:"
              + " ${DEFAULT-VALUE}.")
  private double biasVariance = 0.05;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      defaultValue = "erf",
      description = "relu, tanh, erf (erf(h)) or linear. Default: ${DEFAULT-VALUE}.")
  private Activation activation = Activation.ERF;

  @Option(
      names = "--hidden-layers",
      paramLabel = "L",
      defaultValue = "8",
      description = "Number of hidden layers. Default: ${DEFAULT-VALUE}.")
  private int hiddenLayers = 8;

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "Number of neurons of each hidden layer; needed with --train-x. Default: none.")
  private @Nullable Integer width;

  @Mixin private NoiseOption noise = new NoiseOption();

  @Option(
      names = "--samples",
      paramLabel = "S",
      defaultValue = "5000",
      description =
          "Number of samples of each of four sets that the four-point averages are taken over. "
              + "Default:"
              + " ${DEFAULT-VALUE}.")
  private int samples = 5000;

  @Mixin private SeedOption seed = new SeedOption();

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private LongRunOptions longRun = new LongRunOptions();

  /** A command that writes to a console. */
  PhaseCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (ControlledRun course = new ControlledRun(console, run, longRun)) {
      return diagram(course, System.nanoTime());
    }
  }

  private int diagram(ControlledRun course, long start) {
    double[] sweep = NumberRange.linear("weight-variance", weightVariance);
    if (sweep.length < 2) {
      throw new InvalidProblemException(
          "weight-variance", weightVariance, "a diagram needs a range A:B:N");
    }
    NetworkSpec network = NetworkSpec.of(hiddenLayers, activation).withBiasVariance(biasVariance);
    PhaseDiagram diagram = PhaseDiagram.of(network, sweep);
    Map<String, @Nullable Object> options = OptionRecord.of(Objects.requireNonNull(spec));
    run.resolve(options);
    noise.resolve(options);
    if (given("--train-x") || given("--train-y")) {
      return withData(diagram, options, course, start);
    }
    if (width != null) {
      throw new InvalidProblemException(
          "width", width, "name the data that the kernels adapt to with --train-x and --train-y");
    }
    if (longRun.dryRun()) {
      console.line(new MemoryPlan().describe().stripTrailing());
      return ExitCode.DONE;
    }
    return course.compute(
        Map.of(), control -> Optional.of(diagram), done -> () -> finish(done, options, start, 0));
  }

  private boolean given(String option) {
    return Objects.requireNonNull(spec).commandLine().getParseResult().hasMatchedOption(option);
  }

  private int withData(
      PhaseDiagram diagram,
      Map<String, @Nullable Object> options,
      ControlledRun course,
      long start) {
    if (width == null) {
      throw new InvalidProblemException(
          "width", "missing", "the response to data is of order 1/N; give the number of neurons");
    }
    if (samples < MapOptions.MIN_SAMPLES) {
      throw new InvalidProblemException(
          "samples", samples, "use at least " + MapOptions.MIN_SAMPLES);
    }
    PhaseDiagram.Settings settings =
        new PhaseDiagram.Settings(width, noise.beta(), samples, seed.value());
    long reading = System.nanoTime();
    Datasets points = data.reader().read();
    run.announce(points.reading(), console);
    double readSeconds = (System.nanoTime() - reading) * 1e-9;
    data.resolve(options, points);
    List<MemoryPlan> plan = List.of(diagram.plan(points, settings));
    try (Backend backend = run.open(console)) {
      if (course.endsWithPlan(plan, backend, "lower --train-size or --samples")) {
        return course.timeSteps(plan, control -> diagram.on(points, settings, backend, control));
      }
      return course.compute(
          OptionRecord.fingerprint(options, points, backend.info().name()),
          control -> diagram.on(points, settings, backend, control),
          full -> () -> finish(full, options, start, readSeconds));
    }
  }

  private int finish(
      PhaseDiagram diagram, Map<String, @Nullable Object> options, long start, double readSeconds) {
    Path out = longRun.out();
    diagram.save(out, options, (System.nanoTime() - start) * 1e-9, readSeconds);
    Path report = ReportWriter.write(out);
    if (!run.quiet()) {
      console.line(
          String.format(
              Locale.ROOT,
              "critical weight variance  %.6f%nreport                    %s",
              diagram.critical(),
              report));
    }
    return ExitCode.DONE;
  }
}
