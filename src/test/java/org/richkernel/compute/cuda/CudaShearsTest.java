package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.OnCudaDevice;

/** The shears of the sampler's step round in the same places on every backend. */
@OnCudaDevice
class CudaShearsTest {
  private static final int ROWS = 37;
  private static final int PARENT = 52;

  /** Positions and momenta after 20 steps in windows, each step with its own angle and kick. */
  private static float[][] afterSteps(Backend opened, int first, int columns) {
    try (Backend backend = opened;
        Matrix force = backend.allocate(Precision.FLOAT32, ROWS, PARENT, "force");
        Matrix position = backend.allocate(Precision.FLOAT32, ROWS, PARENT, "position");
        Matrix momentum = backend.allocate(Precision.FLOAT32, ROWS, PARENT, "momentum")) {
      backend.fillGaussian(1, 1, 0, force);
      backend.fillGaussian(1, 2, 0, position);
      backend.fillGaussian(1, 3, 0, momentum);
      for (int k = 0; k < 20; k++) {
        backend.kickRotate(
            0.07 * k - 0.3,
            force.view(0, ROWS, first, columns),
            0.11 * k - 0.5,
            position.view(0, ROWS, first, columns),
            momentum.view(0, ROWS, first, columns));
      }
      float[][] both = new float[2][ROWS * PARENT];
      backend.download(position, both[0]);
      backend.download(momentum, both[1]);
      return both;
    }
  }

  @Test
  void kickRotateIsThatOfTheProcessorBitForBit() {
    int[][] windows = {{0, PARENT}, {4, 40}, {1, 39}};
    for (int[] w : windows) {
      float[][] device =
          afterSteps(new CudaBackendProvider().open(BackendOptions.defaults()), w[0], w[1]);
      float[][] processor = afterSteps(Backends.cpu(), w[0], w[1]);
      assertThat(device[0]).as("positions, window %d + %d", w[0], w[1]).isEqualTo(processor[0]);
      assertThat(device[1]).as("momenta, window %d + %d", w[0], w[1]).isEqualTo(processor[1]);
    }
  }
}
