package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.bayes.AdaptiveNbkSolution.Layer;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.emulator.OnCudaDevice;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;

/** Whole adaptive fits on a CUDA device and on the processor, by the same code. */
@OnCudaDevice
class CudaFitAgreementTest {
  private static final Datasets DIGITS = ZerosAndOnes.of(60, 40);

  private static AdaptiveNbkFit fit(String backendName, AdaptiveNbk model) {
    try (Backend backend = Backends.open(backendName, BackendOptions.defaults(), line -> {})) {
      AdaptiveNbkFit fit = model.fit(DIGITS, backend);
      assertThat(fit.result(Map.of(), 0).summary()).isNotNull();
      return fit;
    }
  }

  private static void requireAgreement(String what, Estimate device, Estimate processor) {
    double error = Math.hypot(device.error(), processor.error());
    assertThat(error).as("standard error of %s", what).isPositive();
    assertThat(error / Math.abs(processor.value()))
        .as("relative error of %s", what)
        .isLessThan(0.1);
    assertThat(device.value()).as(what).isCloseTo(processor.value(), within(4 * error));
  }

  /**
   * Four standard errors of the difference: the eigenvectors that span the fields have other signs
   * on the device, so that the chains of the two backends are independent of each other. ReLU at
   * small gamma mixes slowest: 25 sweeps hold too few independent ones for an error of a tenth.
   */
  @ParameterizedTest
  @CsvSource({"RELU, 0.3, 80", "RELU, 1, 25", "TANH, 0.3, 25", "TANH, 1, 25"})
  void fitsOfBothBackendsAgreeWithinTheirErrors(Activation f, double gamma, int sweeps) {
    AdaptiveNbk model =
        AdaptiveNbk.of(NetworkSpec.of(1, f)).gamma(gamma).beta(10).samples(64).maxSweeps(sweeps);
    AdaptiveNbkFit device = fit("cuda", model);
    AdaptiveNbkFit processor = fit("cpu", model);
    Layer a = device.solution().layers().get(0);
    Layer b = processor.solution().layers().get(0);
    requireAgreement("alignment", a.alignment(), b.alignment());
    requireAgreement("trace", a.trace(), b.trace());
    requireAgreement("norm", a.frobenius(), b.frobenius());
    requireAgreement("dual fit", device.solution().dualFit(), processor.solution().dualFit());
    assertThat(device.testScores().orElseThrow().loss())
        .isCloseTo(
            processor.testScores().orElseThrow().loss(),
            within(4 * (device.testLossError() + processor.testLossError())));
    // the closed form beside it has no Monte Carlo error
    assertThat(device.lazy().testScores().orElseThrow().loss())
        .isCloseTo(processor.lazy().testScores().orElseThrow().loss(), within(1e-9));
  }
}
