package org.richkernel.limit.words;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.WordBags;

/** The program on rows in float64, draw by draw, on the positions of a schedule. */
final class PlainProgram {
  final double[][] input;
  final double[][] output;
  final List<Double> losses = new ArrayList<>();

  private PlainProgram(double[][] input, double[][] output) {
    this.input = input;
    this.output = output;
  }

  /** The limit with all 2 V columns: A = [I, 0], B = 0. */
  static PlainProgram limit(int words) {
    double[][] a = new double[words][2 * words];
    for (int w = 0; w < words; w++) {
      a[w][w] = 1;
    }
    return new PlainProgram(a, new double[words][2 * words]);
  }

  /** A network whose rows are orthonormal, which is the limit at finite width. */
  static PlainProgram orthonormal(int words, int width, long seed) {
    Random random = new Random(seed);
    double[][] u = new double[words][width];
    for (int w = 0; w < words; w++) {
      for (int k = 0; k < width; k++) {
        u[w][k] = random.nextGaussian();
      }
      for (int v = 0; v <= w; v++) {
        double overlap = dot(u[w], u[v]);
        for (int k = 0; k < width; k++) {
          u[w][k] = v < w ? u[w][k] - overlap * u[v][k] : u[w][k] / Math.sqrt(overlap);
        }
      }
    }
    return new PlainProgram(u, new double[words][width]);
  }

  /** A network with given rows, and no output rows. */
  static PlainProgram of(double[][] rows) {
    return new PlainProgram(rows, new double[rows.length][rows[0].length]);
  }

  /** Trains on a corpus. */
  void train(Corpus corpus, WordOptions options) {
    try (Backend backend = Backends.cpu();
        Matrix draws =
            backend.allocate(
                Precision.FLOAT32, BagSchedule.CHUNK, BagSchedule.drawsPerWord(options), "draws")) {
      BagSchedule schedule = new BagSchedule(corpus, options, backend, draws);
      for (int epoch = 0; epoch < options.epochs(); epoch++) {
        double loss = 0;
        int count = 0;
        for (int place = 0; place < schedule.length(); ) {
          WordBags bags = new WordBags();
          place = schedule.fill(epoch, place, bags);
          for (int i = 0; i < bags.size(); i++) {
            loss += position(bags, i, options.weightDecay());
          }
          count += bags.size();
        }
        losses.add(loss / count);
      }
    }
  }

  private double position(WordBags bags, int i, double decay) {
    int columns = input[0].length;
    double rate = bags.rate(i);
    double rho = 1 - rate * decay;
    double[] h = new double[columns];
    for (int j = 0; j < bags.contexts(i); j++) {
      for (int k = 0; k < columns; k++) {
        h[k] += bags.contextCount(i, j) * input[bags.context(i, j)][k] / bags.length(i);
      }
    }
    double[] e = new double[columns];
    double loss = 0;
    for (int t = 0; t < bags.targets(i); t++) {
      double[] row = output[bags.target(i, t)];
      for (int draw = 0; draw < bags.targetCount(i, t); draw++) {
        double d = dot(h, row);
        double g = rate * ((t == 0 ? 1 : 0) - 1 / (1 + Math.exp(-d)));
        loss += Math.log1p(Math.exp(t == 0 ? -d : d));
        for (int k = 0; k < columns; k++) {
          e[k] += g * row[k];
          row[k] = rho * row[k] + g * h[k];
        }
      }
    }
    for (int j = 0; j < bags.contexts(i); j++) {
      double[] row = input[bags.context(i, j)];
      for (int times = 0; times < bags.contextCount(i, j); times++) {
        for (int k = 0; k < columns; k++) {
          row[k] = rho * row[k] + e[k] / bags.length(i);
        }
      }
    }
    return loss;
  }

  /** u.v of all pairs of words, the input of one with the output of the other. */
  double[][] logits() {
    return products(input, output);
  }

  /** u.v of all pairs of rows. */
  static double[][] products(double[][] u, double[][] v) {
    double[][] products = new double[u.length][v.length];
    for (int i = 0; i < u.length; i++) {
      for (int j = 0; j < v.length; j++) {
        products[i][j] = dot(u[i], v[j]);
      }
    }
    return products;
  }

  static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int k = 0; k < x.length; k++) {
      sum += x[k] * y[k];
    }
    return sum;
  }
}
