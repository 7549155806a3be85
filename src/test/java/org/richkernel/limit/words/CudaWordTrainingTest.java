package org.richkernel.limit.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.OnCudaDevice;

/** The same embeddings on a CUDA device and on the processor, up to rounding. */
@OnCudaDevice
class CudaWordTrainingTest {
  @Test
  void trainsAsTheProcessorDoes() {
    Corpus corpus = ToyCorpus.of(24, 400, 1);
    for (int batch : new int[] {1, 40}) {
      WordTraining training =
          new WordTraining(
              corpus,
              new WordOptions(3, 5, 0, 1, 0.1, 0.01, batch, 7),
              TrainedRows.widths(0, 40),
              Analogies.none(),
              List.of());
      try (Backend cpu = Backends.cpu();
          Backend cuda = Backends.open("cuda", BackendOptions.defaults(), notice -> {})) {
        TrainedRows expected = TrainedRows.of(training, cpu);
        TrainedRows found = TrainedRows.of(training, cuda);
        for (String width : List.of("inf", "40")) {
          assertThat(TrainedRows.distance(found.inputs.get(width), expected.inputs.get(width)))
              .isLessThan(1e-6);
          assertThat(TrainedRows.distance(found.outputs.get(width), expected.outputs.get(width)))
              .isLessThan(1e-6);
        }
        assertThat(found.courses.get(0).losses().get(0))
            .isCloseTo(expected.courses.get(0).losses().get(0), within(1e-6));
        assertThat(cuda.openMatrices()).isZero();
      }
    }
  }
}
