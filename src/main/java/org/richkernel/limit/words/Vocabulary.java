package org.richkernel.limit.words;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The words of an embedding, the most frequent first.
 *
 * @param words all different
 * @param counts occurrences of each in the text, descending
 * @param sentences number of ends of sentences in the text, which are not words
 */
@SuppressWarnings("ArrayRecordComponent")
public record Vocabulary(List<String> words, long[] counts, long sentences) {

  /**
   * Takes a copy of the words.
   *
   * @throws IllegalArgumentException if words and counts differ in number
   */
  public Vocabulary {
    words = List.copyOf(words);
    if (counts.length != words.size()) {
      throw new IllegalArgumentException(words.size() + " words with " + counts.length + " counts");
    }
  }

  /** Number of words, V. */
  public int size() {
    return words.size();
  }

  /** Occurrences of all words in the text, N. */
  public long occurrences() {
    return Arrays.stream(counts).sum();
  }

  /** Rows of the words in lower case; of words that differ only in case, the most frequent. */
  public Map<String, Integer> folded() {
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < words.size(); id++) {
      ids.putIfAbsent(words.get(id).toLowerCase(Locale.ROOT), id);
    }
    return ids;
  }

  /** The row of a word with the exact spelling, otherwise with any case. */
  public OptionalInt find(String word) {
    int exact = words.indexOf(word);
    if (exact >= 0) {
      return OptionalInt.of(exact);
    }
    Integer id = folded().get(word.toLowerCase(Locale.ROOT));
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** The smallest least count that leaves at most the given number of words. */
  public long leastCountFor(int most) {
    return most >= size() ? counts[size() - 1] : counts[most] + 1;
  }

  /** Number of words with at least this count. */
  public int sizeFrom(long leastCount) {
    int size = 0;
    while (size < counts.length && counts[size] >= leastCount) {
      size++;
    }
    return size;
  }
}
