package org.richkernel.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.limit.Parametrization;
import org.richkernel.limit.ScalingOptions;
import org.richkernel.report.ReportWriter;
import org.richkernel.study.WidthScaling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Classifies an abc-parametrization. */
@Command(
    name = "abc",
    footer = "  richkernel abc --a 0,1/2,1 --b 0,1/2,1/2 --c 0 --out abc",
    description =
        "Where a parametrization of the width leads (arXiv:2011.14522, arXiv:2308.01814): W^l ="
            + " n^{-a_l} w^l, w^l ~ N(0, n^{-2 b_l}), learning rates eta n^{-c_l}. Says in exact"
            + " fractions whether it is stable, learns features, or is in the kernel regime, with"
            + " which kernel; with --train, as networks of several widths show it.")
final class AbcCommand implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private ParametrizationOptions parametrization = new ParametrizationOptions();
  @Mixin private TrainedWidthOptions trained = new TrainedWidthOptions();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private LongRunOptions longRun = new LongRunOptions();

  /** A command that writes to a console. */
  AbcCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (ControlledRun course = new ControlledRun(console, run, longRun)) {
      return classify(course, System.nanoTime());
    }
  }

  private int classify(ControlledRun course, long start) {
    CommandSpec command = Objects.requireNonNull(spec);
    Parametrization described = parametrization.parametrization();
    WidthScaling scaling = WidthScaling.of(described);
    Map<String, @Nullable Object> options = OptionRecord.of(command);
    run.resolve(options);
    if (trained.given()) {
      return train(scaling, trained.options(described), options, course, start);
    }
    trained.requireUnused(command);
    if (longRun.dryRun()) {
      console.line(new MemoryPlan().describe().stripTrailing());
      return ExitCode.DONE;
    }
    return course.compute(
        Map.of(), control -> Optional.of(scaling), done -> () -> finish(done, options, start));
  }

  private int train(
      WidthScaling scaling,
      ScalingOptions networks,
      Map<String, @Nullable Object> options,
      ControlledRun course,
      long start) {
    options.put("step-size", networks.stepSize());
    List<MemoryPlan> plan = List.of(scaling.plan(networks));
    try (Backend backend = run.open(console)) {
      if (course.endsWithPlan(plan, backend, "lower --widths or --steps")) {
        return ExitCode.DONE;
      }
      return course.compute(
          Map.of(),
          control -> scaling.trained(networks, backend, control),
          done ->
              () -> {
                int code = finish(done, options, start);
                trained.dump().ifPresent(done::dump);
                return code;
              });
    }
  }

  private int finish(WidthScaling scaling, Map<String, @Nullable Object> options, long start) {
    Path out = longRun.out();
    scaling.save(out, options, (System.nanoTime() - start) * 1e-9);
    Path report = ReportWriter.write(out);
    if (!run.quiet()) {
      scaling.lines().forEach(console::line);
      console.line(String.format("%-18s%s", "report", report));
    }
    return ExitCode.DONE;
  }
}
