package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

/**
 * One solution of a sequence of solves, without the populations behind it. Arrays are shared, not
 * copied; do not change them.
 *
 * @param gamma richness
 * @param kappa noise
 * @param stop why the solve stopped
 * @param sweeps of each chain
 * @param certificate the tests it passed or failed
 * @param kernels Phi^1 to Phi^L, row-major P x P; none where only their numbers are held
 * @param layers one entry per hidden layer
 * @param dualFit tr Y^T v
 * @param dualSquare tr v^T v
 * @param trainPredictions P x K
 * @param trainSpread standard error of every training prediction; empty for closed forms
 * @param testPredictions P_t x K
 * @param testSpread standard error of every test prediction; empty for closed forms
 */
@SuppressWarnings("ArrayRecordComponent")
public record PathPoint(
    double gamma,
    double kappa,
    StopReason stop,
    long sweeps,
    Certificate certificate,
    List<double[]> kernels,
    List<AdaptiveNbkSolution.Layer> layers,
    Estimate dualFit,
    Estimate dualSquare,
    double[] trainPredictions,
    double[] trainSpread,
    double[] testPredictions,
    double[] testSpread) {

  /** What is kept of a solution. */
  static PathPoint of(
      SaddleOptions options,
      AdaptiveNbkSolution solution,
      Estimate dualSquare) {
    return new PathPoint(
        options.gamma(),
        options.kappa(),
        solution.stop(),
        solution.iterations(),
        solution.certificate(),
        solution.kernels(),
        solution.layers(),
        solution.dualFit(),
        dualSquare,
        solution.trainPredictions(),
        solution.trainSpread(),
        solution.testPredictions(),
        solution.testSpread());
  }

  /** The same without its kernels, which take most of its memory. */
  PathPoint withoutKernels() {
    return new PathPoint(
        gamma,
        kappa,
        stop,
        sweeps,
        certificate,
        List.of(),
        layers,
        dualFit,
        dualSquare,
        trainPredictions,
        trainSpread,
        testPredictions,
        testSpread);
  }

  /** The same where tr v^T v was not averaged: that of the mean v, its error not known. */
  public static PathPoint of(SaddleOptions options, AdaptiveNbkSolution solution) {
    double square =
        Estimate.ofProduct(solution.dual(), solution.dual()).value();
    return of(options, solution, new Estimate(square, Double.NaN));
  }

  /** Whether the certificate met the tolerance. */
  public boolean converged() {
    return stop == StopReason.CONVERGED;
  }

  /** Adds the point to a checkpoint. */
  public void save(SolverState state, String name) {
    List<Double> numbers = new ArrayList<>();
    numbers.add(gamma);
    numbers.add(kappa);
    numbers.add((double) stop.ordinal());
    numbers.add((double) sweeps);
    numbers.add(dualFit.value());
    numbers.add(dualFit.error());
    numbers.add(dualSquare.value());
    numbers.add(dualSquare.error());
    numbers.add(certificate.residual());
    numbers.add(certificate.residualError());
    numbers.add(certificate.equilibrium());
    numbers.add(certificate.equilibriumError());
    numbers.add(certificate.disagreement());
    numbers.add(certificate.largestShare());
    numbers.add(certificate.effectiveSweeps());
    numbers.add((double) certificate.layers().size());
    for (Certificate.Layer layer : certificate.layers()) {
      numbers.add(layer.equilibrium());
      numbers.add(layer.equilibriumError());
      numbers.add(layer.disagreement());
    }
    numbers.add((double) layers.size());
    for (AdaptiveNbkSolution.Layer layer : layers) {
      for (Estimate e :
          List.of(layer.alignment(), layer.trace(), layer.frobenius())) {
        numbers.add(e.value());
        numbers.add(e.error());
      }
      numbers.add(layer.kernelError());
    }
    numbers.add((double) kernels.size());
    state.put(name + "_numbers", numbers.stream().mapToDouble(Double::doubleValue).toArray());
    for (int l = 0; l < kernels.size(); l++) {
      state.put(name + "_kernel_" + l, kernels.get(l));
    }
    state.put(name + "_train", trainPredictions);
    state.put(name + "_train_spread", trainSpread);
    state.put(name + "_test", testPredictions);
    state.put(name + "_spread", testSpread);
  }

  /** A point that was saved. */
  public static PathPoint restore(SolverState state, String name) {
    Reader in = new Reader(state.doubles(name + "_numbers"));
    double gamma = in.next();
    double kappa = in.next();
    StopReason stop = StopReason.values()[(int) in.next()];
    long sweeps = (long) in.next();
    Estimate dualFit = in.estimate();
    Estimate dualSquare = in.estimate();
    double[] tests = new double[7];
    for (int i = 0; i < tests.length; i++) {
      tests[i] = in.next();
    }
    List<Certificate.Layer> tested = new ArrayList<>();
    int testedLayers = (int) in.next();
    for (int l = 1; l <= testedLayers; l++) {
      tested.add(new Certificate.Layer(l, in.next(), in.next(), in.next()));
    }
    List<AdaptiveNbkSolution.Layer> layers = new ArrayList<>();
    List<double[]> kernels = new ArrayList<>();
    int depth = (int) in.next();
    for (int l = 0; l < depth; l++) {
      layers.add(
          new AdaptiveNbkSolution.Layer(in.estimate(), in.estimate(), in.estimate(), in.next()));
    }
    int held = (int) in.next();
    for (int l = 0; l < held; l++) {
      kernels.add(state.doubles(name + "_kernel_" + l));
    }
    return new PathPoint(
        gamma,
        kappa,
        stop,
        sweeps,
        new Certificate(
            tests[0], tests[1], tests[2], tests[3], tests[4], tests[5], tests[6], tested),
        kernels,
        layers,
        dualFit,
        dualSquare,
        state.doubles(name + "_train"),
        state.doubles(name + "_train_spread"),
        state.doubles(name + "_test"),
        state.doubles(name + "_spread"));
  }

  /** Numbers one after the other. */
  private static final class Reader {
    private final double[] numbers;
    private int at;

    Reader(double[] numbers) {
      this.numbers = numbers;
    }

    double next() {
      return numbers[at++];
    }

    Estimate estimate() {
      double value = next();
      return new Estimate(value, next());
    }
  }
}
