package org.richkernel.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.ResidentMemory;

class PeakMemoryTest {
  @Test
  void theHostHoldsTheMatricesAndAllElseOfTheProcess() throws IOException {
    try (Backend backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), x -> {})) {
      try (Matrix matrix = backend.allocate(Precision.FLOAT64, 1000, 2000, "matrix")) {
        backend.fill(1, matrix);
      }
      long resident = ResidentMemory.bytes();
      PeakMemory peak = PeakMemory.of(backend);

      assertThat(peak.device()).isZero();
      assertThat(peak.matrices()).isEqualTo(backend.peakBytes()).isGreaterThan(15_999_999);
      assertThat(peak.host()).isGreaterThanOrEqualTo(resident).isGreaterThan(peak.matrices());
    }
  }

  @Test
  void theHighWaterMarkIsReadFromTheStatusOfTheProcess() {
    assertThat(
            PeakMemory.resident(
                List.of(
                    "Name:\tjava", "VmPeak:\t 999999 kB", "VmHWM:\t  123456 kB", "VmRSS:\t 1 kB")))
        .isEqualTo(123_456L * 1024);
    assertThat(PeakMemory.resident(List.of("Name:\tjava"))).isZero();
    assertThat(PeakMemory.resident(List.of())).isZero();
  }
}
