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
import org.richkernel.network.ImageShape;
import org.richkernel.network.SiteReadout;
import org.richkernel.solver.RunControl;

/** The flow of one hidden layer on the emulated device. */
@OnEmulatedDevice
class DeviceFlowTest {
  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static FixedPointSolution solve(String name, DynamicsProblem problem) {
    try (Backend backend = Backends.open(name, BackendOptions.defaults(), line -> {})) {
      return new OneHiddenLayerSolver(3e-3, 0, 2).solve(problem, backend, RunControl.silent());
    }
  }

  @Test
  void trajectoriesAreThoseOfTheProcessor() {
    DynamicsOptions options = DynamicsOptions.of(1, 10, 0.05).withWeightDecay(0.3).withSamples(128);
    DynamicsProblem problem = Problems.gaussian(1, Activation.TANH, options);
    FixedPointSolution host = solve("cpu", problem);
    FixedPointSolution device = solve("cuda", problem);
    assertThat(device.course().mean().outputs())
        .containsExactly(host.course().mean().outputs(), within(1e-4));
    assertThat(device.featureKernel()).containsExactly(host.featureKernel(), within(1e-4));
    assertThat(device.tangentKernel()).containsExactly(host.tangentKernel(), within(1e-3));
    assertThat(device.evaluations()).isEqualTo(host.evaluations());
  }

  /**
   * Few steps, and neurons enough that none counts much: rounding decides on which side of its kink
   * a neuron comes to rest, and from there on the two runs have different neurons.
   */
  @Test
  void earlyTrajectoriesOfReluAreThoseOfTheProcessor() {
    DynamicsOptions options = DynamicsOptions.of(1, 3, 0.05).withWeightDecay(0.3).withSamples(512);
    DynamicsProblem problem = Problems.gaussian(1, Activation.RELU, options);
    FixedPointSolution host = solve("cpu", problem);
    FixedPointSolution device = solve("cuda", problem);
    assertThat(device.course().mean().outputs())
        .containsExactly(host.course().mean().outputs(), within(1e-4));
    assertThat(device.featureKernel()).containsExactly(host.featureKernel(), within(1e-4));
    assertThat(host.course().mean().trainLoss()[3])
        .isLessThan(0.8 * host.course().mean().trainLoss()[0]);
  }

  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void convolutionsAreThoseOfTheProcessor(SiteReadout readout) {
    DynamicsOptions options = DynamicsOptions.of(1, 6, 0.1).withWeightDecay(0.3).withSamples(64);
    DynamicsProblem problem =
        ConvolutionalFlowTest.problem(
            ConvolutionalFlowTest.network(Convolutions.parse("2x2"), Activation.TANH, readout),
            new ImageShape(3, 3, 1),
            1,
            options);
    FixedPointSolution host = solve("cpu", problem);
    FixedPointSolution device = solve("cuda", problem);
    assertThat(device.course().mean().outputs())
        .containsExactly(host.course().mean().outputs(), within(1e-4));
    assertThat(device.featureKernel()).containsExactly(host.featureKernel(), within(1e-4));
    assertThat(device.tangentKernel()).containsExactly(host.tangentKernel(), within(1e-3));
    assertThat(device.evaluations()).isEqualTo(host.evaluations());
  }
}
