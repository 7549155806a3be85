package org.richkernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.richkernel.data.DataFile;
import org.richkernel.data.DataOrigin;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.WordReader;
import org.richkernel.limit.words.Analogies;
import org.richkernel.limit.words.Corpus;
import org.richkernel.network.InvalidProblemException;

/**
 * A text and the analogy questions about its words.
 *
 * @param analogies none if no file was named
 * @param words of the text, rare ones included
 * @param origin the files
 */
public record WordText(Corpus corpus, Analogies analogies, long words, DataOrigin origin) {
  private static final int QUESTION = 4;

  /**
   * Reads a text (.txt, .gz, .zip; words between blanks, a sentence a line) and analogies in the
   * format of questions-words.txt: ": NAME" begins a section, other lines are four words.
   *
   * @param minCount words that occur less often are left out
   * @throws InvalidDataException if a file cannot be used
   * @throws InvalidProblemException if no word occurs so often, or no question can be asked
   */
  public static WordText read(Path text, int minCount, Optional<Path> analogies) {
    if (minCount < 1) {
      throw new InvalidProblemException("min-count", minCount, "use at least 1");
    }
    Map<String, DataFile> files = new LinkedHashMap<>();
    Corpus.Builder builder = new Corpus.Builder();
    List<Line> questions = new ArrayList<>();
    if (analogies.isPresent()) {
      Path file = analogies.get();
      files.put(
          "analogies", WordReader.lines(file, (n, line) -> questions.add(line(file, n, line))));
    }
    files.put(
        "text",
        WordReader.words(
            text,
            new WordReader.Receiver() {
              @Override
              public void word(String word) {
                builder.word(word);
              }

              @Override
              public void endLine() {
                builder.endSentence();
              }
            }));
    Corpus corpus = builder.build(minCount);
    Analogies asked = analogies.isPresent() ? analogies(corpus, questions) : Analogies.none();
    return new WordText(corpus, asked, builder.words(), new DataOrigin(files, Map.of()));
  }

  /** A section's name, or a question. */
  private record Line(boolean section, List<String> words) {}

  private static Line line(Path file, int number, List<String> words) {
    if (words.get(0).startsWith(":")) {
      String name = String.join(" ", words).substring(1).strip();
      return new Line(true, List.of(name.isEmpty() ? "section" : name));
    }
    if (words.size() != QUESTION) {
      throw new InvalidDataException(
          file.toString(),
          "line " + number + " has " + words.size() + (words.size() == 1 ? " word" : " words"),
          "give four words a line, or \": NAME\" above a section");
    }
    return new Line(false, words);
  }

  private static Analogies analogies(Corpus corpus, List<Line> lines) {
    Analogies.Builder builder = new Analogies.Builder(corpus.vocabulary());
    for (Line line : lines) {
      if (line.section()) {
        builder.section(line.words().get(0));
      } else {
        List<String> w = line.words();
        builder.question(w.get(0), w.get(1), w.get(2), w.get(3));
      }
    }
    return builder.build();
  }

  /** SHA-256 of the files. */
  public String checksum() {
    Map<String, String> sums = new TreeMap<>();
    origin.files().forEach((option, file) -> sums.put(option, file.sha256()));
    return sums.toString();
  }

  /** Report of the read and omitted parts, in one line. */
  public String line() {
    String asked =
        analogies.questions().isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                "; %d analogies of %d pairs in %d sections%s",
                analogies.questions().size(),
                analogies.pairs(),
                analogies.sections().size(),
                analogies.skipped() == 0
                    ? ""
                    : ", " + analogies.skipped() + " skipped with unknown words");
    return String.format(
        Locale.ROOT,
        "read %d words, %d of them in a vocabulary of %d, in %d lines%s",
        words,
        corpus.vocabulary().occurrences(),
        corpus.vocabulary().size(),
        corpus.vocabulary().sentences(),
        asked);
  }
}
