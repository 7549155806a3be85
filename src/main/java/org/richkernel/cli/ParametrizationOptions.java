package org.richkernel.cli;

import java.util.List;
import org.apache.commons.math3.fraction.BigFraction;
import org.jspecify.annotations.Nullable;
import org.richkernel.limit.Exponents;
import org.richkernel.limit.Optimizer;
import org.richkernel.limit.Parametrization;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** An abc-parametrization: by its exponents, or by name. */
final class ParametrizationOptions {

  @Option(
      names = "--depth",
      paramLabel = "L",
      description =
          "Number of hidden layers; the readout is layer L + 1. Default: 2, or one less than the"
              + " number of --a.")
  private @Nullable Integer depth;

  @Option(
      names = "--named",
      paramLabel = "NAME",
      description =
          "Instead of --a and --b: sp (standard), ntp (NTK), mfp (mean-field), mup (maximal update"
              + " of gradient descent) or mup-adam (of Adam), each with the learning rates that"
              + " belong to it unless --c is given. Default: none.")
  private @Nullable String named;

  @Option(
      names = "--a",
      paramLabel = "A1,...",
      description =
          "Multipliers: W^l = n^{-A_l} w^l. Pure numbers, fractions like 1/2, one for each of the"
              + " L + 1 layers. Default: those of --named.")
  private @Nullable String a;

  @Option(
      names = "--b",
      paramLabel = "B1,...",
      description =
          "Initial weights: w^l ~ N(0, n^{-2 B_l}). Pure numbers, as for --a. Default: those of"
              + " --named.")
  private @Nullable String b;

  @Option(
      names = "--c",
      paramLabel = "C",
      description =
          "Learning rates: eta n^{-C_l}. Pure numbers, one for all layers or one for each."
              + " Default: those of --named.")
  private @Nullable String c;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "sgd, momentum (the exponents of sgd), or adam (also sign descent and other updates that"
              + " are normalized per entry). Default: sgd; adam with --named mup-adam.")
  private @Nullable String optimizer;

  /**
   * The parametrization.
   *
   * @throws InvalidProblemException if options are missing or contradict each other
   */
  Parametrization parametrization() {
    if (named != null) {
      return ofName(named);
    }
    if (a == null || b == null || c == null) {
      throw new InvalidProblemException(
          a == null ? "a" : b == null ? "b" : "c",
          "missing",
          "give --a, --b and --c, or --named sp, ntp, mfp, mup or mup-adam");
    }
    List<BigFraction> multipliers = Exponents.parse("a", a);
    if (depth != null) {
      requireDepth(depth);
      if (multipliers.size() != depth + 1) {
        throw new InvalidProblemException(
            "a",
            a,
            "--depth " + depth + " has " + (depth + 1) + " layers; give one exponent for each");
      }
    }
    return new Parametrization(
        optimizer("sgd"), multipliers, Exponents.parse("b", b), Exponents.parse("c", c));
  }

  private Parametrization ofName(String name) {
    for (String[] other : new String[][] {{"a", a}, {"b", b}}) {
      if (other[1] != null) {
        throw new InvalidProblemException(
            other[0], other[1], "--named " + name + " says it already; give one of the two");
      }
    }
    int layers = depth == null ? 2 : requireDepth(depth);
    String usual = name.equals("mup-adam") ? "adam" : "sgd";
    Parametrization found = Parametrization.named(name, layers, optimizer(usual));
    return c == null ? found : found.withRates(Exponents.parse("c", c));
  }

  private static int requireDepth(int depth) {
    if (depth < 1 || depth > 1000) {
      throw new InvalidProblemException("depth", depth, "use 1 to 1000 hidden layers");
    }
    return depth;
  }

  private Optimizer optimizer(String usual) {
    return Optimizer.of(optimizer == null ? usual : optimizer);
  }
}
