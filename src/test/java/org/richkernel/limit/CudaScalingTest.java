package org.richkernel.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.OnCudaDevice;
import org.richkernel.solver.RunControl;

/** The same networks on a CUDA device and on the processor, up to rounding in float64. */
@OnCudaDevice
class CudaScalingTest {
  @ParameterizedTest
  @EnumSource(Optimizer.class)
  void trainsAsTheProcessorDoes(Optimizer optimizer) {
    Parametrization p =
        optimizer == Optimizer.ADAM
            ? Parametrization.maximalUpdateAdam(2)
            : Parametrization.maximalUpdate(2, optimizer);
    ScalingOptions options =
        ScalingOptions.usual(p)
            .withNetworks(List.of(8, 24), 2, Activation.TANH)
            .withWeightDecay(0.1, Classification.of(p).weightDecayExponents());
    List<CoordinateRun> expected;
    List<CoordinateRun> found;
    try (Backend cpu = Backends.cpu();
        Backend cuda = Backends.open("cuda", BackendOptions.defaults(), notice -> {})) {
      ScalingExperiment experiment = new ScalingExperiment(p, options);
      expected = experiment.run(cpu, RunControl.silent()).orElseThrow();
      found = experiment.run(cuda, RunControl.silent()).orElseThrow();
      assertThat(cuda.openMatrices()).isZero();
    }
    for (int r = 0; r < expected.size(); r++) {
      // normals are drawn in float32, whose last bits differ between the two
      assertThat(found.get(r).outputs())
          .usingComparatorWithPrecision(1e-5)
          .containsExactly(expected.get(r).outputs());
      assertThat(found.get(r).hidden().get(1))
          .usingComparatorWithPrecision(1e-4)
          .containsExactly(expected.get(r).hidden().get(1));
    }
  }
}
