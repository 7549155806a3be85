package org.richkernel.limit.words;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.richkernel.network.InvalidProblemException;

/**
 * A text as indices into its vocabulary, without unknown words.
 *
 * @param tokens indices of words, and {@link #END} after each sentence
 */
@SuppressWarnings("ArrayRecordComponent")
public record Corpus(Vocabulary vocabulary, int[] tokens) {
  /** Token of the end of a sentence. */
  public static final int END = -1;

  /** Collects a text word by word. */
  public static final class Builder {
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<String> words = new ArrayList<>();
    private long[] counts = new long[1024];
    private int[] tokens = new int[1 << 16];
    private int size;
    private long sentences;

    /** Adds the next word. */
    public void word(String word) {
      int id = ids.computeIfAbsent(word, w -> words.size());
      if (id == words.size()) {
        words.add(word);
        if (id == counts.length) {
          counts = Arrays.copyOf(counts, 2 * id);
        }
      }
      counts[id]++;
      add(id);
    }

    /** Ends a sentence. */
    public void endSentence() {
      sentences++;
      add(END);
    }

    private void add(int token) {
      if (size == tokens.length) {
        if (size > Integer.MAX_VALUE / 2) {
          throw new InvalidProblemException(
              "text", "above 10^9 words", "train on a part of it, such as its first lines");
        }
        tokens = Arrays.copyOf(tokens, 2 * size);
      }
      tokens[size++] = token;
    }

    /** Number of words so far, rare ones included. */
    public long words() {
      return size - sentences;
    }

    /**
     * The text without words rarer than the least count; words of equal counts stay in the order of
     * first occurrence.
     *
     * @throws InvalidProblemException if fewer than 2 different words remain
     */
    public Corpus build(int minCount) {
      int[] order =
          IntStream.range(0, words.size())
              .boxed()
              .filter(id -> counts[id] >= minCount)
              .sorted(Comparator.comparingLong(id -> -counts[id]))
              .mapToInt(id -> id)
              .toArray();
      if (order.length < 2) {
        long[] all = Arrays.copyOf(counts, words.size());
        Arrays.sort(all);
        throw new InvalidProblemException(
            "min-count",
            minCount,
            all.length < 2
                ? "the text has fewer than 2 different words; name a longer one"
                : "fewer than 2 words of the text occur so often; use at most "
                    + all[all.length - 2]);
      }
      int[] rows = new int[words.size()];
      Arrays.fill(rows, END - 1);
      long[] kept = new long[order.length];
      List<String> names = new ArrayList<>();
      for (int row = 0; row < order.length; row++) {
        rows[order[row]] = row;
        kept[row] = counts[order[row]];
        names.add(words.get(order[row]));
      }
      int[] text = new int[(int) (Arrays.stream(kept).sum() + sentences)];
      int length = 0;
      for (int i = 0; i < size; i++) {
        int row = tokens[i] == END ? END : rows[tokens[i]];
        if (row >= END) {
          text[length++] = row;
        }
      }
      boolean trains = false;
      for (int i = 1; i < length && !trains; i++) {
        trains = text[i] != END && text[i - 1] != END;
      }
      if (!trains) {
        throw new InvalidProblemException(
            "text",
            "without two such words in a sentence",
            "lower --min-count or name a longer text");
      }
      return new Corpus(new Vocabulary(names, kept, sentences), text);
    }
  }
}
