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

  /** Alignment of a kernel in the arrays, which is taken as exact. */
  static Measured alignmentOf(Result result, String kernel) {
    Table y = array(result, "y_train");
    Targets targets = Targets.of(y.values(), y.rows(), Math.max(1, y.values().length / y.rows()));
    return Measured.exact(KernelMetrics.of(array(result, kernel).values(), targets).alignment());
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
