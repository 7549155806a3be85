package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.ImageClasses;
import org.richkernel.limit.fewshot.FewShotOptions;
import org.richkernel.limit.fewshot.MetaSchedule;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.report.ReportWriter;
import org.richkernel.study.FewShot;
import org.richkernel.study.FewShotFit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Meta-learning in the exact limit of infinite width. */
@Command(
    name = "few-shot",
    footer = "  richkernel few-shot --images omniglot.zip --widths inf,512,32 --out few",
    description =
        "Few-shot learning by first-order MAML (arXiv:2011.14522, section 9.2): one-hidden-layer"
            + " linear networks in the exact limit of infinite width and at finite widths, and the"
            + " NNGP and NTK, on the same tasks; accuracies with errors over tasks and paired"
            + " differences.")
final class FewShotCommand implements Callable<Integer> {
  private static final List<Integer> MARKS = List.of(0, 100, 300, 1000);

  private final Console console;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private ImageSourceOptions source = new ImageSourceOptions();

  @Option(
      names = "--train-classes",
      paramLabel = "N",
      description =
          "Number of classes to learn from, the first; those after --tune-classes more are"
              + " evaluated on. Default: two thirds of all.")
  private @Nullable Integer trainClasses;

  @Option(
      names = "--tune-classes",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Number of classes that rates are chosen on, the next. Default: ${DEFAULT-VALUE}.")
  private int tuneClasses;

  @Option(
      names = "--rotations",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Let each class stand four times, turned by quarter turns; --no-rotations leaves it at"
              + " one. Default: on.")
  private boolean rotations = true;

  @Mixin private FewShotModelOptions models = new FewShotModelOptions();

  private final Declared<FewShotOptions> episodes = new Declared<>(FewShotOptions.class);

  @Mixin private final CommandSpec episodeOptions = episodes.spec();

  @Option(
      names = "--evaluate-at",
      paramLabel = "T1,...",
      description =
          "Number of meta-steps done before each evaluation. Default: those of 0,100,300,1000 up"
              + " to --meta-steps, and the last.")
  private @Nullable String evaluateAt;

  @Option(
      names = "--inner-rates",
      paramLabel = "ETA1,...",
      defaultValue = "0.4",
      description =
          "Step size on a task, a pure number; each curve takes the best of several, with"
              + " --meta-rates, on the tasks of --tune-classes. Default: ${DEFAULT-VALUE}.")
  private String innerRates = "0.4";

  @Option(
      names = "--meta-rates",
      paramLabel = "ETA1,...",
      defaultValue = "0.4",
      description =
          "Step size of the outer gradient, a pure number; several as for --inner-rates. Default:"
              + " ${DEFAULT-VALUE}.")
  private String metaRates = "0.4";

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private LongRunOptions longRun = new LongRunOptions();

  /** A command that writes to a console. */
  FewShotCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (ControlledRun course = new ControlledRun(console, run, longRun)) {
      return learn(course, System.nanoTime());
    }
  }

  private int learn(ControlledRun course, long start) {
    FewShotOptions options = episodes.value();
    List<Integer> marks = marks(options.metaSteps());
    MetaSchedule schedule =
        new MetaSchedule(
            marks, numbers("inner-rates", innerRates), numbers("meta-rates", metaRates));
    models.models(1, options.ways()); // refuses invalid models before files are read
    ImageClasses images = source.read();
    double readSeconds = (System.nanoTime() - start) * 1e-9;
    if (!run.quiet()) {
      console.line(images.line());
    }
    int train = trainClasses == null ? images.count() * 2 / 3 : trainClasses;
    FewShot problem =
        FewShot.of(
            images,
            new FewShot.Split(train, tuneClasses, rotations),
            options,
            schedule,
            models.models(images.pixels(), options.ways()));
    Map<String, @Nullable Object> record = OptionRecord.of(Objects.requireNonNull(spec));
    run.resolve(record);
    source.resolve(record);
    record.put("train-classes", train);
    record.put("evaluate-at", String.join(",", marks.stream().map(String::valueOf).toList()));
    try (Backend backend = run.open(console)) {
      List<MemoryPlan> plans = problem.plans();
      if (course.endsWithPlan(
          plans, backend, "lower --train-classes or --tasks, or leave out --kernels")) {
        return course.timeSteps(plans, plans.size(), control -> problem.fit(backend, control));
      }
      return course.compute(
          OptionRecord.fingerprint(record, images.checksum(), backend.info().name()),
          control -> problem.fit(backend, control),
          fit -> () -> finish(fit, record, start, readSeconds));
    }
  }

  private int finish(
      FewShotFit fit, Map<String, @Nullable Object> options, long start, double readSeconds) {
    Path out = longRun.out();
    fit.save(out, options, (System.nanoTime() - start) * 1e-9, readSeconds);
    Path report = ReportWriter.write(out);
    if (!run.quiet()) {
      fit.lines().forEach(console::line);
      console.line(String.format("%-12s%s", "report", report));
    }
    if (!fit.converged()) {
      console.warn(
          "NOT converged: "
              + String.join(", ", fit.diverged())
              + " left the finite numbers; lower --inner-rates or --meta-rates");
      return ExitCode.NOT_CONVERGED;
    }
    return ExitCode.DONE;
  }

  private List<Integer> marks(int metaSteps) {
    List<Integer> marks = new ArrayList<>();
    if (evaluateAt == null) {
      MARKS.stream().filter(mark -> mark <= metaSteps).forEach(marks::add);
      marks.add(metaSteps);
      return marks.stream().distinct().toList();
    }
    for (String part : evaluateAt.split(",", -1)) {
      if (!part.strip().matches("[0-9]{1,9}")) {
        throw new InvalidProblemException(
            "evaluate-at",
            evaluateAt,
            "use whole numbers with commas between, such as 0,100,300,1000");
      }
      int mark = Integer.parseInt(part.strip());
      if (mark > metaSteps) {
        throw new InvalidProblemException(
            "evaluate-at", mark, "use steps from 0 to --meta-steps, " + metaSteps);
      }
      marks.add(mark);
    }
    return marks.stream().distinct().sorted().toList();
  }

  private static List<Double> numbers(String option, String text) {
    List<Double> numbers = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      try {
        numbers.add(Double.valueOf(part.strip()));
      } catch (NumberFormatException e) {
        InvalidProblemException invalid =
            new InvalidProblemException(
                option, text, "use numbers with commas between, such as 0.1,0.4");
        invalid.initCause(e);
        throw invalid;
      }
    }
    return numbers;
  }
}
