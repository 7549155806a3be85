package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Array;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

class AlternatingSolverTest {
  private static final AlternatingOptions TEN_POPULATIONS =
      AlternatingOptions.defaults().withPopulations(10);

  private static AlternatingSolution alternate(
      AlternatingOptions options, DynamicsProblem problem) {
    try (Backend backend = Backends.cpu()) {
      return new AlternatingSolver(options).solve(problem, backend, RunControl.silent());
    }
  }

  @ParameterizedTest
  @CsvSource({"1, RELU, 0", "2, TANH, 0", "2, TANH, 2", "3, ERF, 0"})
  void agreesWithTheCausalSolverWhereItConverges(int layers, Activation activation, int batch) {
    DynamicsOptions options =
        DynamicsOptions.of(0.7, 6, 0.1)
            .withWeightDecay(0.1)
            .withSamples(5000)
            .withBatchSize(batch)
            .withRecordEvery(3);
    DynamicsProblem problem = Problems.gaussian(layers, activation, options);
    AlternatingSolution alternating = alternate(TEN_POPULATIONS, problem);
    DynamicsSolution causal;
    try (Backend backend = Backends.cpu()) {
      // other random numbers
      causal =
          new CausalSolver(CausalOptions.defaults().withPopulations(10))
              .solve(
                  problem.withOptions(options.withSeed(9).withSamples(10000)),
                  backend,
                  RunControl.silent());
    }
    assertThat(alternating.dynamics().reason()).isEqualTo(StopReason.CONVERGED);
    assertThat(alternating.outcome()).startsWith("at rest after ");
    Problems.requireClose(alternating.dynamics(), causal, 5, 3e-3);
    double[] residuals = alternating.residuals().get(0);
    assertThat(residuals[residuals.length - 1]).isLessThanOrEqualTo(1e-3);
    assertThat(residuals[0]).isGreaterThan(0.05);
  }

  @Test
  void passesThatRunAwayAreDetected() {
    DynamicsOptions options = DynamicsOptions.of(4, 40, 0.4).withSamples(500);
    AlternatingSolution solution =
        alternate(TEN_POPULATIONS.withDamping(1), Problems.gaussian(2, Activation.RELU, options));
    assertThat(solution.dynamics().reason()).isEqualTo(StopReason.DIVERGED);
    assertThat(solution.divergedPass()).isPresent();
    assertThat(solution.outcome())
        .isEqualTo(
            "the passes diverged in pass "
                + solution.divergedPass().getAsInt()
                + "; lower the damping, or use the causal solver");
    assertThat(solution.residual()).isInfinite();
    assertThat(solution.dynamics().mean().outputs()).doesNotContain(Double.NaN);
  }

  @Test
  void tooFewPassesAreSaid() {
    DynamicsOptions options = DynamicsOptions.of(1, 6, 0.1).withSamples(500);
    AlternatingSolution solution =
        alternate(TEN_POPULATIONS.withMaxPasses(2), Problems.gaussian(2, Activation.TANH, options));
    assertThat(solution.dynamics().reason()).isEqualTo(StopReason.BUDGET);
    assertThat(solution.outcome()).startsWith("not at rest after 2 passes");
  }

  /** A grid of n columns: nothing of n^2 elements leaves the device between two passes. */
  @Test
  void noMatrixOfTheWholeGridComesToTheHost() {
    DynamicsProblem problem =
        Problems.gaussian(2, Activation.TANH, DynamicsOptions.of(1, 12, 0.1).withSamples(500));
    int columns = problem.points() * 13;
    int[] largest = {0};
    try (Backend backend = Backends.cpu()) {
      Backend watched =
          (Backend)
              Proxy.newProxyInstance(
                  Backend.class.getClassLoader(),
                  new Class<?>[] {Backend.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("download")) {
                      largest[0] = Math.max(largest[0], Array.getLength(arguments[1]));
                    }
                    return method.invoke(backend, arguments);
                  });
      new AlternatingSolver(TEN_POPULATIONS.withMaxPasses(2))
          .solve(problem, watched, RunControl.silent());
    }
    assertThat(largest[0]).isBetween(1, columns * columns / 10);
  }

  @Test
  void severalOutputsAreRefusedInOneLine() {
    assertThatThrownBy(
            () ->
                alternate(
                    TEN_POPULATIONS,
                    Problems.threeOutputs(1, Activation.TANH, DynamicsOptions.of(1, 2, 0.1))))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage(
            "train-y is 3 outputs; the alternating solver needs 1; use the causal solver for"
                + " more");
  }
}
