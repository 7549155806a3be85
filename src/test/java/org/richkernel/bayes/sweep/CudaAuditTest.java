package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.calibration.ExactCase;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.OnCudaDevice;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;

/** On a CUDA device too exact dual vectors pass the audit, and wrong ones do not. */
@OnCudaDevice
class CudaAuditTest {
  @ParameterizedTest
  @CsvSource({
    "relu-g1-k0.01, 1, PASSED",
    "relu-g1-k0.01, 1.05, FAILED",
    "tanh-g6-k0.1-draw4, 1, PASSED",
    "tanh-g6-k0.1-draw4, 1.05, FAILED"
  })
  void onlyTheExactDualVectorPasses(String name, double factor, AuditResult.Outcome outcome) {
    ExactCase exact = ExactCase.named(name);
    double[] v = exact.dual().clone();
    for (int i = 0; i < v.length; i++) {
      v[i] *= factor;
    }
    try (Backend backend = Backends.open("cuda", BackendOptions.defaults(), line -> {})) {
      AuditResult found =
          new SaddleAudit(backend, exact.problem(SaddleOptions.of(1, 1).withSamples(400)))
              .solve(v, Estimate.exact(factor * exact.dualFit()), RunControl.silent())
              .orElseThrow();
      assertThat(found.outcome()).as(found.verdict()).isEqualTo(outcome);
      assertThat(Math.abs(found.z()) < 4)
          .as(found.verdict())
          .isEqualTo(outcome == AuditResult.Outcome.PASSED);
    }
  }
}
