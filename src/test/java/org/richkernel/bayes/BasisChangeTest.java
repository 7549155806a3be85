package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;

/** Populations in the basis of other training inputs. */
class BasisChangeTest {
  private static final int D = 20;
  private static final int S = 400;

  private final Backend backend =
      Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});

  private static NetworkSpec network(double bias) {
    return NetworkSpec.of(1, Activation.TANH).withWeightVariance(1.7).withBiasVariance(bias);
  }

  private InputFactor factor(NetworkSpec network, double[] x) {
    return InputFactor.of(backend, network, x, x.length / D, D);
  }

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    return IntStream.range(0, count).mapToDouble(i -> random.nextGaussian()).toArray();
  }

  private static float[] single(double[] values) {
    float[] single = new float[values.length];
    for (int i = 0; i < single.length; i++) {
      single[i] = (float) values[i];
    }
    return single;
  }

  /** Rows of x in the order of a list. */
  private static double[] rows(double[] x, int... order) {
    double[] chosen = new double[order.length * D];
    for (int i = 0; i < order.length; i++) {
      System.arraycopy(x, order[i] * D, chosen, i * D, D);
    }
    return chosen;
  }

  /** Rows of a and then those of b. */
  private static double[] both(double[] a, double[] b) {
    double[] all = new double[a.length + b.length];
    System.arraycopy(a, 0, all, 0, a.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  /** xi F^T at a point of a factor. */
  private static double[] preactivations(float[] xi, InputFactor input, int point) {
    int rank = input.rank();
    double[] h = new double[xi.length / rank];
    for (int i = 0; i < xi.length; i++) {
      h[i / rank] += xi[i] * input.factor()[point * rank + i % rank];
    }
    return h;
  }

  private static void requireSame(double[] h, double[] expected) {
    for (int s = 0; s < h.length; s++) {
      assertThat(h[s]).isCloseTo(expected[s], within(3e-6));
    }
  }

  /** The span is the same; with fewer and with more points than columns. */
  @ParameterizedTest
  @CsvSource({"9, 0", "9, 0.4", "30, 0", "30, 0.4"})
  void preactivationsAreThoseOfBeforeInAnotherOrder(int points, double bias) {
    NetworkSpec network = network(bias);
    double[] x = normals(points * D, 1);
    InputFactor old = factor(network, x);
    int[] order = IntStream.range(0, points).map(i -> points - 1 - i).toArray();
    InputFactor turned = factor(network, rows(x, order));
    float[] xi = single(normals(S * old.rank(), 2));
    float[] moved = new BasisChange(old.projector(), old.rank(), turned).of(backend, 3, 0, xi, S);
    for (int i = 0; i < points; i++) {
      requireSame(preactivations(moved, turned, points - 1 - i), preactivations(xi, old, i));
    }
  }

  /** More points of the same span, with weights that sum to one because of biases. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.4})
  void preactivationsAreThoseOfBeforeAmongMorePointsOfTheirSpan(double bias) {
    NetworkSpec network = network(bias);
    int points = 9;
    double[] x = normals(points * D, 1);
    double[] between = new double[12 * D];
    for (int i = 0; i < between.length; i++) {
      int first = i / D % points;
      int second = (i / D + 1 + i / D / points) % points;
      between[i] = 0.3 * x[first * D + i % D] + 0.7 * x[second * D + i % D];
    }
    InputFactor old = factor(network, x);
    InputFactor more = factor(network, both(x, between));
    assertThat(more.rank()).isEqualTo(old.rank());
    float[] xi = single(normals(S * old.rank(), 2));
    float[] moved = new BasisChange(old.projector(), old.rank(), more).of(backend, 3, 0, xi, S);
    for (int i = 0; i < points; i++) {
      requireSame(preactivations(moved, more, i), preactivations(xi, old, i));
    }
  }

  /**
   * New points keep what the old ones said of them, and what these did not see is drawn from the
   * prior: (h(x) - h_old(x)) / s has independent standard normal samples, independent of the
   * fields.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.4})
  void newDirectionsAreOfThePrior(double bias) {
    NetworkSpec network = network(bias);
    int points = 9;
    int others = 5;
    double[] x = normals(points * D, 1);
    double[] more = normals(others * D, 4);
    InputFactor old = factor(network, x);
    InputFactor all = factor(network, both(x, more));
    assertThat(all.rank()).isEqualTo(old.rank() + others);
    // fields far from those of the prior
    double[] fields = normals(S * old.rank(), 2);
    for (int i = 0; i < fields.length; i++) {
      fields[i] = 2.5 + 0.2 * fields[i];
    }
    float[] xi = single(fields);
    BasisChange change = new BasisChange(old.projector(), old.rank(), all);
    float[] moved = change.of(backend, 3, 0, xi, S);
    assertThat(change.of(backend, 3, 0, xi, S)).containsExactly(moved);
    assertThat(change.of(backend, 3, 1, xi, S)).isNotEqualTo(moved);
    for (int i = 0; i < points; i++) {
      requireSame(preactivations(moved, all, i), preactivations(xi, old, i));
    }
    InputFactor.Coordinates seen = old.coordinates(backend, more, others);
    double[][] rest = new double[others][S];
    for (int i = 0; i < others; i++) {
      double[] h = preactivations(moved, all, points + i);
      for (int s = 0; s < S; s++) {
        double known = 0;
        for (int k = 0; k < old.rank(); k++) {
          known += xi[s * old.rank() + k] * seen.whitened()[i * old.rank() + k];
        }
        rest[i][s] = (h[s] - known) / seen.deviation()[i];
      }
      double mean = mean(rest[i]);
      assertThat(mean).isCloseTo(0, within(4 / Math.sqrt(S)));
      assertThat(product(rest[i], rest[i])).isCloseTo(1, within(4 * Math.sqrt(2.0 / S)));
      double[] first = column(xi, old.rank());
      assertThat(product(rest[i], first) / 0.2).isCloseTo(0, within(4 / Math.sqrt(S)));
    }
    // correlations between new points are those of what is left of them
    double[] left =
        InputFactor.residual(network, old.projector(), more, seen.whitened(), others, D);
    int width = left.length / others;
    for (int i = 1; i < others; i++) {
      double overlap = 0;
      for (int j = 0; j < width; j++) {
        overlap += left[j] * left[i * width + j];
      }
      overlap /= seen.deviation()[0] * seen.deviation()[i];
      double error = Math.sqrt((1 + overlap * overlap) / S);
      assertThat(product(rest[0], rest[i])).isCloseTo(overlap, within(4 * error));
    }
  }

  private static double mean(double[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).sum() / values.length;
  }

  private static double product(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum / a.length;
  }

  /** Deviations of the first field from its mean of 2.5. */
  private static double[] column(float[] xi, int rank) {
    double[] first = new double[xi.length / rank];
    for (int s = 0; s < first.length; s++) {
      first[s] = xi[s * rank] - 2.5;
    }
    return first;
  }

  private AdaptiveProblem problem(NetworkSpec network, double[] x, int columns) {
    int points = x.length / columns;
    return AdaptiveProblem.of(
        network,
        new SaddleOptions(2, 5, 64, 0, 7, 1e-2, 100),
        Inputs.of(x, points, columns),
        Targets.of(normals(points, 9), points, 1));
  }

  /** A start from two populations of each chain, of which the second ones hold index + 1. */
  private SavedStart saved(NetworkSpec network, InputFactor input, FieldForm form, int points) {
    FieldShape shape = FieldShape.of(network, input.rank(), points, form);
    int[] samples = {64, 64, 64, 64, 16, 16, 16, 16};
    int[] widths = IntStream.of(samples).map(shape::width).toArray();
    int length = IntStream.range(0, 8).map(p -> samples[p] * widths[p]).sum();
    float[] fields = single(normals(length, 5));
    return new SavedStart(
        network,
        input.projector(),
        input.rank(),
        new Populations(1, 0.1, form, widths, samples, new double[] {0.1, 0.2, 0.3, 0.4}, fields));
  }

  /**
   * The newest population of each chain starts: its first layer makes the same preactivations, its
   * weights above and its steps stay.
   */
  @Test
  void weightsOfTheOtherLayersStay() {
    NetworkSpec network = NetworkSpec.of(3, Activation.TANH).withBiasVariance(0.4);
    double[] x = normals(6 * D, 1);
    double[] all = both(x, normals(3 * D, 2));
    InputFactor old = factor(network, x);
    InputFactor more = factor(network, all);
    SavedStart saved = saved(network, old, FieldForm.WEIGHTS, 6);
    FieldShape shape = FieldShape.of(network, more.rank(), 9, FieldForm.WEIGHTS);
    AdaptiveProblem problem = problem(network, all, D);
    WarmStart start = saved.start(backend, problem, more, FieldForm.WEIGHTS, shape);
    assertThat(start.gamma()).isEqualTo(1);
    assertThat(start.kappa()).isEqualTo(problem.options().kappa());
    assertThat(start.steps()).containsExactly(0.1, 0.2, 0.3, 0.4);
    for (int c = 0; c < 4; c++) {
      int samples = c < 2 ? 64 : 16;
      float[] before = saved.populations().population(2 * c + 1);
      float[] after = start.fields().get(c);
      int above = before.length / samples - old.rank();
      assertThat(after).hasSize(samples * (more.rank() + above));
      for (int i = 0; i < samples * above; i++) {
        assertThat(after[i / above * (more.rank() + above) + more.rank() + i % above])
            .isEqualTo(before[i / above * (old.rank() + above) + old.rank() + i % above]);
      }
      float[] first = leading(after, samples, more.rank());
      for (int i = 0; i < 6; i++) {
        requireSame(
            preactivations(first, more, i),
            preactivations(leading(before, samples, old.rank()), old, i));
      }
    }
  }

  /** The first columns of every row. */
  private static float[] leading(float[] fields, int samples, int count) {
    int columns = fields.length / samples;
    float[] first = new float[samples * count];
    for (int s = 0; s < samples; s++) {
      System.arraycopy(fields, s * columns, first, s * count, count);
    }
    return first;
  }

  /** The same inputs start at the bits of the newest populations, and at their noise. */
  @Test
  void theSameInputsStartAtTheSameBits() {
    double[] x = normals(6 * D, 1);
    InputFactor input = factor(network(0), x);
    SavedStart saved = saved(network(0), input, FieldForm.WHITENED, 6);
    FieldShape shape = FieldShape.of(network(0), input.rank(), 6, FieldForm.WHITENED);
    WarmStart start =
        saved.start(backend, problem(network(0), x, D), input, FieldForm.WHITENED, shape);
    assertThat(start.kappa()).isEqualTo(0.1);
    for (int c = 0; c < 4; c++) {
      assertThat(start.fields().get(c)).containsExactly(saved.populations().population(2 * c + 1));
    }
  }

  @Test
  void whatFitsNoOtherProblemIsRefused() {
    double[] x = normals(6 * D, 1);
    InputFactor input = factor(network(0), x);
    SavedStart saved = saved(network(0), input, FieldForm.WHITENED, 6);
    FieldShape shape = FieldShape.of(network(0), 5, 6, FieldForm.WHITENED);
    assertThatThrownBy(
            () ->
                saved.start(backend, problem(network(0.4), x, D), input, FieldForm.WHITENED, shape))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("warm-start is a result of 1 hidden layer(s), tanh")
        .hasMessageContaining("bias variance 0.4");
    InputFactor narrow = InputFactor.of(backend, network(0), x, 8, 15);
    assertThatThrownBy(
            () ->
                saved.start(backend, problem(network(0), x, 15), narrow, FieldForm.WHITENED, shape))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("inputs of 20 columns; this problem has 15");
    NetworkSpec deep = NetworkSpec.of(2, Activation.TANH);
    double[] all = both(x, normals(3 * D, 2));
    SavedStart whitened = saved(deep, factor(deep, x), FieldForm.WHITENED, 6);
    InputFactor more = factor(deep, all);
    FieldShape other = FieldShape.of(deep, more.rank(), 9, FieldForm.WHITENED);
    assertThatThrownBy(
            () -> whitened.start(backend, problem(deep, all, D), more, FieldForm.WHITENED, other))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("other training points");
  }

  private static AdaptiveProblem images(NetworkSpec network, double[] x, ImageShape shape) {
    int images = x.length / shape.dimension();
    return AdaptiveProblem.of(
        network,
        new SaddleOptions(2, 5, 64, 0, 7, 1e-2, 100),
        Inputs.of(x, images, shape.dimension()).withShape(shape),
        Targets.of(normals(images, 9), images, 1));
  }

  /** Patches of the first images keep their preactivations among those of more images. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.4})
  void filtersAreThoseOfBeforeAmongMoreImages(double bias) {
    NetworkSpec network =
        NetworkSpec.of(1, Activation.TANH)
            .withBiasVariance(bias)
            .withConvolutions(Convolutions.parse("3x3/2"));
    ImageShape shape = new ImageShape(4, 4, 1);
    int sites = 4;
    double[] x = normals(2 * 16, 1);
    AdaptiveProblem problem = images(network, both(x, normals(2 * 16, 2)), shape);
    InputFactor few = SampledInputs.factor(backend, images(network, x, shape));
    InputFactor all = SampledInputs.factor(backend, problem);
    assertThat(all.rank()).isGreaterThan(few.rank());
    SavedStart saved = saved(network, few, FieldForm.WEIGHTS, 2);
    FieldShape fields = FieldShape.of(network, all.rank(), 4, FieldForm.WEIGHTS);
    WarmStart start = saved.start(backend, problem, all, FieldForm.WEIGHTS, fields);
    float[] before = saved.populations().population(1);
    for (int a = 0; a < sites; a++) {
      requireSame(
          preactivations(start.fields().get(0), all, 4 * a), preactivations(before, few, 2 * a));
    }

    NetworkSpec pooled =
        network.withConvolutions(Convolutions.parse("3x3/2").withReadout(SiteReadout.GAP));
    assertThatThrownBy(
            () -> saved.start(backend, images(pooled, x, shape), few, FieldForm.WEIGHTS, fields))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("padding same, readout flatten")
        .hasMessageContaining("padding same, readout gap");
  }

  /** A turn of small directions is rounding, as with other threads; one of large ones is not. */
  @Test
  void roundingOfTheBasisMovesNothing() {
    double[] x = normals(30 * D, 1);
    for (int i = 0; i < x.length; i++) {
      x[i] *= i % D < 2 ? 1e-5 : 1;
    }
    InputFactor input = factor(network(0), x);
    SavedStart saved = saved(network(0), input, FieldForm.WHITENED, 30);
    FieldShape shape = FieldShape.of(network(0), input.rank(), 30, FieldForm.WHITENED);
    AdaptiveProblem problem = problem(network(0), x, D);
    float[] newest = saved.populations().population(1);
    // eigenvalues ascend
    WarmStart same = turned(saved, 0, 1).start(backend, problem, input, FieldForm.WHITENED, shape);
    assertThat(same.kappa()).isEqualTo(0.1);
    assertThat(same.fields().get(0)).containsExactly(newest);
    WarmStart other =
        turned(saved, D - 2, D - 1).start(backend, problem, input, FieldForm.WHITENED, shape);
    assertThat(other.kappa()).isEqualTo(problem.options().kappa());
    assertThat(other.fields().get(0)).isNotEqualTo(newest);
  }

  /** The same populations in a basis of which two directions are turned by 1e-3. */
  private static SavedStart turned(SavedStart saved, int first, int second) {
    double[] projector = saved.projector().clone();
    for (int row = 0; row < projector.length; row += saved.rank()) {
      double a = projector[row + first];
      double b = projector[row + second];
      projector[row + first] = a * Math.cos(1e-3) - b * Math.sin(1e-3);
      projector[row + second] = a * Math.sin(1e-3) + b * Math.cos(1e-3);
    }
    return new SavedStart(saved.network(), projector, saved.rank(), saved.populations());
  }

  /** As many other points give fields of the same number of columns. */
  @Test
  void fieldsWhitenedByAsManyOtherPointsAreRefused() {
    NetworkSpec deep = NetworkSpec.of(2, Activation.TANH);
    double[] others = normals(6 * D, 2);
    SavedStart saved = saved(deep, factor(deep, normals(6 * D, 1)), FieldForm.WHITENED, 6);
    InputFactor input = factor(deep, others);
    FieldShape shape = FieldShape.of(deep, input.rank(), 6, FieldForm.WHITENED);
    assertThatThrownBy(
            () -> saved.start(backend, problem(deep, others, D), input, FieldForm.WHITENED, shape))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("whitened by these")
        .hasMessageContaining("--fields weights");
  }
}
