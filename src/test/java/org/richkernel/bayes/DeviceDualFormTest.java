package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.read;
import static org.richkernel.bayes.Values.singles;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.group.RankGroup;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PosteriorParameters;

/** The dual form on the emulated device and on the CPU: the same moves, up to rounding. */
@OnEmulatedDevice
class DeviceDualFormTest {
  private static final int POINTS = 70;
  private static final int SAMPLES = 24;
  private static final int LEAPFROGS = 5;

  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static double apart(double[] a, double[] b) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      size += b[i] * b[i];
    }
    return Math.sqrt(difference / size);
  }

  /** Fields, G, w, v, a gradient, an image under the kernel, and the effective dimension. */
  private static List<double[]> moved(
      String backendName,
      int devices,
      Activation f,
      int blocks,
      double determinant,
      InputFactor input) {
    int points = input.points();
    double step = 0.05 * Math.sqrt((double) POINTS / points);
    double[] y = singles(points * 2, 2);
    BackendOptions options =
        BackendOptions.defaults().withDevices(IntStream.range(0, devices).boxed().toList());
    PosteriorParameters parameters = new PosteriorParameters(0.7, 0.4, 1.2, determinant);
    List<double[]> all = new ArrayList<>();
    try (Backend backend = Backends.open(backendName, options, line -> {});
        Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms");
        DualPosterior posterior =
            new DualPosterior(
                new PointHolders(backend.devices(), RankGroup.alone()),
                NetworkSpec.of(1, f),
                input,
                y,
                parameters,
                new int[] {SAMPLES},
                SAMPLES / blocks);
        FieldPopulation population = posterior.newPopulation(SAMPLES, blocks)) {
      backend.upload(singles(SAMPLES * input.rank(), 3), population.xi());
      posterior.refresh(population);
      posterior.setReference(singles(points * 2, 6));
      CollectiveHmc hmc = new CollectiveHmc(backend, 5, 0, uniforms, (x, gradient) -> {});
      for (int sweep = 0; sweep < 2; sweep++) {
        posterior.use(population);
        for (int block = 0; block < blocks; block++) {
          hmc.move(posterior, block, sweep, step, LEAPFROGS);
        }
      }
      assertThat(hmc.acceptance()).isGreaterThan(0.3);
      all.add(read(backend, population.xi()));
      all.add(read(backend, population.kernel()));
      all.add(read(backend, population.weights()));
      all.add(read(backend, population.dual()));
      all.add(posterior.kernelImage(population));
      posterior.use(population);
      posterior.begin(blocks - 1);
      all.add(read(backend, posterior.gradient()));
      all.add(new double[] {posterior.effectiveDimension(population)});
    }
    return all;
  }

  @ParameterizedTest
  @CsvSource({"TANH,1,0", "RELU,3,0", "TANH,2,1"})
  void movesAsOnTheProcessor(Activation f, int blocks, double determinant) {
    InputFactor input;
    try (Backend backend = Backends.cpu()) {
      input = InputFactor.of(backend, NetworkSpec.of(1, f), singles(POINTS * 9, 1), POINTS, 9);
    }
    List<double[]> device = moved("cuda", 1, f, blocks, determinant, input);
    List<double[]> processor = moved("cpu", 1, f, blocks, determinant, input);
    for (int i = 0; i < device.size(); i++) {
      assertThat(apart(device.get(i), processor.get(i))).as("array %d", i).isLessThan(2e-5);
    }
    assertThat(device.get(6)[0]).isCloseTo(processor.get(6)[0], within(1e-4));
  }

  /** Four blocks of points, the last one shorter. */
  @ParameterizedTest
  @CsvSource({"TANH,1,1", "RELU,3,0"})
  void pointsOnSeveralDevicesGiveTheBitsOfOne(Activation f, int blocks, double determinant) {
    int points = 16_390;
    InputFactor input;
    try (Backend backend = Backends.cpu()) {
      input = InputFactor.of(backend, NetworkSpec.of(1, f), singles(points * 3, 1), points, 3);
    }
    EmulatedDevice.setDevices(4);
    List<double[]> one = moved("cuda", 1, f, blocks, determinant, input);
    for (int devices = 2; devices <= 4; devices++) {
      List<double[]> several = moved("cuda", devices, f, blocks, determinant, input);
      for (int i = 0; i < one.size(); i++) {
        assertThat(several.get(i)).as("array %d of %d devices", i, devices).isEqualTo(one.get(i));
      }
    }
  }
}
