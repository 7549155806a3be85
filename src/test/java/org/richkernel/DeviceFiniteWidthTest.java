package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.bayes.multiscale.ScaleSolution;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.fit.CriticalFit;
import org.richkernel.fit.MultiScaleFit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.RunControl;
import org.richkernel.study.PhaseDiagram;

/** Theories of finite width on the emulated device, with the code that runs on the processor. */
@OnEmulatedDevice
class DeviceFiniteWidthTest {
  private static final Datasets DIGITS = ZerosAndOnes.of(6, 4);

  @AfterEach
  void nothingIsLeftOnTheDevice() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
    for (String kind :
        new String[] {"liveAllocations", "contexts", "streams", "events", "modules"}) {
      assertThat(EmulatedDevice.counter(kind)).as(kind).isZero();
    }
  }

  private static Backend open(String name) {
    return Backends.open(name, BackendOptions.defaults(), line -> {});
  }

  private static void requireClose(double[] device, double[] processor, double relative) {
    double size = 0;
    for (double value : processor) {
      size = Math.max(size, Math.abs(value));
    }
    assertThat(device).hasSameSizeAs(processor);
    for (int i = 0; i < device.length; i++) {
      assertThat(Math.abs(device[i] - processor[i])).isLessThan(relative * size);
    }
  }

  private static PhaseDiagram.Adaptation adaptation(String backendName) {
    NetworkSpec network = NetworkSpec.of(3, Activation.ERF).withBiasVariance(0.05);
    try (Backend backend = open(backendName)) {
      return PhaseDiagram.of(network, new double[] {0.9, 1.5})
          .on(DIGITS, new PhaseDiagram.Settings(200, 10, 200, 7), backend, RunControl.silent())
          .orElseThrow()
          .adaptation()
          .orElseThrow();
    }
  }

  /** The draws are the same, so the responses differ by float32 rounding of the samples only. */
  @Test
  void phaseDiagramOfTheDeviceIsThatOfTheProcessor() {
    PhaseDiagram.Adaptation device = adaptation("cuda");
    PhaseDiagram.Adaptation processor = adaptation("cpu");
    requireClose(device.change(), processor.change(), 1e-3);
    requireClose(device.growth(), processor.growth(), 1e-3);
    requireClose(device.angular(), processor.angular(), 1e-9);
  }

  private static CriticalFit map(String backendName) {
    NetworkSpec network =
        NetworkSpec.of(2, Activation.ERF).withWeightVariance(1.2).withBiasVariance(0.05);
    try (Backend backend = open(backendName)) {
      return CriticalNbk.of(network, 100)
          .beta(10)
          .options(new MapOptions(300, 2, 0.1, 50))
          .fit(DIGITS, backend);
    }
  }

  @Test
  void mapFitOfTheDeviceIsThatOfTheProcessor() {
    CriticalFit device = map("cuda");
    CriticalFit processor = map("cpu");
    requireClose(
        device.solution().adaptation().covariance(2),
        processor.solution().adaptation().covariance(2),
        1e-4);
    requireClose(
        device.linearResponse().change().get(2), processor.linearResponse().change().get(2), 1e-3);
    requireClose(device.solution().testPredictions(), processor.solution().testPredictions(), 1e-3);
  }

  /** Chains of both backends drift apart, so a short sweep is looked at for its shape only. */
  @Test
  void sampledSweepOverScalesRunsOnTheDevice() {
    try (Backend backend = open("cuda")) {
      MultiScaleFit fit =
          MultiScaleNbk.of(NetworkSpec.of(1, Activation.TANH), 20)
              .options(new SaddleOptions(1, 2, 64, 0, 3, 1e-9, 5))
              .chi(2, 1)
              .fit(DIGITS, backend);
      List<ScaleSolution> path = fit.path();
      assertThat(path).hasSize(2);
      for (ScaleSolution scale : path) {
        for (double f : scale.level(ScaleSolution.ONE_LOOP).test()) {
          assertThat(f).isFinite();
        }
      }
      assertThat(path.get(1).level(ScaleSolution.TREE).train())
          .isNotEqualTo(path.get(0).level(ScaleSolution.TREE).train());
    }
  }
}
