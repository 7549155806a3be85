package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.OnCudaDevice;

@OnCudaDevice
class CudaRandomTest {
  private static final long[][] SEED_STREAM_SAMPLE = {
    {0, 0, 0},
    {1, 2, 3},
    {-1, Long.MIN_VALUE + 5, 0xFFFFFFFFL - 300},
    {0x0123456789ABCDEFL, 0x7EDCBA9876543210L, 1L << 31},
  };

  /** rows, columns, columns of the parent. */
  private static final int[][] SHAPES = {
    {1, 1, 1}, {7, 4, 4}, {31, 33, 33}, {64, 200, 204}, {5, 1025, 1030}
  };

  private interface Fill {
    void run(Backend backend, long seed, long stream, long sample, Matrix target);
  }

  @Test
  void normalsAreThoseOfTheProcessorBitForBit() {
    requireEqualBits(Backend::fillGaussian);
  }

  @Test
  void uniformsAreThoseOfTheProcessorBitForBit() {
    requireEqualBits(Backend::fillUniform);
  }

  private static void requireEqualBits(Fill fill) {
    List<int[]> device;
    try (Backend cuda = new CudaBackendProvider().open(BackendOptions.defaults())) {
      device = bits(cuda, fill);
    }
    try (Backend cpu = Backends.cpu()) {
      List<int[]> processor = bits(cpu, fill);
      assertThat(device).hasSameSizeAs(processor);
      for (int i = 0; i < device.size(); i++) {
        assertThat(device.get(i)).as("case %d", i).isEqualTo(processor.get(i));
      }
    }
  }

  private static List<int[]> bits(Backend backend, Fill fill) {
    List<int[]> all = new ArrayList<>();
    for (long[] name : SEED_STREAM_SAMPLE) {
      for (int[] shape : SHAPES) {
        try (Matrix parent = backend.allocate(Precision.FLOAT32, shape[0], shape[2], "numbers")) {
          int first = shape[2] - shape[1];
          fill.run(backend, name[0], name[1], name[2], parent.view(0, shape[0], first, shape[1]));
          float[] host = new float[shape[0] * shape[2]];
          backend.download(parent, host);
          int[] words = new int[host.length];
          for (int i = 0; i < host.length; i++) {
            words[i] = Float.floatToRawIntBits(host[i]);
          }
          all.add(words);
        }
      }
    }
    return all;
  }
}
