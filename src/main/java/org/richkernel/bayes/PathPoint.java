package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.Mixing;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

/**
 * One solution of a sequence of solves, without its populations. Arrays are shared, not copied; do
 * not change them.
 *
 * @param gamma richness
 * @param kappa noise
 * @param stop why the solve stopped
 * @param sweeps of each chain
 * @param certificate tests of the solution
 * @param kernels Phi^1 to Phi^L, row-major P x P; empty if only their scalars are held
 * @param layers one entry per hidden layer
 * @param dualFit tr Y^T v
 * @param dualSquare tr v^T v
 * @param train predictions at the training points, P x K, exact for closed forms
 * @param test predictions at the test points, P_t x K
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
    SampledVector train,
    SampledVector test) {

  /** The kept part of a solution. */
  static PathPoint of(SaddleOptions options, AdaptiveNbkSolution solution, Estimate dualSquare) {
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
        solution.train(),
        solution.test());
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
        train,
        test);
  }

  /** The same without an average of tr v^T v: uses that of the mean v, with unknown error. */
  public static PathPoint of(SaddleOptions options, AdaptiveNbkSolution solution) {
    double square = Estimate.ofProduct(solution.dual(), solution.dual()).value();
    return of(options, solution, new Estimate(square, Double.NaN));
  }

  /** Whether the certificate meets the tolerance. */
  public boolean converged() {
    return stop == StopReason.CONVERGED;
  }

  /** Predictions at the training points, P x K. */
  public double[] trainPredictions() {
    return train.value();
  }

  /** Predictions at the test points, P_t x K. */
  public double[] testPredictions() {
    return test.value();
  }

  /** Adds the point to a checkpoint. */
  public void save(SolverState state, String name) {
    List<Double> numbers = new ArrayList<>();
    numbers.add(gamma);
    numbers.add(kappa);
    numbers.add((double) stop.ordinal());
    numbers.add((double) sweeps);
    add(numbers, dualFit);
    add(numbers, dualSquare);
    numbers.add(certificate.residual());
    numbers.add(certificate.residualError());
    numbers.add(certificate.largestShare());
    numbers.add((double) certificate.sweeps());
    numbers.add(certificate.mixing().rHat());
    numbers.add(certificate.mixing().autocorrelationTime());
    numbers.add(certificate.mixing().lengths());
    numbers.add((double) certificate.layers().size());
    for (Certificate.Layer layer : certificate.layers()) {
      numbers.add(layer.residual());
      numbers.add(layer.residualError());
    }
    numbers.add((double) certificate.wells().orElse(-1));
    add(numbers, certificate.sampleSize());
    numbers.add((double) layers.size());
    for (AdaptiveNbkSolution.Layer layer : layers) {
      for (Estimate e : List.of(layer.alignment(), layer.trace(), layer.frobenius())) {
        add(numbers, e);
      }
      numbers.add(layer.kernelError());
    }
    numbers.add((double) kernels.size());
    state.put(name + "_numbers", numbers.stream().mapToDouble(Double::doubleValue).toArray());
    for (int l = 0; l < kernels.size(); l++) {
      state.put(name + "_kernel_" + l, kernels.get(l));
    }
    train.save(state, name + "_train");
    test.save(state, name + "_test");
  }

  private static void add(List<Double> numbers, Optional<Certificate.SampleSize> tested) {
    numbers.add(tested.isPresent() ? 1.0 : 0.0);
    tested.ifPresent(
        size ->
            numbers.addAll(
                List.of(
                    size.residual(),
                    size.residualError(),
                    size.dimension(),
                    size.dimensionAtS(),
                    (double) size.samples(),
                    (double) size.features())));
  }

  private static void add(List<Double> numbers, Estimate e) {
    numbers.addAll(List.of(e.value(), e.error(), e.effectiveSamples(), e.rHat()));
  }

  /** Restores a saved point. */
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
    // the names of the scalars are not saved
    Mixing mixing = new Mixing(tests[4], "", tests[5], tests[6], "");
    List<Certificate.Layer> tested = new ArrayList<>();
    int testedLayers = (int) in.next();
    for (int l = 1; l <= testedLayers; l++) {
      tested.add(new Certificate.Layer(l, in.next(), in.next()));
    }
    int wells = (int) in.next();
    Certificate certificate =
        new Certificate(
            tests[0],
            tests[1],
            tests[2],
            (long) tests[3],
            mixing,
            tested,
            wells < 0 ? OptionalInt.empty() : OptionalInt.of(wells),
            in.sampleSize());
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
        certificate,
        kernels,
        layers,
        dualFit,
        dualSquare,
        SampledVector.restore(state, name + "_train"),
        SampledVector.restore(state, name + "_test"));
  }

  /** Reads numbers in sequence. */
  private static final class Reader {
    private final double[] numbers;
    private int at;

    Reader(double[] numbers) {
      this.numbers = numbers;
    }

    double next() {
      return numbers[at++];
    }

    Optional<Certificate.SampleSize> sampleSize() {
      return next() == 0
          ? Optional.empty()
          : Optional.of(
              new Certificate.SampleSize(
                  next(), next(), next(), next(), (int) next(), (int) next()));
    }

    Estimate estimate() {
      double value = next();
      return new Estimate(value, next(), next(), next());
    }
  }
}
