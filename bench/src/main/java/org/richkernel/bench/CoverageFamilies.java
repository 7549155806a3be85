package org.richkernel.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.richkernel.calibration.ConvolutionRun;
import org.richkernel.calibration.Coverage;
import org.richkernel.calibration.CoverageRun;
import org.richkernel.calibration.DeepRun;
import org.richkernel.calibration.FiniteWidthCase;
import org.richkernel.calibration.FiniteWidthRun;
import org.richkernel.calibration.MapRun;
import org.richkernel.calibration.OneLoopRun;
import org.richkernel.calibration.TrainedNetworksRun;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;

/**
 * Prints how often the truth lies within the printed errors of what {@link CoverageTable} leaves
 * out, as Markdown: {@code one-loop}, {@code weights} and {@code preactivations} (the two samplers
 * of the posterior at finite width), {@code map}, {@code networks} (trained ones), {@code deep},
 * {@code deep-digits} (two hidden layers) and {@code convolution}.
 */
public final class CoverageFamilies {
  private static final int SAMPLES = 400;
  private static final double TOLERANCE = 0.02;

  private CoverageFamilies() {}

  /**
   * Prints the table.
   *
   * @param arguments seeds of each case, first seed, and what to print: a family, or those of its
   *     cases whose name has a part, {@code one-loop/relu-n10}
   */
  public static void main(String[] arguments) {
    int seeds = Integer.parseInt(arguments[0]);
    long first = Long.parseLong(arguments[1]);
    System.out.println(
        "| case | number | 95 % hold | 68 % hold | spread of z | worst z | converged, vouched for |"
            + " sweeps |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {})) {
      for (int i = 2; i < arguments.length; i++) {
        String[] chosen = arguments[i].split("/", 2);
        for (Supplier<CoverageRun> made : runs(backend, chosen[0])) {
          CoverageRun run = made.get();
          if (chosen.length > 1 && !run.name().contains(chosen[1])) {
            continue;
          }
          Coverage coverage = new Coverage();
          for (int s = 0; s < seeds; s++) {
            run.add(backend, first + s, coverage);
          }
          System.out.print(coverage.rows(run.name()));
          System.out.flush();
        }
      }
    }
  }

  private static List<Supplier<CoverageRun>> runs(Backend backend, String family) {
    List<Supplier<CoverageRun>> runs = new ArrayList<>();
    switch (family) {
      case "one-loop" ->
          FiniteWidthCase.all()
              .forEach(exact -> runs.add(() -> new OneLoopRun(exact, SAMPLES, 0.01)));
      case "weights" -> {
        addPosterior(runs, backend, FiniteWidthRun.Sampler.INTEGRATED);
        addPosterior(runs, backend, FiniteWidthRun.Sampler.SAMPLED);
      }
      case "preactivations" -> addPosterior(runs, backend, FiniteWidthRun.Sampler.PREACTIVATIONS);
      case "map" -> {
        runs.add(() -> new MapRun(backend, 1, Activation.TANH, 20, 1, 1000));
        runs.add(() -> new MapRun(backend, 2, Activation.ERF, 40, 1, 1000));
        runs.add(() -> new MapRun(backend, 2, Activation.RELU, 40, 1, 1000));
      }
      case "deep" -> {
        runs.add(() -> DeepRun.plane(backend, Activation.RELU, 256));
        runs.add(() -> DeepRun.plane(backend, Activation.TANH, 256));
      }
      case "deep-digits" -> runs.add(() -> DeepRun.digits(backend, Activation.RELU, 400));
      case "convolution" -> {
        runs.add(() -> new ConvolutionRun(false, 64, 0.05));
        runs.add(() -> new ConvolutionRun(true, 64, 0.05));
      }
      case "networks" -> {
        runs.add(() -> new TrainedNetworksRun(backend, 1, Activation.TANH, 20, 4, 40));
        runs.add(() -> new TrainedNetworksRun(backend, 2, Activation.RELU, 20, 4, 10));
        runs.add(() -> new TrainedNetworksRun(backend, 2, Activation.RELU, 20, 8, 40));
      }
      default -> throw new IllegalArgumentException("what is " + family + "?");
    }
    return runs;
  }

  private static void addPosterior(
      List<Supplier<CoverageRun>> runs, Backend backend, FiniteWidthRun.Sampler sampler) {
    for (FiniteWidthCase exact : FiniteWidthCase.all()) {
      runs.add(
          () ->
              new FiniteWidthRun(exact, sampler, TOLERANCE, FiniteWidthRun.kernel(backend, exact)));
    }
  }
}
