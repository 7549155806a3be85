package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.LazyRegression;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Precision;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.emulator.OnCudaDevice;
import org.richkernel.fit.LazyFit;
import org.richkernel.network.Convolutions;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteReadout;

/** Kernels at initialisation on a CUDA device, in float64 throughout. */
@OnCudaDevice
class CudaLazyTest {
  private static final Datasets DIGITS =
      DatasetReader.train(
              "test-data/mnist01-train-images-idx3-ubyte.gz",
              "test-data/mnist01-train-labels-idx1-ubyte.gz")
          .test(
              "test-data/mnist01-test-images-idx3-ubyte.gz",
              "test-data/mnist01-test-labels-idx1-ubyte.gz")
          .classes(0, 1)
          .trainSize(40)
          .testSize(30)
          .read();

  private static LazyFit fit(String name, LazyRegression regression) {
    try (Backend backend = Backends.open(name, BackendOptions.defaults(), line -> {})) {
      return regression.fit(DIGITS, backend);
    }
  }

  @ParameterizedTest
  @CsvSource({"RELU, NNGP, 1", "RELU, NTK, 4", "ERF, NTK, 3", "TANH, NTK, 2", "LINEAR, NNGP, 3"})
  void predictionsAreThoseOfTheProcessor(Activation f, KernelKind kernel, int layers) {
    LazyRegression regression =
        LazyRegression.of(NetworkSpec.of(layers, f)).kernel(kernel).kappa(0.1);
    double[] device = fit("cuda", regression).solution().testPredictions();
    double[] processor = fit("cpu", regression).solution().testPredictions();
    assertThat(device).containsExactly(processor, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"RELU, NTK", "TANH, NNGP"})
  void fitsOnInducingPointsAreThoseOfTheProcessor(Activation f, KernelKind kernel) {
    LazyRegression regression =
        LazyRegression.of(NetworkSpec.of(2, f))
            .kernel(kernel)
            .kappa(0.1)
            .inducing(new InducingOptions(15, 1e-10, 100, 3));
    LazyFit device = fit("cuda", regression);
    LazyFit processor = fit("cpu", regression);
    assertThat(device.converged()).isTrue();
    assertThat(device.solution().testPredictions())
        .containsExactly(processor.solution().testPredictions(), within(1e-8));
    assertThat(device.solution().inducing().orElseThrow().bound())
        .isCloseTo(processor.solution().inducing().orElseThrow().bound(), within(1e-6));
  }

  @Test
  void tilesOfFloat32AreRefinedToTheSameSolution(@TempDir Path folder) {
    LazyRegression regression =
        LazyRegression.of(NetworkSpec.of(2, Activation.RELU)).kernel(KernelKind.NTK).kappa(0.1);
    LazyFit device = fit("cuda", regression.tiles(Precision.FLOAT32).form(LazyForm.TILED, folder));
    LazyFit processor = fit("cpu", regression);
    assertThat(device.solution().testPredictions())
        .containsExactly(processor.solution().testPredictions(), within(1e-8));
  }

  @ParameterizedTest
  @CsvSource({"RELU, FLATTEN, NNGP", "TANH, FLATTEN, NTK", "ERF, GAP, NTK"})
  void kernelsOfImagesAreThoseOfTheProcessor(Activation f, SiteReadout readout, KernelKind kind) {
    Convolutions layers = Convolutions.parse("3x3,3x3/2").withReadout(readout);
    NetworkSpec network = NetworkSpec.of(2, f).withConvolutions(layers).withBiasVariance(0.2);
    double[][] kernels = new double[2][];
    for (int b = 0; b < 2; b++) {
      String name = b == 0 ? "cuda" : "cpu";
      try (Backend backend = Backends.open(name, BackendOptions.defaults(), line -> {})) {
        kernels[b] = new LazyKernel(network, kind).gram(backend, OracleImages.of(5)).readout();
      }
    }
    assertThat(kernels[0]).containsExactly(kernels[1], within(1e-12));
  }
}
