package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Descent on bags of words, against the program written down draw by draw in float64. */
interface BagContract extends ContractSubject {
  int WORDS = 23;
  int POSITIONS = 45;

  /** Contexts and targets of a position as they were drawn, the first target with label 1. */
  record Drawn(double rate, List<Integer> contexts, List<Integer> targets) {}

  private static List<Drawn> drawn(long seed) {
    Random random = new Random(seed);
    List<Drawn> all = new ArrayList<>();
    for (int i = 0; i < POSITIONS; i++) {
      List<Integer> contexts = new ArrayList<>();
      List<Integer> targets = new ArrayList<>();
      int length = 1 + random.nextInt(8);
      for (int j = 0; j < length; j++) {
        contexts.add(random.nextInt(random.nextBoolean() ? 3 : WORDS));
      }
      int word = random.nextInt(WORDS);
      targets.add(word);
      for (int j = 0; j < 6; j++) {
        int negative = random.nextInt(random.nextBoolean() ? 3 : WORDS);
        if (negative != word) {
          targets.add(negative);
        }
      }
      all.add(new Drawn(0.05 + 0.3 * random.nextDouble(), contexts, targets));
    }
    return all;
  }

  private static WordBags bags(List<Drawn> positions) {
    WordBags bags = new WordBags();
    for (Drawn drawn : positions) {
      bags.begin(drawn.rate(), drawn.targets().get(0));
      drawn.contexts().forEach(bags::context);
      drawn.targets().subList(1, drawn.targets().size()).forEach(bags::negative);
    }
    return bags;
  }

  /** Both embeddings and the losses after the program, in float64. */
  record Descended(Host input, Host output, double[] losses) {
    static Descended from(List<Drawn> positions, int batch, double decay, Host a0, Host b0) {
      Host a = a0.copy();
      Host b = b0.copy();
      double[] losses = new double[positions.size()];
      for (int first = 0; first < positions.size(); first += batch) {
        int last = Math.min(first + batch, positions.size());
        Host oldA = a.copy();
        Host oldB = b.copy();
        for (int i = first; i < last; i++) {
          losses[i] = position(positions.get(i), decay, oldA, oldB, a, b);
        }
      }
      return new Descended(a, b, losses);
    }

    /** Rows change where they are reached first by the positions of the batch before. */
    private static double position(
        Drawn drawn, double decay, Host oldA, Host oldB, Host a, Host b) {
      int n = a.columns;
      double rho = 1 - drawn.rate() * decay;
      double[] h = new double[n];
      for (int word : drawn.contexts()) {
        for (int k = 0; k < n; k++) {
          h[k] += oldA.at(word, k) / drawn.contexts().size();
        }
      }
      double[] e = new double[n];
      Host seen = oldB.copy();
      double loss = 0;
      for (int t = 0; t < drawn.targets().size(); t++) {
        int word = drawn.targets().get(t);
        double label = t == 0 ? 1 : 0;
        double d = 0;
        for (int k = 0; k < n; k++) {
          d += h[k] * seen.at(word, k);
        }
        double sigmoid = d > 12 ? 1 : d < -12 ? 0 : 1 / (1 + Math.exp(-d));
        double g = drawn.rate() * (label - sigmoid);
        loss += Math.log1p(Math.exp(t == 0 ? -d : d));
        for (int k = 0; k < n; k++) {
          e[k] += g * seen.at(word, k);
          seen.set(word, k, rho * seen.at(word, k) + g * h[k]);
          b.set(word, k, rho * b.at(word, k) + g * h[k]);
        }
      }
      for (int word : drawn.contexts()) {
        for (int k = 0; k < n; k++) {
          a.set(word, k, rho * a.at(word, k) + e[k] / drawn.contexts().size());
        }
      }
      return loss;
    }
  }

  @Test
  default void bagsDescendAsTheProgramDrawByDraw() {
    for (int columns : new int[] {1, 33, 257, 1100, 2100}) {
      for (int batch : new int[] {1, 7, 40}) {
        double decay = batch == 7 ? 0 : 0.1;
        List<Drawn> positions = drawn(columns);
        Host none = new Host(WORDS, columns);
        Host a = Host.random(WORDS, columns, 1).combine(1 / Math.sqrt(columns), 0, none);
        Host b = Host.random(WORDS, columns, 2).combine(3 / Math.sqrt(columns), 0, none);
        Descended expected = Descended.from(positions, batch, decay, a, b);
        Matrix[] owners = new Matrix[2];
        Matrix input = a.inWindow(backend(), Precision.FLOAT32, "input", owners);
        Matrix[] other = new Matrix[1];
        Matrix output = b.inWindow(backend(), Precision.FLOAT32, "output", other);
        try (Matrix first = owners[0];
            Matrix second = other[0];
            Matrix hidden = backend().allocate(Precision.FLOAT32, batch, columns, "hidden");
            Matrix pull = backend().allocate(Precision.FLOAT32, batch, columns, "pull");
            Matrix losses = backend().allocate(Precision.FLOAT64, 1, POSITIONS + 2, "losses")) {
          assertThat(first.rows() + second.rows()).isEqualTo(2 * (WORDS + 3));
          backend().descendBags(bags(positions), batch, decay, input, output, hidden, pull, losses);
          String what = columns + " columns, batches of " + batch;
          Host.from(backend(), input).isWithin(2e-6, expected.input(), what);
          Host.from(backend(), output).isWithin(2e-6, expected.output(), what);
          Host found = Host.from(backend(), losses);
          for (int i = 0; i < POSITIONS; i++) {
            assertThat(found.at(0, i)).as(what).isCloseTo(expected.losses()[i], within(1e-5));
          }
          assertThat(found.at(0, POSITIONS)).isZero();
        }
      }
    }
  }

  @Test
  default void bagsDescendWithTheSameBitsOnAnyNumberOfThreads() {
    int columns = 2100;
    List<Drawn> positions = drawn(5);
    float[] expected = null;
    int batch = 1;
    for (int threads : new int[] {1, 2, 3, 3}) {
      try (Backend own = open(threads);
          Matrix input = Host.random(WORDS, columns, 1).on(own, Precision.FLOAT32, "input");
          Matrix output = Host.random(WORDS, columns, 2).on(own, Precision.FLOAT32, "output");
          Matrix hidden = own.allocate(Precision.FLOAT32, batch, columns, "hidden");
          Matrix pull = own.allocate(Precision.FLOAT32, batch, columns, "pull");
          Matrix losses = own.allocate(Precision.FLOAT64, 1, POSITIONS, "losses")) {
        own.descendBags(bags(positions), batch, 0.1, input, output, hidden, pull, losses);
        float[] found = new float[WORDS * columns];
        own.download(output, found);
        expected = expected == null ? found : expected;
        assertThat(found).isEqualTo(expected);
      }
    }
  }

  @Test
  default void bagsOfWordsWithoutARowAreRefused() {
    WordBags bags = new WordBags();
    bags.begin(0.1, 4);
    bags.context(5);
    try (Matrix input = backend().allocate(Precision.FLOAT32, 5, 3, "input");
        Matrix output = backend().allocate(Precision.FLOAT32, 5, 3, "output");
        Matrix hidden = backend().allocate(Precision.FLOAT32, 1, 3, "hidden");
        Matrix pull = backend().allocate(Precision.FLOAT32, 1, 3, "pull");
        Matrix losses = backend().allocate(Precision.FLOAT64, 1, 1, "losses")) {
      assertThatThrownBy(
              () -> backend().descendBags(bags, 1, 0, input, output, hidden, pull, losses))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("word 5");
      bags.clear();
      backend().descendBags(bags, 1, 0, input, output, hidden, pull, losses);
      for (int t = 0; t <= Operands.MOST_TARGETS; t++) {
        if (t == 0) {
          bags.begin(0.1, 0);
          bags.context(0);
        } else {
          bags.negative(t);
        }
      }
      assertThatThrownBy(
              () -> backend().descendBags(bags, 1, 0, input, output, hidden, pull, losses))
          .hasMessageContaining("65 targets");
    }
  }
}
