package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.calibration.ExactCase;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;

/** Exact dual vectors pass the audit, wrong ones do not. */
class SaddleAuditTest {
  private static final SaddleOptions OPTIONS = SaddleOptions.of(1, 1).withSamples(400);

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private AuditResult audit(ExactCase exact, double factor, long seed) {
    double[] v = exact.dual().clone();
    for (int i = 0; i < v.length; i++) {
      v[i] *= factor;
    }
    return new SaddleAudit(backend, exact.problem(OPTIONS.withSeed(seed)))
        .solve(v, Estimate.exact(factor * exact.dualFit()), RunControl.silent())
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"relu-g0.3-k0.1", "relu-g1-k0.01", "relu-g1-k0.1-two-outputs", "tanh-g0.3-k0.1"})
  void theExactDualVectorPasses(String name) {
    for (long seed = 1; seed <= 2; seed++) {
      AuditResult found = audit(ExactCase.named(name), 1, seed);
      assertThat(Math.abs(found.z())).isLessThan(4);
      assertThat(found.passed()).isTrue();
    }
  }

  /** To first order y.v is off by as much as v is. */
  @ParameterizedTest
  @ValueSource(
      strings = {"relu-g0.3-k0.1", "relu-g1-k0.01", "relu-g1-k0.1-two-outputs", "tanh-g0.3-k0.1"})
  void aDualVectorThatIsFivePercentTooLargeDoesNot(String name) {
    ExactCase exact = ExactCase.named(name);
    AuditResult found = audit(exact, 1.05, 1);
    assertThat(found.z()).isLessThan(-4);
    assertThat(found.passed()).isFalse();
    assertThat(found.correction().value() / exact.dualFit()).isBetween(-0.08, -0.02);
  }

  /** v of the initial kernel is what samples of the prior would give. */
  @Test
  void theDualVectorOfThePriorDoesNot() {
    ExactCase exact = ExactCase.named("relu-g1-k0.01");
    AdaptiveProblem problem = exact.problem(OPTIONS);
    AdaptiveProblem lazy =
        new AdaptiveProblem(
            problem.network(),
            problem.options().withGamma(0),
            problem.trainInputs(),
            problem.trainTargets(),
            problem.testInputs());
    AdaptiveNbkSolution prior = new AdaptiveNbkSolver(backend, lazy).solve(RunControl.silent());
    AuditResult found =
        new SaddleAudit(backend, problem).solve(prior, RunControl.silent()).orElseThrow();
    assertThat(found.passed()).isFalse();
  }

  @Test
  void aFitPasses() {
    AdaptiveProblem problem = ExactCase.named("relu-g1-k0.01").problem(OPTIONS.withTolerance(0.02));
    AdaptiveNbkSolution fit = new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
    AuditResult found =
        new SaddleAudit(backend, problem).solve(fit, RunControl.silent()).orElseThrow();
    assertThat(found.passed()).isTrue();
  }

  @Test
  void deepNetworksAreRefused() {
    AdaptiveProblem one = ExactCase.named("relu-g1-k0.01").problem(OPTIONS);
    AdaptiveProblem two =
        AdaptiveProblem.of(
            NetworkSpec.of(2, Activation.RELU),
            one.options(),
            one.trainInputs(),
            one.trainTargets());
    assertThatThrownBy(() -> new SaddleAudit(backend, two))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("--cross-check");
  }
}
