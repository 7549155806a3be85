package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.calibration.ExactCase;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.OnCudaDevice;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;

/** On a CUDA device too an exact dual vector passes the audit. */
@OnCudaDevice
class CudaAuditTest {
  @Test
  void neuronsOfADeviceJumpBetweenWellsAndPassTheExactDualVector() {
    ExactCase exact = ExactCase.named("tanh-g6-k0.1-draw4");
    try (Backend backend = Backends.open("cuda", BackendOptions.defaults(), line -> {})) {
      AuditResult found =
          new SaddleAudit(backend, exact.problem(SaddleOptions.of(1, 1).withSamples(400)))
              .solve(
                  exact.dual(), Estimate.exact(exact.dualFit()), new float[0], RunControl.silent())
              .orElseThrow();
      assertThat(found.outcome()).as(found.verdict()).isEqualTo(AuditResult.Outcome.PASSED);
    }
  }
}
