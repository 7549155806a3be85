package org.richkernel.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;

class ScaledNetworkTest {
  private static final int WIDTH = 5;

  private static Parametrization of(String optimizer, String a, String b, String c) {
    return new Parametrization(
        Optimizer.of(optimizer),
        Exponents.parse("a", a),
        Exponents.parse("b", b),
        Exponents.parse("c", c));
  }

  private static List<CoordinateRun> train(Parametrization p, ScalingOptions options) {
    try (Backend backend = Backends.cpu()) {
      return new ScalingExperiment(p, options).run(backend, RunControl.silent()).orElseThrow();
    }
  }

  private static ScalingOptions small(Parametrization p) {
    return ScalingOptions.usual(p)
        .withNetworks(List.of(WIDTH, 2 * WIDTH), 2, Activation.TANH)
        .withSteps(3, 0.3)
        .withSeed(5);
  }

  /** The same network by plain loops, with gradients from differences of the loss. */
  private static final class Plain {
    private final Parametrization p;
    private final ScalingOptions options;
    private final int n;
    private final List<double[]> w = new ArrayList<>();
    private final double[] x;

    Plain(Parametrization p, ScalingOptions options, int n, int repeat) {
      this.p = p;
      this.options = options;
      this.n = n;
      x = gaussian(options.points(), options.inputDimension(), 0, 0);
      for (int i = 0; i < x.length; i++) {
        x[i] /= Math.sqrt(options.inputDimension());
      }
      for (int l = 1; l <= p.depth() + 1; l++) {
        int rows = l == p.depth() + 1 ? 1 : n;
        double[] entries = gaussian(rows, fanIn(l), repeat, n * 4096L + l);
        for (int i = 0; i < entries.length; i++) {
          entries[i] *= power(p.b().get(l - 1).doubleValue());
        }
        w.add(entries);
      }
    }

    private double[] gaussian(int rows, int columns, int chain, long iteration) {
      try (Backend backend = Backends.cpu();
          Matrix drawn = backend.allocate(Precision.FLOAT32, rows, columns, "drawn")) {
        long stream = RandomStreams.stream(RandomStreams.SCALING_WEIGHTS, chain, iteration);
        backend.fillGaussian(options.seed(), stream, 0, drawn);
        double[] values = new double[rows * columns];
        backend.download(drawn, values);
        return values;
      }
    }

    private int fanIn(int layer) {
      return layer == 1 ? options.inputDimension() : n;
    }

    private double power(double exponent) {
      return Math.pow(n, -exponent);
    }

    double output(int point) {
      double[] field = new double[options.inputDimension()];
      System.arraycopy(x, point * field.length, field, 0, field.length);
      for (int l = 1; l <= p.depth() + 1; l++) {
        double[] next = new double[l == p.depth() + 1 ? 1 : n];
        for (int i = 0; i < next.length; i++) {
          for (int j = 0; j < field.length; j++) {
            next[i] += w.get(l - 1)[i * field.length + j] * field[j];
          }
          next[i] *= power(p.a().get(l - 1).doubleValue());
          next[i] = l == p.depth() + 1 ? next[i] : Math.tanh(next[i]);
        }
        field = next;
      }
      return field[0];
    }

    private double loss() {
      double sum = 0;
      for (int i = 0; i < options.points(); i++) {
        double off = output(i) - (i % 2 == 0 ? 1 : -1);
        sum += off * off / (2 * options.points());
      }
      return sum;
    }

    List<double[]> gradient() {
      List<double[]> all = new ArrayList<>();
      for (double[] entries : w) {
        double[] slopes = new double[entries.length];
        for (int i = 0; i < entries.length; i++) {
          double at = entries[i];
          double step = 1e-5;
          entries[i] = at + step;
          double up = loss();
          entries[i] = at - step;
          slopes[i] = (up - loss()) / (2 * step);
          entries[i] = at;
        }
        all.add(slopes);
      }
      return all;
    }

    /** Every layer's own rate and decay; momentum and Adam as their papers write them. */
    void train(List<double[]> outputs) {
      List<double[]> m = zeros();
      List<double[]> v = zeros();
      for (int t = 0; t <= options.steps(); t++) {
        double[] f = new double[options.points()];
        for (int i = 0; i < f.length; i++) {
          f[i] = output(i);
        }
        outputs.add(f);
        List<double[]> g = gradient();
        for (int l = 0; l < w.size(); l++) {
          double rate = options.stepSize() * power(p.c().get(l).doubleValue());
          double decay = options.weightDecay() / power(p.c().get(l).doubleValue());
          double epsilon = 1e-8 / power(options.epsilonExponents().get(l).doubleValue());
          for (int i = 0; i < g.get(l).length; i++) {
            w.get(l)[i] *= 1 - rate * decay;
            w.get(l)[i] -= rate * direction(m.get(l), v.get(l), g.get(l)[i], i, t + 1, epsilon);
          }
        }
      }
    }

    private double direction(double[] m, double[] v, double g, int i, int step, double epsilon) {
      return switch (p.optimizer()) {
        case SGD -> g;
        case MOMENTUM -> {
          m[i] = 0.9 * m[i] + g;
          yield m[i];
        }
        case ADAM -> {
          m[i] = 0.9 * m[i] + 0.1 * g;
          v[i] = 0.999 * v[i] + 0.001 * g * g;
          double first = m[i] / (1 - Math.pow(0.9, step));
          yield first / (Math.sqrt(v[i] / (1 - Math.pow(0.999, step))) + epsilon);
        }
      };
    }

    private List<double[]> zeros() {
      return w.stream().map(entries -> new double[entries.length]).toList();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sgd, '-1/2,0,1/2', '1/2,1/2,1/2', '0', 0.3",
    "sgd, '0,1/2', '0,0', '-1/2,1/3', 0",
    "momentum, '0,1/2,1/2', '0,0,0', '0,1/2,0', 0",
    "adam, '0,0,1', '0,1/2,0', '0,1,0', 0.2",
    "adam, '0,0,0,0', '0,1/2,1/2,1', '0,1,1,1', 0",
  })
  void trainsAsPlainLoopsDo(String optimizer, String a, String b, String c, double decay) {
    Parametrization p = of(optimizer, a, b, c);
    ScalingOptions options = small(p);
    options = options.withWeightDecay(decay, options.weightDecayExponents());
    CoordinateRun run = train(p, options).get(1);
    List<double[]> expected = new ArrayList<>();
    new Plain(p, options, WIDTH, 1).train(expected);
    assertThat(run.width()).isEqualTo(WIDTH);
    double moved = 0;
    for (int t = 0; t <= options.steps(); t++) {
      for (int i = 0; i < options.points(); i++) {
        double f = run.outputs()[t * options.points() + i];
        // Adam's direction is a sign, whose zero crossings differences of the loss resolve less
        // well
        assertThat(f).isCloseTo(expected.get(t)[i], within(1e-6));
        moved = Math.max(moved, Math.abs(f - expected.get(0)[i]));
      }
    }
    assertThat(moved).isGreaterThan(0.05);
  }

  /** Shifted exponents are the same network: every coordinate of it, up to rounding. */
  @ParameterizedTest
  @CsvSource({
    "sgd, '-1/2,0,1/2', '1/2,1/2,1/2', '0', '0,1/2,1', '0,0,0', '-1'",
    "momentum, '-1/2,0,1/2', '1/2,1/2,1/2', '0', '0,0,0', '0,1/2,1', '-1,0,1'",
    "adam, '0,0,1', '0,1/2,0', '0,1,0', '0,0,0', '0,1/2,1', '0,1,1'",
    "adam, '0,0,1', '0,1/2,0', '0,1,0', '0,1,1', '0,-1/2,0', '0'",
  })
  void shiftedParametrizationsTrainAlike(
      String optimizer, String a, String b, String c, String a2, String b2, String c2) {
    Parametrization one = of(optimizer, a, b, c);
    Parametrization two = of(optimizer, a2, b2, c2);
    List<CoordinateRun> first = train(one, small(one));
    List<CoordinateRun> second = train(two, small(two));
    for (int r = 0; r < first.size(); r++) {
      assertThat(first.get(r).outputs())
          .usingComparatorWithPrecision(1e-9)
          .containsExactly(second.get(r).outputs());
      for (int l = 0; l < 2; l++) {
        assertThat(first.get(r).hidden().get(l))
            .usingComparatorWithPrecision(1e-9)
            .containsExactly(second.get(r).hidden().get(l));
      }
    }
  }

  /** Both parts of the outputs' change, told apart by the start's readout, add up to it. */
  @Test
  void theOutputsSplitIntoTheirTwoParts() {
    Parametrization p = Parametrization.maximalUpdate(2, Optimizer.SGD);
    CoordinateRun run = train(p, small(p)).get(0);
    CoordinateRun.Split split = run.split().orElseThrow();
    int points = run.points();
    for (int i = 0; i < points; i++) {
      double f = 0;
      for (int k = 0; k < WIDTH; k++) {
        f += split.readout()[k] * split.features()[i * WIDTH + k];
      }
      assertThat(run.outputs()[i]).isCloseTo(f, within(1e-12));
      assertThat(split.features()[i * WIDTH])
          .isCloseTo(Math.tanh(run.hidden().get(1)[i * WIDTH]), within(1e-12));
    }
    // whole = readout + features point by point, so their correlation is one of two vectors
    double whole = run.meanSquare(new Quantity(Quantity.Kind.OUTPUT_CHANGE, 0), 3);
    double readout = run.meanSquare(new Quantity(Quantity.Kind.BY_READOUT, 0), 3);
    double features = run.meanSquare(new Quantity(Quantity.Kind.BY_FEATURES, 0), 3);
    double cross = (whole - readout - features) / (2 * Math.sqrt(readout * features));
    assertThat(cross).isBetween(-1.0, 1.0);
    assertThat(readout).isPositive();
    assertThat(features).isPositive();
  }

  @Test
  void exponentsOfAnotherDepthAreRefused() {
    Parametrization two = Parametrization.maximalUpdateAdam(2);
    ScalingOptions three = small(Parametrization.maximalUpdateAdam(3));
    assertThatThrownBy(() -> new ScalingExperiment(two, three))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("4 and 4; give one for each of the 3 layers");
  }

  @Test
  void sameSeedSameNumbersAndOthersDiffer() {
    Parametrization p = Parametrization.maximalUpdateAdam(2);
    ScalingOptions options = small(p);
    double[] once = train(p, options).get(0).outputs();
    assertThat(train(p, options).get(0).outputs()).containsExactly(once);
    assertThat(train(p, options).get(1).outputs()).isNotEqualTo(once);
    assertThat(train(p, options.withSeed(6)).get(0).outputs()).isNotEqualTo(once);
  }
}
