package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.richkernel.data.Table;
import org.richkernel.result.Result;

/** The kernels on the training set that a result holds, each with its lazy counterpart. */
final class KernelSet {
  /** Most kernels that are drawn; of a deeper network some layers are left out. */
  static final int MOST_DRAWN = 6;

  /**
   * One kernel.
   *
   * @param name as in the arrays, for example "phi_1"
   * @param symbol as in the captions
   * @param lazy the same kernel at initialisation, if the result holds it
   */
  record Kernel(String name, String symbol, Table phi, Optional<Table> lazy) {}

  private final List<Kernel> kernels;

  private KernelSet(List<Kernel> kernels) {
    this.kernels = kernels;
  }

  /** The kernels phi_1, phi_2, ... and ntk of a result. */
  static KernelSet of(Result result) {
    List<Kernel> found = new ArrayList<>();
    for (int layer = 1; square(result, "phi_" + layer).isPresent(); layer++) {
      String name = "phi_" + layer;
      found.add(
          new Kernel(
              name,
              "\u03a6" + superscript(layer),
              square(result, name).get(),
              square(result, "phi_lazy_" + layer)));
    }
    square(result, "ntk")
        .ifPresent(ntk -> found.add(new Kernel("ntk", "NTK", ntk, square(result, "ntk_lazy"))));
    return new KernelSet(found);
  }

  private static Optional<Table> square(Result result, String name) {
    return result.array(name).filter(k -> k.rows() == k.columns() && k.rows() > 0);
  }

  /** A number in small raised digits. */
  static String superscript(int number) {
    StringBuilder text = new StringBuilder();
    for (char digit : Integer.toString(number).toCharArray()) {
      text.append(
          "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079".charAt(digit - '0'));
    }
    return text.toString();
  }

  /** Every kernel. */
  List<Kernel> all() {
    return kernels;
  }

  /** At most {@link #MOST_DRAWN} kernels, evenly spread from the first to the last. */
  List<Kernel> drawn() {
    int n = kernels.size();
    if (n <= MOST_DRAWN) {
      return kernels;
    }
    return IntStream.range(0, MOST_DRAWN)
        .mapToObj(i -> kernels.get(Math.round(i * (n - 1) / (MOST_DRAWN - 1f))))
        .toList();
  }

  /** Description of the kernels that {@link #drawn} omits; empty if none. */
  String omission() {
    return kernels.size() > MOST_DRAWN
        ? "Shown are " + MOST_DRAWN + " of " + kernels.size() + " kernels. "
        : "";
  }
}
