package org.richkernel.bench;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.calibration.Coverage;
import org.richkernel.calibration.ExactCase;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;

/**
 * Prints how often the exact values lie within the printed errors of adaptive fits, as Markdown: a
 * row for every case and number, and one for all cases together.
 */
public final class CoverageTable {
  private CoverageTable() {}

  /**
   * Prints the table.
   *
   * @param arguments seeds of each case, samples S, first seed, and names of cases (all where none
   *     is given; {@code wells} for those of several wells)
   */
  public static void main(String[] arguments) {
    int seeds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
    int samples = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 400;
    long first = arguments.length > 2 ? Long.parseLong(arguments[2]) : 0;
    List<ExactCase> cases = new ArrayList<>();
    for (int i = 3; i < arguments.length; i++) {
      if (arguments[i].equals("wells")) {
        cases.addAll(ExactCase.severalWells());
      } else {
        cases.add(ExactCase.named(arguments[i]));
      }
    }
    if (cases.isEmpty()) {
      cases.addAll(ExactCase.ordinary());
    }
    SaddleOptions options = SaddleOptions.of(1, 10).withSamples(samples).withSeed(first);
    System.out.println(
        "| case | number | 95 % hold | 68 % hold | spread of z | worst z | converged, vouched for |"
            + " sweeps |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    Coverage all = new Coverage();
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {})) {
      for (ExactCase exact : cases) {
        Coverage own = new Coverage();
        own.run(backend, exact, options, seeds);
        if (own.vouched() > 0) {
          System.out.print(own.rows(exact.name()));
        } else {
          System.out.printf(
              "| %s | none of %d runs vouched for | | | | | | |%n", exact.name(), seeds);
        }
        System.out.flush();
        all.add(own);
      }
    }
    System.out.print(all.rows("all"));
  }
}
