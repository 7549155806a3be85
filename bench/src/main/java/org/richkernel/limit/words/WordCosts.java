package org.richkernel.limit.words;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.WordBags;
import org.richkernel.study.WordText;

/**
 * Cost of a position of word embeddings beside the memory bandwidth of the same run, and how far
 * batches and finite widths lead from the sequential program at infinite width. Arguments: text,
 * least count, positions from the start of 15 epochs, threads.
 */
public final class WordCosts {
  private static final WordOptions USUAL = new WordOptions(5, 5, 1e-3, 15, 0.05, 0, 1, 0);

  private final Backend backend;
  private final Corpus corpus;
  private final int positions;
  private final List<Double> bandwidths = new ArrayList<>();

  private WordCosts(Backend backend, Corpus corpus, int positions) {
    this.backend = backend;
    this.corpus = corpus;
    this.positions = positions;
  }

  /** Prints two tables. */
  public static void main(String[] arguments) {
    Corpus corpus =
        WordText.read(Path.of(arguments[0]), Integer.parseInt(arguments[1]), Optional.empty())
            .corpus();
    int threads = Integer.parseInt(arguments[3]);
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(threads, Long.MAX_VALUE), System.err::println)) {
      System.out.printf(
          Locale.ROOT,
          "%s, %d threads, V = %d%n%n",
          backend.info().device(),
          threads,
          corpus.vocabulary().size());
      new WordCosts(backend, corpus, Integer.parseInt(arguments[2])).print();
    }
  }

  private void print() {
    int words = corpus.vocabulary().size();
    System.out.println(
        "| width | us/position, median | least | rows | MB/position | GB/s | of axpy's |");
    System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    try (Matrix x = backend.allocate(Precision.FLOAT32, words, words, "x");
        Matrix y = backend.allocate(Precision.FLOAT32, words, words, "y");
        Matrix limit = backend.allocate(Precision.FLOAT32, words, words, "limit");
        Matrix other = backend.allocate(Precision.FLOAT32, words, words, "other")) {
      train(OptionalInt.empty(), USUAL, limit, () -> stream(x, y));
      List<String> rows = new ArrayList<>();
      for (int width : new int[] {512, 128}) {
        train(OptionalInt.of(width), USUAL, other, () -> stream(x, y));
        rows.add(row("width " + width, limit, other));
      }
      for (int batch : new int[] {8, 64, 256, 1024}) {
        WordOptions options = new WordOptions(5, 5, 1e-3, 15, 0.05, 0, batch, 0);
        train(OptionalInt.empty(), options, other, () -> stream(x, y));
        rows.add(row("batches of " + batch, limit, other));
      }
      System.out.printf("%n| after %d positions | rms difference of logits |%n", positions);
      System.out.println("| --- | ---: |");
      rows.forEach(System.out::println);
      bandwidths.sort(null);
      System.out.printf(
          Locale.ROOT,
          "%naxpy over %.0f MB, between the chunks above: %.1f GB/s median, %.1f most%n",
          2e-6 * x.size() * Float.BYTES,
          bandwidths.get(bandwidths.size() / 2),
          bandwidths.get(bandwidths.size() - 1));
    }
  }

  /** y += x/2: two reads and a write of each element. */
  private void stream(Matrix x, Matrix y) {
    long start = System.nanoTime();
    backend.axpy(0.5, x, y);
    bandwidths.add(3.0 * Float.BYTES * x.size() / (System.nanoTime() - start));
  }

  private void train(OptionalInt width, WordOptions options, Matrix logits, Runnable between) {
    try (WordNetwork network = WordNetwork.initial(backend, corpus, width, options)) {
      BagSchedule schedule = new BagSchedule(corpus, options, backend, network.draws());
      WordBags bags = new WordBags();
      List<Double> micros = new ArrayList<>();
      double rows = 0;
      int done = 0;
      for (int place = 0; done < positions; done += bags.size()) {
        bags.clear();
        place = schedule.fill(0, place, bags);
        between.run();
        long start = System.nanoTime();
        network.descend(bags, options);
        micros.add((System.nanoTime() - start) * 1e-3 / bags.size());
        rows += bags.contextStart(bags.size()) + bags.targetStart(bags.size());
      }
      int words = corpus.vocabulary().size();
      backend.gemm(
          Transpose.NO,
          Transpose.YES,
          1,
          network.input(0, words),
          network.output(0, words),
          0,
          logits);
      print(WordCourse.name(width), options.batch(), network.columns(), rows / done, micros);
    }
  }

  private void print(String width, int batch, int columns, double rows, List<Double> micros) {
    double[] sorted = micros.stream().mapToDouble(x -> x).sorted().toArray();
    double[] streams = bandwidths.stream().mapToDouble(x -> x).sorted().toArray();
    double median = sorted[sorted.length / 2];
    // each row is read and written once
    double megabytes = 2e-6 * Float.BYTES * columns * rows;
    System.out.printf(
        Locale.ROOT,
        "| %s%s | %.2f | %.2f | %.1f | %.3f | %.1f | %.0f %% |%n",
        width,
        batch == 1 ? "" : ", batches of " + batch,
        median,
        sorted[0],
        rows,
        megabytes,
        megabytes / median * 1e3,
        100 * megabytes / median * 1e3 / streams[streams.length / 2]);
  }

  private String row(String name, Matrix limit, Matrix other) {
    double size = backend.dot(limit, limit);
    backend.axpy(-1, limit, other);
    return String.format(
        Locale.ROOT, "| %s | %.4f |", name, Math.sqrt(backend.dot(other, other) / size));
  }
}
