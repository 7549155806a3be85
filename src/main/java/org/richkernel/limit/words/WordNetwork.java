package org.richkernel.limit.words;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.WordBags;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * Input and output rows of the words, A and B, with their training and their answers to questions.
 *
 * <p>A network of width n has rows u_w, uniform with variance 1/n, and v_w = 0. The infinitely wide
 * one is the same program on the coefficients of its rows in the initial u (Yang and Hu,
 * arXiv:2011.14522, section 6 and appendix D.1): A = I and B = 0, V columns, with inner products of
 * coefficients for (1/n) u.v. The initial v, which are zero there, need no columns.
 */
final class WordNetwork implements AutoCloseable {
  private static final int MOST_PANEL = 512;
  private static final int STATE_ELEMENTS = 1 << 26;
  private static final String INPUT = "input embedding";
  private static final String OUTPUT = "output embedding";
  private static final String HIDDEN = "hidden layer of a batch";
  private static final String PULL = "gradient of it";
  private static final String LOSSES = "losses";
  private static final String DRAWS = "random numbers";
  private static final String ROWS = "rows of questions";
  private static final String SCORES = "their inner products";
  private static final String SQUARES = "squares of the rows";

  private final Backend backend;
  private final Workspace memory;
  private final int words;
  private final int columns;
  private final Matrix input;
  private final Matrix output;

  private WordNetwork(Backend backend, Workspace memory, int words, int columns) {
    this.backend = backend;
    this.memory = memory;
    this.words = words;
    this.columns = columns;
    input = memory.get(INPUT);
    output = memory.get(OUTPUT);
  }

  /**
   * Peak memory. The heap part is that of a checkpoint, largest when it is read back.
   *
   * @param width empty for the infinite one
   * @param tokens of the text
   */
  static MemoryPlan plan(int words, OptionalInt width, WordOptions options, long tokens) {
    int columns = width.orElse(words);
    int batch = Math.min(options.batch(), BagSchedule.mostPositions());
    // the inner products of a panel with all words fit into an array
    int panel = Math.min(Math.min(MOST_PANEL, words), (Integer.MAX_VALUE - 8) / words);
    return new MemoryPlan()
        .add(INPUT, Precision.FLOAT32, words, columns)
        .add(OUTPUT, Precision.FLOAT32, words, columns)
        .add(HIDDEN, Precision.FLOAT32, batch, columns)
        .add(PULL, Precision.FLOAT32, batch, columns)
        .add(LOSSES, Precision.FLOAT64, 1, BagSchedule.mostPositions())
        .add(DRAWS, Precision.FLOAT32, BagSchedule.CHUNK, BagSchedule.drawsPerWord(options))
        .add(ROWS, Precision.FLOAT32, panel, columns)
        .add(SCORES, Precision.FLOAT32, panel, words)
        .add(SQUARES, Precision.FLOAT32, words, 1)
        .addHost(2L * words * columns * (Float.BYTES + Double.BYTES))
        .addHost((long) Float.BYTES * panel * words + Integer.BYTES * tokens);
  }

  /** A network at its start. */
  static WordNetwork initial(
      Backend backend, Corpus corpus, OptionalInt width, WordOptions options) {
    int words = corpus.vocabulary().size();
    MemoryPlan plan = plan(words, width, options, corpus.tokens().length);
    WordNetwork network =
        new WordNetwork(backend, new Workspace(backend, plan), words, width.orElse(words));
    if (width.isPresent()) {
      network.fillUniform(options.seed());
    } else {
      backend.addDiagonal(1, network.input);
    }
    return network;
  }

  /** u = sqrt(3/n) (2 U - 1) with U uniform in (0, 1]. */
  private void fillUniform(long seed) {
    double most = Math.sqrt(3.0 / columns);
    long stream = RandomStreams.stream(RandomStreams.WORD_ROWS, 0, 0);
    Matrix ones = memory.get(ROWS);
    backend.fillUniform(seed, stream, 0, input);
    backend.scale(2 * most, input);
    backend.fill(1, ones);
    for (int row = 0; row < words; row += ones.rows()) {
      int count = Math.min(ones.rows(), words - row);
      backend.axpy(-most, ones.rowRange(0, count), input.rowRange(row, count));
    }
  }

  /** Random numbers of the schedule. */
  Matrix draws() {
    return memory.get(DRAWS);
  }

  /** Number of columns, V in the limit. */
  int columns() {
    return columns;
  }

  /** Takes the steps of the given positions and returns the sum of their losses. */
  double descend(WordBags bags, WordOptions options) {
    Matrix losses = memory.get(LOSSES);
    backend.descendBags(
        bags,
        options.batch(),
        options.weightDecay(),
        input,
        output,
        memory.get(HIDDEN),
        memory.get(PULL),
        losses);
    return backend.sum(losses.view(0, 1, 0, bags.size()));
  }

  /** Row panels of the input embedding. */
  Matrix input(int firstRow, int count) {
    return input.rowRange(firstRow, count);
  }

  /** Row panels of the output embedding. */
  Matrix output(int firstRow, int count) {
    return output.rowRange(firstRow, count);
  }

  /**
   * The rank of each answer among all words but the three of its question: 1 + the number of words
   * that score as high or higher; the last rank for an answer that is one of the three. The score
   * of w is that of A_b/|A_b| - A_a/|A_a| + A_c/|A_c| in the direction of A_w (Mikolov et al.,
   * arXiv:1301.3781), so a tie counts as wrong.
   */
  int[] ranks(List<Analogies.Question> questions) {
    int[] ranks = new int[questions.size()];
    if (ranks.length == 0) {
      return ranks;
    }
    float[] lengths = lengths();
    Map<Integer, Integer> panel = new LinkedHashMap<>();
    int first = 0;
    for (int q = 0; q <= ranks.length; q++) {
      List<Integer> needed = q < ranks.length ? rows(questions.get(q)) : List.of();
      long fresh = needed.stream().filter(row -> !panel.containsKey(row)).count();
      if (q == ranks.length || panel.size() + fresh > memory.get(ROWS).rows()) {
        float[] scores = products(List.copyOf(panel.keySet()));
        for (int i = first; i < q; i++) {
          ranks[i] = rank(questions.get(i), panel, scores, lengths);
        }
        panel.clear();
        first = q;
      }
      needed.forEach(row -> panel.putIfAbsent(row, panel.size()));
    }
    return ranks;
  }

  private static List<Integer> rows(Analogies.Question question) {
    return List.of(question.a(), question.b(), question.c());
  }

  private int rank(
      Analogies.Question question, Map<Integer, Integer> panel, float[] scores, float[] lengths) {
    if (rows(question).contains(question.d())) {
      return words; // the answer is one of the question's words
    }
    int a = panel.get(question.a());
    int b = panel.get(question.b());
    int c = panel.get(question.c());
    float byA = 1 / lengths[question.a()];
    float byB = 1 / lengths[question.b()];
    float byC = 1 / lengths[question.c()];
    float right = 0;
    int higher = 0;
    // first the answer's score, then the number of words not below it
    for (int pass = 0; pass < 2; pass++) {
      int from = pass == 0 ? question.d() : 0;
      int to = pass == 0 ? question.d() + 1 : words;
      for (int w = from; w < to; w++) {
        float score =
            (byB * scores[b * words + w]
                    - byA * scores[a * words + w]
                    + byC * scores[c * words + w])
                / lengths[w];
        if (pass == 0) {
          right = score;
        } else if (!(score < right)
            && w != question.d()
            && w != question.a()
            && w != question.b()
            && w != question.c()) {
          higher++;
        }
      }
    }
    return 1 + higher;
  }

  /** Words nearest to a word by the cosine of their rows, the nearest first. */
  List<Neighbour> neighbours(int word, int count) {
    float[] lengths = lengths();
    float[] products = products(List.of(word));
    return IntStream.range(0, words)
        .filter(w -> w != word)
        .mapToObj(w -> new Neighbour(w, products[w] / ((double) lengths[w] * lengths[word])))
        .sorted(
            Comparator.comparingDouble((Neighbour n) -> -n.cosine())
                .thenComparingInt(Neighbour::word))
        .limit(count)
        .toList();
  }

  /** |A_w| of every word. */
  private float[] lengths() {
    Matrix squares = memory.get(SQUARES);
    backend.rowDot(input, input, squares);
    float[] lengths = new float[words];
    backend.download(squares, lengths);
    for (int w = 0; w < words; w++) {
      lengths[w] = (float) Math.sqrt(lengths[w]);
    }
    return lengths;
  }

  /** A_r . A_w of some rows r with all words w, rows x V. */
  private float[] products(List<Integer> rows) {
    Matrix chosen = memory.get(ROWS).rowRange(0, rows.size());
    Matrix scores = memory.get(SCORES).rowRange(0, rows.size());
    for (int i = 0; i < rows.size(); i++) {
      backend.copy(input.rowRange(rows.get(i), 1), chosen.rowRange(i, 1));
    }
    backend.gemm(Transpose.NO, Transpose.YES, 1, chosen, input, 0, scores);
    float[] values = new float[rows.size() * words];
    backend.download(scores, values);
    return values;
  }

  /** Both embeddings, in panels of rows. */
  SolverState state() {
    SolverState state = new SolverState();
    for (Map.Entry<String, Matrix> panel : panels().entrySet()) {
      float[] values = new float[(int) panel.getValue().size()];
      backend.download(panel.getValue(), values);
      state.put(panel.getKey(), values);
    }
    return state;
  }

  /** Restores both embeddings. */
  void restore(SolverState state) {
    panels().forEach((name, panel) -> backend.upload(state.floats(name), panel));
  }

  private Map<String, Matrix> panels() {
    int rows = Math.max(1, STATE_ELEMENTS / columns);
    Map<String, Matrix> panels = new LinkedHashMap<>();
    for (int row = 0; row < words; row += rows) {
      int count = Math.min(rows, words - row);
      panels.put("input_" + row, input.rowRange(row, count));
      panels.put("output_" + row, output.rowRange(row, count));
    }
    return panels;
  }

  @Override
  public void close() {
    memory.close();
  }

  /** A word and the cosine of its row with another one. */
  record Neighbour(int word, double cosine) {}
}
