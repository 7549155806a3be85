package org.richkernel.limit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.commons.math3.fraction.BigFraction;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.option.Words;

/**
 * An abc-parametrization (Yang and Hu, arXiv:2011.14522, definition 3.1) with a learning rate for
 * every layer: W^l = n^{-a_l} w^l, w^l ~ N(0, n^{-2 b_l}), and w^l moves by eta n^{-c_l} times the
 * optimizer's direction. Layers l = 1 .. L + 1: the input layer, L - 1 hidden matrices (n x n) and
 * the readout.
 *
 * @param a minus the exponents of the multipliers, L + 1
 * @param b minus the exponents of the initial standard deviations, L + 1
 * @param c minus the exponents of the learning rates, L + 1
 */
public record Parametrization(
    Optimizer optimizer, List<BigFraction> a, List<BigFraction> b, List<BigFraction> c) {
  private static final List<String> NAMES = List.of("sp", "ntp", "mfp", "mup", "mup-adam");

  /**
   * Checks the lengths; one c stands for all layers.
   *
   * @throws InvalidProblemException if they differ or are less than 2
   */
  public Parametrization {
    a = List.copyOf(a);
    b = List.copyOf(b);
    if (a.size() < 2) {
      throw new InvalidProblemException(
          "a", Exponents.text(a), "give one exponent for each of the depth + 1 layers");
    }
    requireLength("b", b, a.size());
    if (c.size() != 1) {
      requireLength("c", c, a.size());
    }
    c = c.size() == 1 ? Collections.nCopies(a.size(), c.get(0)) : List.copyOf(c);
  }

  private static void requireLength(String field, List<BigFraction> values, int layers) {
    if (values.size() != layers) {
      throw new InvalidProblemException(
          field,
          Exponents.text(values),
          "give one exponent for each of the "
              + layers
              + " layers"
              + (field.equals("c") ? ", or one for all" : ""));
    }
  }

  /** The hidden layers L, at least 1. */
  public int depth() {
    return a.size() - 1;
  }

  /** The same weights with other learning rates. */
  public Parametrization withRates(List<BigFraction> rates) {
    return new Parametrization(optimizer, a, b, rates);
  }

  /** Standard parametrization: 1 / fan-in variances, learning rates of order 1. */
  public static Parametrization standard(int depth, Optimizer optimizer) {
    return of(optimizer, depth, "0", "0", "0", "0", "1/2", "1/2", "0");
  }

  /** NTK parametrization, learning rates of order 1 (Jacot et al., arXiv:1806.07572). */
  public static Parametrization ntk(int depth, Optimizer optimizer) {
    return of(optimizer, depth, "0", "1/2", "1/2", "0", "0", "0", "0");
  }

  /**
   * Mean-field parametrization (Mei et al., arXiv:1804.06561): every layer but the first divided by
   * n, learning rates of order n. With more than one hidden layer the preactivations vanish as n
   * grows.
   */
  public static Parametrization meanField(int depth, Optimizer optimizer) {
    return of(optimizer, depth, "0", "1", "1", "0", "0", "0", "-1");
  }

  /** Maximal update parametrization of gradient descent (arXiv:2011.14522, definition 4.1). */
  public static Parametrization maximalUpdate(int depth, Optimizer optimizer) {
    return of(optimizer, depth, "-1/2", "0", "1/2", "1/2", "1/2", "1/2", "0");
  }

  /** Maximal update parametrization of Adam (arXiv:2203.03466, table 8). */
  public static Parametrization maximalUpdateAdam(int depth) {
    Parametrization weights = of(Optimizer.ADAM, depth, "0", "0", "1", "0", "1/2", "0", "0");
    return weights.withRates(layers(depth, "0", "1", "0"));
  }

  private static Parametrization of(
      Optimizer optimizer,
      int depth,
      String firstA,
      String hiddenA,
      String readoutA,
      String firstB,
      String hiddenB,
      String readoutB,
      String rate) {
    return new Parametrization(
        optimizer,
        layers(depth, firstA, hiddenA, readoutA),
        layers(depth, firstB, hiddenB, readoutB),
        Exponents.parse("c", rate));
  }

  private static List<BigFraction> layers(int depth, String first, String hidden, String readout) {
    if (depth < 1) {
      throw new InvalidProblemException("depth", depth, "use at least 1 hidden layer");
    }
    List<BigFraction> values = new ArrayList<>();
    values.add(Exponents.parseOne("exponent", first));
    values.addAll(Collections.nCopies(depth - 1, Exponents.parseOne("exponent", hidden)));
    values.add(Exponents.parseOne("exponent", readout));
    return values;
  }

  /**
   * The parametrization with a name: sp, ntp, mfp, mup or mup-adam.
   *
   * @throws InvalidProblemException for an unknown name, or one that contradicts the optimizer
   */
  public static Parametrization named(String name, int depth, Optimizer optimizer) {
    return switch (name) {
      case "sp" -> standard(depth, optimizer);
      case "ntp" -> ntk(depth, optimizer);
      case "mfp" -> meanField(depth, optimizer);
      case "mup" -> maximalUpdate(depth, optimizer);
      case "mup-adam" -> {
        if (optimizer != Optimizer.ADAM) {
          throw new InvalidProblemException(
              "optimizer", optimizer.id(), "--named mup-adam is for adam; use --named mup");
        }
        yield maximalUpdateAdam(depth);
      }
      default -> throw new InvalidProblemException("named", name, Words.mend(name, NAMES));
    };
  }
}
