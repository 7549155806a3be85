package org.richkernel.calibration;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Backend;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.RunControl;

/**
 * How often the truth lies within the printed errors, number by number, over runs with different
 * seeds. Runs whose errors the certificate does not vouch for are counted and left out.
 */
public final class Coverage {
  /** Deviations from the truth in printed standard errors, by number. */
  private final Map<String, List<Double>> deviations = new LinkedHashMap<>();

  private int runs;
  private int vouched;
  private int converged;
  private long sweeps;

  /** Adds runs of a case with consecutive seeds. */
  public void run(Backend backend, ExactCase exact, SaddleOptions options, int seeds) {
    for (int s = 0; s < seeds; s++) {
      SaddleOptions own = options.withSeed(options.seed() + s);
      AdaptiveNbkSolution solution =
          new AdaptiveNbkSolver(backend, exact.problem(own)).solve(RunControl.silent());
      if (countRun(
          solution.converged(), solution.certificate().errorsHold(), solution.iterations())) {
        add(exact, solution);
      }
    }
  }

  /**
   * Counts a run.
   *
   * @param certified whether it converged
   * @param vouchedFor whether its errors count
   * @param length sweeps, or passes
   * @return {@code vouchedFor}
   */
  public boolean countRun(boolean certified, boolean vouchedFor, long length) {
    runs++;
    sweeps += length;
    converged += certified ? 1 : 0;
    vouched += vouchedFor ? 1 : 0;
    return vouchedFor;
  }

  private void add(ExactCase exact, AdaptiveNbkSolution solution) {
    AdaptiveNbkSolution.Layer layer = solution.layers().get(0);
    add("alignment", layer.alignment().value(), exact.alignment(), layer.alignment().error());
    add("trace", layer.trace().value(), exact.trace(), layer.trace().error());
    add("|Phi|_F", layer.frobenius().value(), exact.frobenius(), layer.frobenius().error());
    add("y.v", solution.dualFit().value(), exact.dualFit(), solution.dualFit().error());
    addOutputs("train", solution.train(), exact.targets(), exact.train());
    add("f_test", solution.test().value(), exact.predictions(), solution.test().standardError());
  }

  /**
   * Adds predictions of a run and their loss.
   *
   * @param y targets
   * @param truth the exact predictions
   */
  public void addOutputs(String points, SampledVector f, double[] y, double[] truth) {
    add(points + " loss", loss(y, f.value()), loss(y, truth), f.lossError(y));
    add("f_" + points, f.value(), truth, f.standardError());
  }

  /** Mean of (y - f)^2. */
  public static double loss(double[] y, double[] f) {
    double loss = 0;
    for (int i = 0; i < y.length; i++) {
      loss += (y[i] - f[i]) * (y[i] - f[i]) / y.length;
    }
    return loss;
  }

  /** Adds numbers of a run of one kind. */
  public void add(String name, double[] values, double[] truth, double[] errors) {
    for (int i = 0; i < values.length; i++) {
      add(name, values[i], truth[i], errors[i]);
    }
  }

  /** Adds an estimate of a run; that of the truth has an error too. */
  public void add(String name, Estimate seen, Estimate truth) {
    add(name, seen.value(), truth.value(), Math.hypot(seen.error(), truth.error()));
  }

  /** Adds a number of a run. */
  public void add(String name, double value, double truth, double error) {
    deviations.computeIfAbsent(name, key -> new ArrayList<>()).add((value - truth) / error);
  }

  /** Adds the runs of another case. */
  public void add(Coverage other) {
    other.deviations.forEach(
        (name, z) -> deviations.computeIfAbsent(name, key -> new ArrayList<>()).addAll(z));
    runs += other.runs;
    vouched += other.vouched;
    converged += other.converged;
    sweeps += other.sweeps;
  }

  /** Runs made. */
  public int runs() {
    return runs;
  }

  /** Runs whose errors count. */
  public int vouched() {
    return vouched;
  }

  /** Names of the numbers. */
  public List<String> numbers() {
    return List.copyOf(deviations.keySet());
  }

  /** Share of the truths within so many printed errors. */
  public double within(String number, double errors) {
    List<Double> z = deviations.get(number);
    return (double) z.stream().filter(value -> Math.abs(value) <= errors).count() / z.size();
  }

  /** Root mean square of the deviations in printed errors. */
  public double spread(String number) {
    List<Double> z = deviations.get(number);
    return Math.sqrt(z.stream().mapToDouble(value -> value * value).sum() / z.size());
  }

  /** Largest deviation in printed errors. */
  public double worst(String number) {
    return deviations.get(number).stream().mapToDouble(Math::abs).max().orElse(0);
  }

  /** A row of a Markdown table for each number: 95 %, 68 %, spread, worst. */
  public String rows(String name) {
    StringBuilder text = new StringBuilder();
    for (String number : numbers()) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.3f | %.3f | %.2f | %.1f | %d, %d of %d | %d |%n",
              name,
              number,
              within(number, 1.959964),
              within(number, 1),
              spread(number),
              worst(number),
              converged,
              vouched,
              runs,
              sweeps / runs));
    }
    return text.toString();
  }
}
