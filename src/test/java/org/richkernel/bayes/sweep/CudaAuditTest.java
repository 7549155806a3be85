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
  @CsvSource({"1, true", "1.05, false"})
  void onlyTheExactDualVectorPasses(double factor, boolean passes) {
    ExactCase exact = ExactCase.named("relu-g1-k0.01");
    double[] v = exact.dual().clone();
    for (int i = 0; i < v.length; i++) {
      v[i] *= factor;
    }
    try (Backend backend = Backends.open("cuda", BackendOptions.defaults(), line -> {})) {
      AuditResult found =
          new SaddleAudit(backend, exact.problem(SaddleOptions.of(1, 1).withSamples(400)))
              .solve(v, Estimate.exact(factor * exact.dualFit()), RunControl.silent())
              .orElseThrow();
      assertThat(found.passed()).as(found.verdict()).isEqualTo(passes);
      assertThat(Math.abs(found.z()) < 4).as(found.verdict()).isEqualTo(passes);
    }
  }
}
