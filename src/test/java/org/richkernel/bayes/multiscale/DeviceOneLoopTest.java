package org.richkernel.bayes.multiscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;

/** The one-loop term of the same neurons on the emulated device and on the processor. */
@OnEmulatedDevice
class DeviceOneLoopTest {
  private static final int P = 5;
  private static final int D = 4;
  private static final int NEURONS = 300;
  private static final double CHI = 3;
  private static final double KAPPA = 0.5;

  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  /** Changes on the training points, then at three others. */
  private static double[] change(String backendName) {
    Random random = new Random(4);
    Inputs train = Inputs.of(random.doubles((long) P * D, -2, 2).toArray(), P, D);
    Inputs other = Inputs.of(random.doubles(3L * D, -2, 2).toArray(), 3, D);
    double[] v = random.doubles(P, -1, 1).toArray();
    double[] identity = new double[D * D];
    for (int k = 0; k < D; k++) {
      identity[k * D + k] = 1;
    }
    float[] neurons = new float[NEURONS * D];
    for (int i = 0; i < neurons.length; i++) {
      neurons[i] = (float) random.nextGaussian();
    }
    try (Backend backend = Backends.open(backendName, BackendOptions.defaults(), line -> {})) {
      NeuronOutputs outputs =
          new NeuronOutputs(backend, NetworkSpec.of(1, Activation.TANH), identity, D, neurons);
      SampledOneLoop loop = SampledOneLoop.of(backend, outputs, train, v, 1, CHI, 20, KAPPA);
      double[] change = new double[P + 3];
      System.arraycopy(loop.trainChange(CHI, KAPPA), 0, change, 0, P);
      System.arraycopy(outputs.read(other, loop.readout()), 0, change, P, 3);
      return change;
    }
  }

  @Test
  void oneLoopTermOfTheDeviceIsThatOfTheProcessor() {
    double[] device = change("cuda");
    double[] processor = change("cpu");
    double size = 0;
    for (double value : processor) {
      size = Math.max(size, Math.abs(value));
    }
    assertThat(size).isGreaterThan(1e-3);
    for (int i = 0; i < device.length; i++) {
      // float32 activations
      assertThat(Math.abs(device[i] - processor[i])).isLessThan(1e-4 * size);
    }
  }
}
