package org.richkernel.compute;

import java.util.Arrays;

/**
 * Training positions of continuous bags of words with negative sampling, one after the other: which
 * rows each of them reads and moves. A word that occurs several times among the contexts or the
 * targets of a position is held once, with how often. Serves again after {@link #clear}, and grows
 * as needed.
 */
public final class WordBags {
  private int size;
  private int[] contextStarts = new int[65];
  private int[] contexts = new int[512];
  private int[] contextCounts = new int[512];
  private int[] targetStarts = new int[65];
  private int[] targets = new int[512];
  private int[] targetCounts = new int[512];
  private int[] lengths = new int[64];
  private double[] rates = new double[64];
  private int mostTargets;
  private int largestWord = -1;

  /** Forgets all positions. */
  public void clear() {
    size = 0;
    contextStarts[0] = 0;
    targetStarts[0] = 0;
    mostTargets = 0;
    largestWord = -1;
  }

  /**
   * Begins a position; its contexts and targets follow.
   *
   * @param rate learning rate alpha
   * @param word the word to be predicted, its target of label 1
   */
  public void begin(double rate, int word) {
    if (size == rates.length) {
      rates = Arrays.copyOf(rates, 2 * size);
      lengths = Arrays.copyOf(lengths, 2 * size);
      contextStarts = Arrays.copyOf(contextStarts, 2 * size + 1);
      targetStarts = Arrays.copyOf(targetStarts, 2 * size + 1);
    }
    rates[size] = rate;
    lengths[size] = 0;
    size++;
    contextStarts[size] = contextStarts[size - 1];
    targetStarts[size] = targetStarts[size - 1];
    addTarget(word);
  }

  /** Adds an occurrence of a word to the contexts of the last position. */
  public void context(int word) {
    lengths[size - 1]++;
    int end = contextStarts[size];
    int at = find(contexts, contextStarts[size - 1], end, word);
    if (at < end) {
      contextCounts[at]++;
      return;
    }
    if (end == contexts.length) {
      contexts = Arrays.copyOf(contexts, 2 * end);
      contextCounts = Arrays.copyOf(contextCounts, 2 * end);
    }
    contexts[end] = word;
    contextCounts[end] = 1;
    contextStarts[size] = end + 1;
    largestWord = Math.max(largestWord, word);
  }

  /**
   * Adds a draw of label 0 to the last position; draws of the word to be predicted do not count.
   */
  public void negative(int word) {
    if (word != targets[targetStarts[size - 1]]) {
      addTarget(word);
    }
  }

  private void addTarget(int word) {
    int end = targetStarts[size];
    int at = find(targets, targetStarts[size - 1], end, word);
    if (at < end) {
      targetCounts[at]++;
      return;
    }
    if (end == targets.length) {
      targets = Arrays.copyOf(targets, 2 * end);
      targetCounts = Arrays.copyOf(targetCounts, 2 * end);
    }
    targets[end] = word;
    targetCounts[end] = 1;
    targetStarts[size] = end + 1;
    mostTargets = Math.max(mostTargets, end + 1 - targetStarts[size - 1]);
    largestWord = Math.max(largestWord, word);
  }

  private static int find(int[] words, int from, int to, int word) {
    int at = from;
    while (at < to && words[at] != word) {
      at++;
    }
    return at;
  }

  /** Number of positions. */
  public int size() {
    return size;
  }

  /** Learning rate of a position. */
  public double rate(int position) {
    return rates[position];
  }

  /** Occurrences among the contexts of a position, m. */
  public int length(int position) {
    return lengths[position];
  }

  /** Index of the first context of a position; position {@link #size()} has the end of the last. */
  public int contextStart(int position) {
    return contextStarts[position];
  }

  /** Word of a context, a row of the input embedding. */
  public int context(int position, int index) {
    return contexts[contextStarts[position] + index];
  }

  /** How often a context occurs in its position. */
  public int contextCount(int position, int index) {
    return contextCounts[contextStarts[position] + index];
  }

  /** Different contexts of a position. */
  public int contexts(int position) {
    return contextStarts[position + 1] - contextStarts[position];
  }

  /** Index of the first target of a position. */
  public int targetStart(int position) {
    return targetStarts[position];
  }

  /** Word of a target, a row of the output embedding; the first has label 1, others label 0. */
  public int target(int position, int index) {
    return targets[targetStarts[position] + index];
  }

  /** How often a target was drawn. */
  public int targetCount(int position, int index) {
    return targetCounts[targetStarts[position] + index];
  }

  /** Different targets of a position. */
  public int targets(int position) {
    return targetStarts[position + 1] - targetStarts[position];
  }

  /** Most different targets of any position. */
  public int mostTargets() {
    return mostTargets;
  }

  /** Largest word, -1 without any. */
  public int largestWord() {
    return largestWord;
  }
}
