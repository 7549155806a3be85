package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** The causal solver on the emulated device. */
@OnEmulatedDevice
class DeviceDynamicsTest {
  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static DynamicsSolution solve(String backendName, DynamicsProblem problem) {
    try (Backend backend = Backends.open(backendName, BackendOptions.defaults(), line -> {})) {
      return new CausalSolver().solve(problem, backend, RunControl.silent());
    }
  }

  @Test
  void trajectoriesAreThoseOfTheProcessor() {
    DynamicsProblem problem =
        Problems.threeOutputs(
            2,
            Activation.TANH,
            DynamicsOptions.of(1, 6, 0.1)
                .withWeightDecay(0.05)
                .withSamples(256)
                .withBatchSize(3)
                .withRecordEvery(3));
    requireSame(problem);
  }

  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void trajectoriesOfConvolutionsAreThoseOfTheProcessor(SiteReadout readout) {
    Inputs all = OracleImages.of(2);
    NetworkSpec network =
        NetworkSpec.of(2, Activation.TANH)
            .withConvolutions(Convolutions.parse("3x3/2,2x2").withReadout(readout));
    DynamicsOptions options =
        DynamicsOptions.of(1, 3, 0.5).withWeightDecay(0.05).withSamples(256).withRecordEvery(3);
    requireSame(DynamicsProblem.of(network, options, all, Targets.of(new double[] {1, -1})));
  }

  private static void requireSame(DynamicsProblem problem) {
    DynamicsSolution here = solve("cpu", problem);
    DynamicsSolution there = solve("cuda", problem);
    assertThat(there.mean().outputs()).containsExactly(here.mean().outputs(), within(1e-4));
    for (int k = 0; k < here.mean().kernels().size(); k++) {
      for (int l = 0; l < 2; l++) {
        assertThat(there.mean().kernels().get(k).feature().get(l))
            .containsExactly(here.mean().kernels().get(k).feature().get(l), within(1e-4));
        assertThat(there.mean().kernels().get(k).gradient().get(l))
            .containsExactly(here.mean().kernels().get(k).gradient().get(l), within(1e-3));
      }
    }
  }
}
