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
import org.richkernel.limit.words.WordTraining;
import org.richkernel.report.ReportWriter;
import org.richkernel.study.WordEmbeddings;
import org.richkernel.study.WordText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Trains word embeddings in the infinite-width limit and at finite widths. */
@Command(
    name = "word2vec",
    footer = "  richkernel word2vec --text corpus.txt.gz --widths inf,128 --out words",
    description =
        "Word embeddings (continuous bag of words, negative sampling) in the exact infinite-width"
            + " limit and at finite widths with the same draws (arXiv:2011.14522): analogies with"
            + " errors over their pairs, neighbours, embeddings as files.")
final class WordCommand implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private WordTrainingOptions words = new WordTrainingOptions();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private LongRunOptions longRun = new LongRunOptions();

  /** A command that writes to a console. */
  WordCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (ControlledRun course = new ControlledRun(console, run, longRun)) {
      return train(course, System.nanoTime());
    }
  }

  private int train(ControlledRun course, long start) {
    WordText text = words.read();
    double readSeconds = (System.nanoTime() - start) * 1e-9;
    if (!run.quiet()) {
      console.line(text.line());
    }
    WordTraining training = words.training(text);
    Map<String, @Nullable Object> options = OptionRecord.of(Objects.requireNonNull(spec));
    run.resolve(options);
    try (Backend backend = run.open(console)) {
      List<MemoryPlan> plans = training.plans();
      if (course.endsWithPlan(plans, backend, mend(training, backend))) {
        return course.timeSteps(
            plans,
            plans.size(),
            control -> WordEmbeddings.train(training, text, Optional.empty(), backend, control));
      }
      return course.compute(
          OptionRecord.fingerprint(options, text.checksum(), backend.info().name()),
          control ->
              WordEmbeddings.train(
                  training,
                  text,
                  Optional.of(longRun.out()).filter(out -> words.embeddings()),
                  backend,
                  control),
          done -> () -> finish(done, options, start, readSeconds));
    }
  }

  /** Advice if the memory does not suffice. */
  private static String mend(WordTraining training, Backend backend) {
    int most = training.mostWords(backend);
    return most < 2
        ? "lower --widths"
        : String.format(
            "%d words would fit: use --min-count %d (%d words)",
            most,
            training.corpus().vocabulary().leastCountFor(most),
            training
                .corpus()
                .vocabulary()
                .sizeFrom(training.corpus().vocabulary().leastCountFor(most)));
  }

  private int finish(
      WordEmbeddings done, Map<String, @Nullable Object> options, long start, double readSeconds) {
    Path out = longRun.out();
    done.save(out, options, (System.nanoTime() - start) * 1e-9, readSeconds);
    Path report = ReportWriter.write(out);
    if (!run.quiet()) {
      done.lines().forEach(console::line);
      console.line("report  " + report);
    }
    if (!done.converged()) {
      console.warn("NOT converged: rows grew beyond all numbers; lower --step-size");
      return ExitCode.NOT_CONVERGED;
    }
    return ExitCode.DONE;
  }
}
