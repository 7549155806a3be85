package org.richkernel.limit.fewshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.OnCudaDevice;
import org.richkernel.limit.fewshot.FewShotExperiment.Learned;
import org.richkernel.solver.RunControl;

/** The same models on a CUDA device and on the processor, up to rounding. */
@OnCudaDevice
class CudaFewShotTest {
  @Test
  void learnsAsTheProcessorDoes() {
    ImagePool training = Small.pool(1, 4, 5, 3, true);
    ImagePool evaluation = Small.pool(3, 4, 5, 3, true);
    FewShotExperiment experiment =
        new FewShotExperiment(
            Small.options(3, 2, 4),
            new MetaSchedule(List.of(0, 4), List.of(0.4), List.of(0.3)),
            List.of(
                linear(OptionalInt.empty()),
                linear(OptionalInt.of(20)),
                linear(OptionalInt.of(5)),
                new KernelModel(new ImageKernel(ImageKernel.Kind.NTK, 1, 1, 1))),
            training,
            Optional.empty(),
            evaluation);
    List<Learned> expected;
    List<Learned> found;
    try (Backend cpu = Backends.cpu();
        Backend cuda = Backends.open("cuda", BackendOptions.defaults(), notice -> {})) {
      expected = experiment.run(cpu, RunControl.silent()).orElseThrow();
      found = experiment.run(cuda, RunControl.silent()).orElseThrow();
      assertThat(cuda.openMatrices()).isZero();
    }
    for (int m = 0; m < expected.size(); m++) {
      assertThat(found.get(m).curve().losses())
          .usingComparatorWithPrecision(2e-5)
          .containsExactly(expected.get(m).curve().losses());
      assertThat(found.get(m).curve().norms())
          .usingComparatorWithPrecision(2e-5)
          .containsExactly(expected.get(m).curve().norms());
    }
  }

  private static FewShotModel linear(OptionalInt width) {
    return new LinearModel(LinearModel.published(width, 9, 3), 0, Precision.FLOAT32);
  }
}
