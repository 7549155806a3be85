package org.richkernel.limit.words;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The words that have a row, the most frequent first.
 *
 * @param words all different
 * @param counts how often each occurs in the text, descending
 * @param sentences ends of sentences in the text, which are no words
 */
@SuppressWarnings("ArrayRecordComponent")
public record Vocabulary(List<String> words, long[] counts, long sentences) {

  /** Takes a copy of the words. */
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

  /** Finds words whatever their case; of those that differ in it alone, the most frequent. */
  public Map<String, Integer> folded() {
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < words.size(); id++) {
      ids.putIfAbsent(words.get(id).toLowerCase(Locale.ROOT), id);
    }
    return ids;
  }

  /** The row of a word as it is written, otherwise whatever its case. */
  public OptionalInt find(String word) {
    int exact = words.indexOf(word);
    if (exact >= 0) {
      return OptionalInt.of(exact);
    }
    Integer id = folded().get(word.toLowerCase(Locale.ROOT));
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** The smallest least count that leaves at most so many words. */
  public long leastCountFor(int most) {
    return most >= size() ? counts[size() - 1] : counts[most] + 1;
  }

  /** How many words occur at least so often. */
  public int sizeFrom(long leastCount) {
    int size = 0;
    while (size < counts.length && counts[size] >= leastCount) {
      size++;
    }
    return size;
  }
}
