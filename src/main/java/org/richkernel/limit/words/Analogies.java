package org.richkernel.limit.words;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.richkernel.network.InvalidProblemException;

/**
 * Analogy questions a : b = c : ? with known words, in sections. A pair is (a, b) or (c, d) within
 * its section.
 *
 * @param sections names, in order; those without questions are left out
 * @param questions in the order of the file
 * @param pairSections section of each pair
 * @param skipped questions with an unknown word
 */
public record Analogies(
    List<String> sections, List<Question> questions, List<Integer> pairSections, int skipped) {

  /**
   * A question by rows of the vocabulary.
   *
   * @param d the answer
   * @param given the pair (a, b)
   * @param asked the pair (c, d)
   */
  public record Question(int a, int b, int c, int d, int section, int given, int asked) {}

  /** Takes copies. */
  public Analogies {
    sections = List.copyOf(sections);
    questions = List.copyOf(questions);
    pairSections = List.copyOf(pairSections);
  }

  /** No questions. */
  public static Analogies none() {
    return new Analogies(List.of(), List.of(), List.of(), 0);
  }

  /** Number of pairs. */
  public int pairs() {
    return pairSections.size();
  }

  /** Section of a pair. */
  public int sectionOf(int pair) {
    return pairSections.get(pair);
  }

  /** Collects questions. */
  public static final class Builder {
    private final Map<String, Integer> ids;
    private final List<String> sections = new ArrayList<>();
    private final List<Question> questions = new ArrayList<>();
    private final List<Integer> pairSections = new ArrayList<>();
    private final Map<String, Integer> pairs = new HashMap<>();
    private String section = "questions";
    private int skipped;

    /** Questions about a vocabulary. */
    public Builder(Vocabulary vocabulary) {
      ids = vocabulary.folded();
    }

    /** Begins a section. */
    public void section(String name) {
      section = name;
    }

    /** Adds a question; one with an unknown word is only counted. */
    public void question(String a, String b, String c, String d) {
      int[] rows = new int[4];
      String[] words = {a, b, c, d};
      for (int i = 0; i < rows.length; i++) {
        Integer id = ids.get(words[i].toLowerCase(Locale.ROOT));
        if (id == null) {
          skipped++;
          return;
        }
        rows[i] = id;
      }
      int index = sections.indexOf(section);
      if (index < 0) {
        index = sections.size();
        sections.add(section);
      }
      questions.add(
          new Question(
              rows[0],
              rows[1],
              rows[2],
              rows[3],
              index,
              pair(index, rows[0], rows[1]),
              pair(index, rows[2], rows[3])));
    }

    private int pair(int index, int first, int second) {
      return pairs.computeIfAbsent(
          index + " " + first + " " + second,
          key -> {
            pairSections.add(index);
            return pairSections.size() - 1;
          });
    }

    /**
     * The questions.
     *
     * @throws InvalidProblemException if no question has only known words
     */
    public Analogies build() {
      if (questions.isEmpty()) {
        throw new InvalidProblemException(
            "analogies",
            skipped == 0 ? "without questions" : "without known words",
            skipped == 0
                ? "give lines of four words, with lines \": NAME\" above their sections"
                : "each of "
                    + skipped
                    + " questions has a word that the vocabulary lacks; lower --min-count or use a larger"
                    + " text");
      }
      return new Analogies(sections, questions, pairSections, skipped);
    }
  }
}
