package org.richkernel.cli;

import java.util.Locale;
import org.richkernel.solver.Progress;

/** A solver's progress in words. */
final class ProgressText {
  private ProgressText() {}

  /** Phase, steps and numbers on one line. */
  static String of(Progress progress) {
    return String.format(
        Locale.ROOT,
        "%-9s %d of at most %d%s",
        progress.phase(),
        progress.done(),
        progress.total(),
        numbers(progress));
  }

  /** The numbers that are known. */
  static String numbers(Progress progress) {
    StringBuilder text = new StringBuilder();
    if (!Double.isNaN(progress.gamma())) {
      text.append(String.format(Locale.ROOT, "  gamma %.4g", progress.gamma()));
    }
    if (!Double.isNaN(progress.acceptance())) {
      text.append(String.format(Locale.ROOT, "  acceptance %.2f", progress.acceptance()));
    }
    if (!Double.isNaN(progress.residual())) {
      text.append(String.format(Locale.ROOT, "  residual %.2e", progress.residual()));
    }
    if (!progress.goesOn().isEmpty()) {
      text.append("  goes on: ").append(progress.goesOn());
    }
    return text.toString();
  }
}
