package org.richkernel.bayes.critical;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** Kernels of maximum a posteriori on the emulated device, with the processor's random numbers. */
@OnEmulatedDevice
class DeviceMapTest {
  private static final int P = 5;

  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static FiniteWidthProblem problem() {
    return new FiniteWidthProblem(
        Activation.ERF,
        new double[] {1.2, 1.2},
        new double[] {0.05, 0},
        40,
        1,
        0.1,
        KernelDifferentialTest.covariance(1, P, 8),
        Targets.of(new double[] {1, -1, 1, 1, -1}));
  }

  private static MapSolution solve(String backendName) {
    FiniteWidthProblem problem = problem();
    double[] c = problem.inputCovariance();
    try (Backend backend = Backends.open(backendName, BackendOptions.defaults(), line -> {})) {
      return MapSolver.solve(
              backend,
              problem,
              c,
              KernelDifferential.variances(c, P),
              new MapOptions(300, 2, 0.1, 100),
              RunControl.silent())
          .orElseThrow();
    }
  }

  /** The draws are the same, so the kernels differ by float32 rounding of the samples only. */
  @Test
  void kernelsOfTheDeviceAreThoseOfTheProcessor() {
    MapSolution device = solve("cuda");
    MapSolution processor = solve("cpu");
    for (int l = 1; l <= 2; l++) {
      double[] a = device.adaptation().change().get(l);
      double[] b = processor.adaptation().change().get(l);
      double distance = 0;
      for (int i = 0; i < a.length; i++) {
        distance = Math.max(distance, Math.abs(a[i] - b[i]));
      }
      assertThat(distance).isLessThan(2e-4 * processor.adaptation().changeNorm(l));
    }
    for (int i = 0; i < P; i++) {
      assertThat(Math.abs(device.testPredictions()[i] - processor.testPredictions()[i]))
          .isLessThan(1e-3);
    }
  }
}
