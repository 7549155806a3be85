package org.richkernel.gallery;

import java.util.Arrays;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.Targets;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

/** Numbers that several pages read from results. */
final class Readings {
  private Readings() {}

  /** Loss on the test points. */
  static Measured testLoss(Summary summary) {
    return Measured.loss(
        summary.test().orElseThrow(() -> missing(summary.command(), "no score on test points")));
  }

  /** Loss of the kernel at initialisation on the test points. */
  static Measured lazyTestLoss(Summary summary) {
    if (!summary.lazy().containsKey("test")) {
      throw missing(summary.command(), "no score of the kernel at initialisation");
    }
    return Measured.exactLoss(summary.lazy().get("test"));
  }

  /** Alignment of a layer's kernel with the targets. */
  static Measured alignment(Summary summary, int layer) {
    LayerSummary of = summary.layers().get(layer - 1);
    return Measured.of(of.alignment(), of.alignmentStandardError());
  }

  /** Alignment of the tangent kernel with the targets at the last step. */
  static Measured tangentAlignment(Result result) {
    double[] values = array(result, "alignment_t").values();
    double[] errors = errors(result, "alignment_t");
    return new Measured(values[values.length - 1], errors[errors.length - 1]);
  }

  /** Alignment of a kernel in the arrays, which is taken as exact. */
  static Measured alignmentOf(Result result, String kernel) {
    Table y = array(result, "y_train");
    Targets targets = Targets.of(y.values(), y.rows(), Math.max(1, y.values().length / y.rows()));
    return Measured.exact(KernelMetrics.of(array(result, kernel).values(), targets).alignment());
  }

  /**
   * Root of the mean square of a - b, with an error that is the root of the mean square of theirs:
   * noise alone adds that much in quadrature.
   */
  static Measured distance(double[] a, double[] errorsOfA, double[] b, double[] errorsOfB) {
    double squares = 0;
    double noise = 0;
    for (int i = 0; i < a.length; i++) {
      squares += (a[i] - b[i]) * (a[i] - b[i]);
      noise += errorsOfA[i] * errorsOfA[i] + errorsOfB[i] * errorsOfB[i];
    }
    return new Measured(Math.sqrt(squares / a.length), Math.sqrt(noise / a.length));
  }

  /** An array of a result. */
  static Table array(Result result, String name) {
    return result
        .array(name)
        .orElseThrow(() -> missing(result.summary().command(), "no array " + name));
  }

  /** Standard errors of an array, or NaN. */
  static double[] errors(Result result, String name) {
    double[] unknown = new double[array(result, name).values().length];
    Arrays.fill(unknown, Double.NaN);
    return result.array(name + "_standard_error").map(Table::values).orElse(unknown);
  }

  private static InvalidDataException missing(String command, String what) {
    return new InvalidDataException(
        "result of " + command, "it has " + what, "remove its folder and make the page again");
  }
}
