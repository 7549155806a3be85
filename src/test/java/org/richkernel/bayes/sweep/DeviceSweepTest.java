package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.NetworkSpec;

/** Sweeps on the emulated device: the numbers of the processor. */
@OnEmulatedDevice
class DeviceSweepTest {
  private static final int P = 12;
  private static final int S = 96;

  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  /** Kernel and conjugate kernel of the first layer after three sweeps. */
  private record State(double[] kernel, double[] tilt, double acceptance) {}

  private static State sweeps(String backendName, NetworkSpec network, InputFactor input) {
    double[] y = ReferenceDigits.trainTargets(P).toArray();
    try (Backend backend = Backends.open(backendName, BackendOptions.defaults(), line -> {});
        LayerSweep sweep = new LayerSweep(backend, network, input, y, 0.1, S, 3)) {
      for (int s = 0; s < 3; s++) {
        sweep.sweep(0.5);
      }
      double[] kernel = new double[P * P];
      double[] tilt = new double[P * P];
      backend.download(sweep.kernel(1), kernel);
      backend.download(sweep.tilt(1), tilt);
      return new State(kernel, tilt, sweep.acceptance());
    }
  }

  private static double relative(double[] a, double[] b) {
    double squares = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      squares += (a[i] - b[i]) * (a[i] - b[i]);
      size += b[i] * b[i];
    }
    return Math.sqrt(squares / size);
  }

  /**
   * float32 fields of 3 sweeps; one decision that falls differently would change 1 % of a kernel.
   */
  @ParameterizedTest
  @Activations({"tanh", "erf"})
  void sweepsHaveTheNumbersOfTheProcessor(Activation f) {
    NetworkSpec network = NetworkSpec.of(2, f).withBiasVariance(0.1);
    InputFactor input;
    try (Backend backend = Backends.cpu()) {
      double[] x = ReferenceDigits.trainInputs(P).toArray();
      input = InputFactor.of(backend, network, x, P, ReferenceDigits.DIMENSION);
    }
    State device = sweeps("cuda", network, input);
    State processor = sweeps("cpu", network, input);
    assertThat(relative(device.kernel(), processor.kernel())).isLessThan(1e-4);
    assertThat(relative(device.tilt(), processor.tilt())).isLessThan(1e-3);
    assertThat(device.acceptance()).isEqualTo(processor.acceptance());
    assertThat(java.util.Arrays.stream(processor.tilt()).map(Math::abs).max().orElse(0))
        .isGreaterThan(1e-3);
  }
}
