package org.richkernel.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.Dynamics;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.Summary;

/** What converged, residual and tolerance of a summary mean, whichever solver wrote it. */
class DynamicsVerdictTest {
  private static final Datasets DATA = ZerosAndOnes.of(6, 4);

  private static Summary solve(Dynamics dynamics) {
    try (Backend backend = Backends.cpu()) {
      return dynamics.fit(DATA, backend).result(Map.of(), 0).summary();
    }
  }

  private static Map<?, ?> certificate(Summary summary) {
    return (Map<?, ?>) summary.details().get("certificate");
  }

  private static void requireVerdict(Dynamics dynamics, double tolerance, boolean expected) {
    Summary summary = solve(dynamics.tolerance(tolerance));
    assertThat(summary.tolerance()).hasValue(tolerance);
    assertThat(summary.residual()).isPresent();
    assertThat(summary.residual().getAsDouble() <= tolerance).isEqualTo(expected);
    assertThat(summary.converged()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "CAUSAL, NONE",
    "ALTERNATING, NONE",
    "AUTO, GRADIENT_INDEPENDENCE",
    "AUTO, PERTURBATIVE"
  })
  void stepsConvergedWhereTheResidualIsAtMostTheTolerance(SolverKind solver, Approximation kind) {
    Dynamics dynamics =
        Dynamics.of(NetworkSpec.of(2, Activation.TANH)).gamma(0.5).steps(5).samples(256);
    Dynamics asked = dynamics.solver(solver).approximation(kind);
    requireVerdict(asked, 10, true);
    requireVerdict(asked, 1e-12, false);
  }

  @Test
  void flowsConvergedWhereTheResidualIsAtMostTheTolerance() {
    Dynamics flow =
        Dynamics.of(NetworkSpec.of(1, Activation.RELU))
            .solver(SolverKind.ONE_HIDDEN)
            .weightDecay(0.5)
            .samples(256)
            .steps(20)
            .stepSize(0.1);
    requireVerdict(flow, 0.5, true);
    requireVerdict(flow, 1e-5, false);
  }

  /** The first pass changes everything; the Monte Carlo error stands beside. */
  @Test
  void passesShowTheirLastChangeAsTheResidual() {
    Summary summary =
        solve(
            Dynamics.of(NetworkSpec.of(2, Activation.TANH))
                .gamma(0.5)
                .steps(5)
                .samples(256)
                .solver(SolverKind.ALTERNATING)
                .tolerance(10));
    double residual = summary.residual().getAsDouble();
    assertThat(residual).isBetween(1.0, 10.0);
    Number error = (Number) certificate(summary).get("relativeError");
    assertThat(error.doubleValue()).isPositive().isNotCloseTo(residual, within(1e-3));
  }

  @Test
  void whatIsNotSampledHasNoTolerance() {
    Summary linear = solve(Dynamics.of(NetworkSpec.of(2, Activation.LINEAR)).steps(5));
    assertThat(linear.converged()).isTrue();
    assertThat(linear.tolerance()).isEmpty();
    assertThat(linear.residual()).hasValue(0);
  }

  @Test
  void aFlowWithoutAStepIsAResultThatDiverged() {
    Summary summary =
        solve(
            Dynamics.of(NetworkSpec.of(1, Activation.RELU))
                .solver(SolverKind.ONE_HIDDEN)
                .gamma(1e25)
                .samples(64)
                .steps(10)
                .stepSize(0.01));
    assertThat(summary.converged()).isFalse();
    assertThat(summary.residual()).isEqualTo(OptionalDouble.empty());
    assertThat(certificate(summary).get("outcome"))
        .asString()
        .startsWith("diverged after the training time 0")
        .endsWith("lower --gamma, or scale inputs and targets to order 1");
  }
}
