package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.richkernel.limit.words.WordOptions;
import org.richkernel.limit.words.WordTraining;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.study.WordText;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Text, widths and descent of word embeddings. */
final class WordTrainingOptions {
  @Option(
      names = "--text",
      paramLabel = "FILE",
      required = true,
      description =
          "Text in UTF-8, plain, .gz or .zip: words between blanks, a sentence a line; lines are"
              + " cut at 1000 words.")
  private Path text = Path.of("");

  @Option(
      names = "--analogies",
      paramLabel = "FILE",
      description =
          "Questions a : b = c : d, four words a line, a line \": NAME\" above each section; those"
              + " with unknown words are skipped. Default: none.")
  private @Nullable Path analogies;

  @Option(
      names = "--neighbours",
      paramLabel = "WORD[,...]",
      description = "Words whose nearest neighbours to list. Default: none.")
  private @Nullable String neighbours;

  @Option(
      names = "--widths",
      paramLabel = "N[,...]",
      defaultValue = "inf,128",
      description =
          "Number of neurons, one network for each; inf is the infinite-width limit, which holds 2"
              + " V^2 numbers for V words. Default: ${DEFAULT-VALUE}.")
  private String widths = "inf,128";

  @Option(
      names = "--min-count",
      paramLabel = "N",
      defaultValue = "15",
      description =
          "Least number of occurrences of a word in the vocabulary. Default: ${DEFAULT-VALUE}.")
  private int minCount = 15;

  @Option(
      names = "--window",
      paramLabel = "R",
      defaultValue = "5",
      description =
          "Most distance of a context, in words; that of a position is uniform in 1 to R. Default:"
              + " ${DEFAULT-VALUE}.")
  private int window = 5;

  @Option(
      names = "--negative",
      paramLabel = "K",
      defaultValue = "5",
      description = "Number of negative draws of a position, 1 to 63. Default: ${DEFAULT-VALUE}.")
  private int negative = 5;

  @Option(
      names = "--subsample",
      paramLabel = "S",
      defaultValue = "1e-3",
      description =
          "Frequency above which words are thinned out, as a fraction of the text; 0 keeps all."
              + " Default: ${DEFAULT-VALUE}.")
  private double subsample = 1e-3;

  @Option(
      names = "--epochs",
      paramLabel = "T",
      defaultValue = "15",
      description = "Number of passes over the text. Default: ${DEFAULT-VALUE}.")
  private int epochs = 15;

  @Option(
      names = "--step-size",
      paramLabel = "ALPHA",
      defaultValue = "0.05",
      description =
          "Learning rate at the start, a pure number; it falls linearly to 1e-4 of it. Default:"
              + " ${DEFAULT-VALUE}.")
  private double stepSize = 0.05;

  @Option(
      names = "--weight-decay",
      paramLabel = "LAMBDA",
      defaultValue = "0",
      description =
          "Weight decay of the rows that a position touches, a pure number. Default:"
              + " ${DEFAULT-VALUE}.")
  private double weightDecay;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "1",
      description =
          "Number of positions whose gradients are taken at the same rows; 1 is the sequential"
              + " program. Default: ${DEFAULT-VALUE}.")
  private int batch = 1;

  @Option(
      names = "--embeddings",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Write the rows of every width: embeddings-WIDTH.npz, at finite width embeddings-WIDTH.txt"
              + " in word2vec's format too, and vocabulary.txt; --no-embeddings leaves them out."
              + " Default: on.")
  private boolean embeddings = true;

  @Mixin private SeedOption seed = new SeedOption();

  /** Whether rows are to be written. */
  boolean embeddings() {
    return embeddings;
  }

  /** Options of the training; all checks that do not need the files come before reading them. */
  WordTraining training(WordText read) {
    List<Integer> asked = new ArrayList<>();
    for (String word : neighbours == null ? new String[0] : neighbours.split(",", -1)) {
      asked.add(
          read.corpus()
              .vocabulary()
              .find(word.strip())
              .orElseThrow(
                  () ->
                      new InvalidProblemException(
                          "neighbours",
                          word.strip(),
                          "it is not in the vocabulary; lower --min-count or name another word")));
    }
    return new WordTraining(read.corpus(), options(), widths(), read.analogies(), asked);
  }

  /** Reads the files. */
  WordText read() {
    options();
    widths();
    return WordText.read(text, minCount, Optional.ofNullable(analogies));
  }

  private WordOptions options() {
    return new WordOptions(
        window, negative, subsample, epochs, stepSize, weightDecay, batch, seed.value());
  }

  private List<OptionalInt> widths() {
    List<OptionalInt> all = new ArrayList<>();
    for (String part : widths.split(",", -1)) {
      String name = part.strip();
      boolean number = name.matches("[1-9][0-9]{0,8}");
      OptionalInt width = number ? OptionalInt.of(Integer.parseInt(name)) : OptionalInt.empty();
      if (!number && !name.equals("inf") || all.contains(width)) {
        throw new InvalidProblemException(
            "widths", widths, "use inf and whole numbers, each once, such as inf,512,128");
      }
      all.add(width);
    }
    return all;
  }
}
