package org.richkernel.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.DataOrigin;
import org.richkernel.data.UnseenPoints;
import org.richkernel.metrics.Scores;
import org.richkernel.model.SavedFit;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;
import org.richkernel.report.ReportWriter;
import org.richkernel.result.FolderLock;
import org.richkernel.result.PeakMemory;
import org.richkernel.result.PredictedRows;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.sampling.SampledVector;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Applies a saved fit to new inputs. */
@Command(
    name = "predict",
    footer = "  richkernel predict --from fit --test-x new.npy --out predicted",
    description =
        "Applies a saved fit to new inputs, standardized as its training inputs were, and "
            + "scores the predictions if labels are given.")
final class PredictCommand implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--from",
      paramLabel = "DIR",
      description = "The --out folder of a finished run. Required.")
  private @Nullable Path from;

  @Option(
      names = "--test-x",
      paramLabel = "FILE",
      description =
          "Inputs, one point a row: .npy, .npz (file.npz:name), HDF5 (file.h5:/path), text or "
              + "IDX, .gz allowed; the same kind of numbers as the training inputs. Required.")
  private @Nullable String testX;

  @Option(
      names = "--test-y",
      paramLabel = "FILE",
      description =
          "Labels as the training labels were; those of classes are mapped as the fit did. "
              + "Default: none.")
  private @Nullable String testY;

  @Option(
      names = "--label-column",
      paramLabel = "COLUMN",
      description =
          "Column of a text file of inputs that holds the labels, by its name or its number, an "
              + "integer from 0; of CIFAR-100 fine or coarse. Default: none, and fine.")
  private @Nullable String labelColumn;

  @Option(
      names = "--classes",
      paramLabel = "A,B",
      description =
          "Keep just the rows of the two classes of the fit. Default: all rows, which must "
              + "be of its classes.")
  private @Nullable String classes;

  @Option(
      names = "--test-size",
      paramLabel = "N",
      description =
          "Take the first N points, with --classes as many of each class. Unit: points. "
              + "Default: all.")
  private @Nullable Integer testSize;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private ConvolutionOptions convolutions = new ConvolutionOptions();
  @Mixin private RunOptions run = new RunOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "richkernel-predictions",
      description = "Folder for the predictions, another than --from. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("richkernel-predictions");

  /** Read by nobody: a script that is requeued adds it to every command. */
  @SuppressWarnings("UnusedVariable")
  @Option(
      names = "--resume",
      negatable = true,
      description =
          "For scripts that repeat a stopped command with it: predictions keep no checkpoint and "
              + "start over. Default: off.")
  private boolean resume;

  @Mixin private DryRunOption dryRun = new DryRunOption();

  /** A command that writes to a console. */
  PredictCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    run.check();
    try (StopSignals signals = StopSignals.ending(console)) {
      return predict(signals);
    }
  }

  private int predict(StopSignals signals) {
    long start = System.nanoTime();
    Path folder = requireFrom();
    SavedFit fit = SavedFit.read(folder);
    convolutions.requireThoseOf(fit.convolutions());
    Summary origin = ResultFolder.readSummary(folder);
    UnseenPoints points = points(fit);
    run.announce(points.reading(), console);
    Map<String, @Nullable Object> options = OptionRecord.of(spec);
    run.resolve(options);
    options.put("test-size", points.inputs().rows());
    double ioSeconds = (System.nanoTime() - start) * 1e-9;
    try (Backend backend = run.open(console)) {
      MemoryPlan plan = fit.plan(backend, points.inputs());
      if (dryRun.given()) {
        console.line(plan.describe(backend).stripTrailing());
      }
      String mend = "lower --test-size";
      plan.requireFits(backend, run.lessDeviceMemory(mend), mend);
      if (dryRun.given()) {
        return ExitCode.DONE;
      }
      ResultFolder.prepare(out);
      Optional<FolderLock> lock = FolderLock.of(out);
      try {
        long predicting = System.nanoTime();
        SampledVector estimate = fit.predictWithErrors(backend, points.inputs());
        // a fit that did not converge has no errors to hand on
        SampledVector predictions =
            origin.converged() ? estimate : SampledVector.exact(estimate.value());
        signals.beginSaving();
        long now = System.nanoTime();
        Summary.Builder summary =
            Summary.builder("predict", options)
                .data(new DataOrigin(points.reading().files(), Map.of()))
                .backend(backend.info())
                .converged(origin.converged())
                .seconds("total", (now - start) * 1e-9)
                .seconds("io", ioSeconds)
                .seconds("predict", (now - predicting) * 1e-9)
                .peakBytes(PeakMemory.of(backend))
                .detail("fit", Map.of("command", origin.command(), "config", origin.config()));
        origin.seed().ifPresent(summary::seed);
        PredictedRows rows = new PredictedRows("test", points.rows(), fit.classNames());
        return finish(summary, fit.outputs(), predictions, points.targets(), rows);
      } finally {
        lock.ifPresent(FolderLock::close);
      }
    }
  }

  private Path requireFrom() {
    if (from == null) {
      throw new InvalidProblemException("from", "missing", "name the folder of a finished run");
    }
    if (out.toAbsolutePath().normalize().equals(from.toAbsolutePath().normalize())) {
      throw new InvalidProblemException(
          "out", out, "the fit would be lost; use another folder than --from");
    }
    return from;
  }

  private UnseenPoints points(SavedFit fit) {
    if (testX == null) {
      throw new InvalidProblemException("test-x", "missing", "name a file of inputs");
    }
    if (testSize != null && testSize < 1) {
      throw new InvalidProblemException("test-size", testSize, "use at least 1");
    }
    OptionalInt size = testSize == null ? OptionalInt.empty() : OptionalInt.of(testSize);
    requireClassesOf(fit);
    UnseenPoints.Coding coding = new UnseenPoints.Coding(fit.classNames(), fit.outputs());
    if (testY == null) {
      return UnseenPoints.readLabelled(
              testX,
              Optional.ofNullable(labelColumn),
              images.images(fit.images()),
              coding,
              classes != null,
              size)
          .orElseGet(() -> unlabelled(fit, size));
    }
    return UnseenPoints.read(
        testX, testY, images.images(fit.images()), coding, classes != null, size);
  }

  private UnseenPoints unlabelled(SavedFit fit, OptionalInt size) {
    if (classes != null) {
      throw new InvalidProblemException(
          "classes", classes, "rows can be chosen by class only with --test-y");
    }
    return UnseenPoints.read(Objects.requireNonNull(testX), images.images(fit.images()), size);
  }

  private void requireClassesOf(SavedFit fit) {
    if (classes == null) {
      return;
    }
    boolean grouped = fit.classNames().stream().anyMatch(name -> name.contains("|"));
    String known = String.join(grouped ? "/" : ",", fit.classNames()).replace('|', ',');
    if (!classes.replace(" ", "").equals(known) || fit.outputs() != 1) {
      throw new InvalidProblemException(
          "classes",
          classes,
          fit.outputs() == 1 && !known.isEmpty()
              ? "the fit was made with " + known
              : "the fit was made without --classes; leave it out");
    }
  }

  private int finish(
      Summary.Builder summary,
      int outputs,
      SampledVector predictions,
      Optional<double[]> targets,
      PredictedRows predicted) {
    double[] values = predictions.value();
    double[] errors = predictions.standardError();
    int rows = values.length / outputs;
    int[] shape = outputs == 1 ? new int[] {rows} : new int[] {rows, outputs};
    targets
        .map(known -> Targets.of(known, rows, outputs))
        .ifPresent(
            y -> {
              Score score = score(Scores.of(y, values));
              summary.test(
                  errors.length == 0
                      ? score
                      : score.withLossStandardError(predictions.lossError(y.toArray())));
            });
    Result result = Result.of(summary.build()).withPredicted(predicted);
    if (targets.isPresent()) {
      result = result.with("y_test", targets.get(), shape);
    }
    result = result.with("f_test", values, shape);
    if (errors.length > 0) {
      result = result.with("f_test_standard_error", errors, shape);
    }
    ResultFolder.write(out, result);
    Path report = ReportWriter.write(out);
    if (!run.quiet()) {
      console.line(
          targets.isPresent()
              ? ResultTable.of(result.summary(), List.of(), report).stripTrailing()
              : "report " + report);
      console.line(rows + " predictions in " + out.resolve(ResultFolder.PREDICTIONS));
    }
    if (!result.summary().converged()) {
      console.warn("the fit in " + from + " had NOT converged");
      return ExitCode.NOT_CONVERGED;
    }
    return ExitCode.DONE;
  }

  private static Score score(Scores scores) {
    Score score = Score.ofLoss(scores.loss());
    return scores.accuracy().isPresent()
        ? score.withAccuracy(scores.accuracy().getAsDouble())
        : score;
  }
}
