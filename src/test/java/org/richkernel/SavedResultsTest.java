package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.lazy.KernelKind;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.Summary;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopSignal;

/** What a saved fit holds, to the letter, and what does not stay of the one before. */
class SavedResultsTest {
  private static final int P = 12;
  private static final int TESTS = 8;

  @TempDir private static Path folder;
  private static JsonNode bayes;

  private static Backend backend() {
    return Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  private static Datasets digits(int train, int test) {
    return DatasetReader.train(
            "test-data/mnist01-train-images-idx3-ubyte.gz",
            "test-data/mnist01-train-labels-idx1-ubyte.gz")
        .test(
            "test-data/mnist01-test-images-idx3-ubyte.gz",
            "test-data/mnist01-test-labels-idx1-ubyte.gz")
        .classes(0, 1)
        .trainSize(train)
        .testSize(test)
        .read();
  }

  private static AdaptiveNbk theory(NetworkSpec network) {
    return AdaptiveNbk.of(network).gamma(1).beta(10).samples(64).tolerance(0.3).maxSweeps(200);
  }

  @BeforeAll
  static void saveAnAdaptiveFit() throws IOException {
    try (Backend backend = backend()) {
      theory(NetworkSpec.of(1, Activation.RELU))
          .fit(digits(P, TESTS), backend)
          .save(folder.resolve("bayes"));
    }
    bayes = json(folder.resolve("bayes"));
  }

  private static JsonNode json(Path result) throws IOException {
    return new ObjectMapper().readTree(result.resolve("summary.json").toFile());
  }

  private static List<String> keys(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** Shape of every array by name as its own header gives it, each little-endian float64. */
  private static Map<String, String> shapes(Path result) throws IOException {
    Map<String, String> shapes = new LinkedHashMap<>();
    try (InputStream file = Files.newInputStream(result.resolve("arrays.npz"));
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String header = new String(zip.readNBytes(128), StandardCharsets.ISO_8859_1);
        assertThat(header).contains("'descr': '<f8'").contains("'fortran_order': False");
        shapes.put(
            entry.getName().replace(".npy", ""),
            header.substring(header.indexOf('(') + 1, header.indexOf(')')));
      }
    }
    return shapes;
  }

  @Test
  void arraysOfAnAdaptiveFitHaveTheirNamesAndShapesInDoublePrecision() throws IOException {
    Map<String, String> shapes = shapes(folder.resolve("bayes"));
    assertThat(shapes)
        .containsEntry("y_train", P + ",")
        .containsEntry("f_train", P + ",")
        .containsEntry("y_test", TESTS + ",")
        .containsEntry("f_test", TESTS + ",")
        .containsEntry("f_test_standard_error", TESTS + ",")
        .containsEntry("f_test_lazy", TESTS + ",")
        .containsEntry("phi_1", P + ", " + P)
        .containsEntry("phi_lazy_1", P + ", " + P)
        .containsEntry("v", P + ",")
        .doesNotContainKey("phi_2");
    assertThat(shapes.keySet()).startsWith("y_train", "f_train", "y_test", "f_test", "phi_1");
  }

  @Test
  void arraysOfALazyFitHaveTheirNamesAndShapesInDoublePrecision() throws IOException {
    Path lazy = folder.resolve("lazy");
    try (Backend backend = backend()) {
      LazyRegression.of(NetworkSpec.of(2, Activation.ERF))
          .kernel(KernelKind.NTK)
          .fit(digits(P, TESTS), backend)
          .save(lazy);
    }
    String square = P + ", " + P;
    assertThat(shapes(lazy))
        .containsExactly(
            Map.entry("y_train", P + ","),
            Map.entry("f_train", P + ","),
            Map.entry("y_test", TESTS + ","),
            Map.entry("f_test", TESTS + ","),
            Map.entry("phi_1", square),
            Map.entry("phi_2", square),
            Map.entry("ntk", square));
    assertThat(keys(json(lazy).path("seconds"))).containsExactly("total", "io", "gram", "solve");
  }

  @Test
  void everyPartOfTheSummaryOfASampledFitIsThere() {
    assertThat(keys(bayes.path("mc")))
        .containsExactly("samples", "effectiveSamples", "standardError");
    assertThat(keys(bayes.path("seconds")))
        .containsExactlyInAnyOrder("total", "io", "sampling", "gram", "solve");
    assertThat(keys(bayes.path("peakBytes"))).containsExactly("host", "device", "matrices");
    assertThat(bayes.at("/peakBytes/host").longValue())
        .isGreaterThan(bayes.at("/peakBytes/matrices").longValue());
    assertThat(keys(bayes.path("certificate")))
        .containsExactly(
            "residual",
            "residualStandardError",
            "equilibrium",
            "equilibriumStandardError",
            "chainDisagreement",
            "largestShare",
            "effectiveSweeps");
    // two at S and two at S / 4
    assertThat(bayes.path("chains")).hasSize(4);
    for (JsonNode chain : bayes.path("chains")) {
      assertThat(keys(chain))
          .containsExactly("samples", "step", "acceptance", "autocorrelationTime", "sweeps");
    }
  }

  @Test
  void everyMonteCarloNumberHasItsErrorBesideIt() {
    assertThat(bayes.at("/test/lossStandardError").doubleValue()).isPositive();
    assertThat(bayes.at("/layers/0/alignmentStandardError").doubleValue()).isPositive();
    assertThat(bayes.at("/layers/0/traceStandardError").doubleValue()).isPositive();
    assertThat(bayes.at("/layers/0/frobeniusStandardError").doubleValue()).isPositive();
    double residualError = bayes.path("residualStandardError").doubleValue();
    assertThat(residualError)
        .isPositive()
        .isEqualTo(bayes.at("/certificate/residualStandardError").doubleValue())
        .isEqualTo(bayes.at("/mc/standardError").doubleValue());
    assertThat(bayes.at("/lazy/test/lossStandardError").isMissingNode()).isTrue();
  }

  @Test
  void aDiagramInThePlaceOfAFitTakesItsModelAndReportAway(@TempDir Path place) throws IOException {
    try (Backend backend = backend()) {
      LazyRegression.of(NetworkSpec.of(1, Activation.RELU)).fit(digits(P, 2), backend).save(place);
    }
    assertThat(place.resolve("model.json")).exists();
    Files.writeString(place.resolve("report.html"), "of the fit");

    PhaseDiagram.of(NetworkSpec.of(2, Activation.ERF), new double[] {0.8, 1.2})
        .save(place, Map.of(), 0.5);

    try (var files = Files.list(place)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("summary.json", "arrays.npz");
    }
  }

  @Test
  void checkpointsCountInTheTimeForFiles() {
    CheckpointStore slow =
        new CheckpointStore() {
          private int saved;

          @Override
          public boolean due() {
            return true;
          }

          @Override
          public void save(long iteration, SolverState state) {
            saved++;
          }

          @Override
          public Optional<SolverState> load() {
            return Optional.empty();
          }

          @Override
          public double seconds() {
            return 1e-6 * saved;
          }
        };
    try (Backend backend = backend()) {
      RunControl control = new RunControl(Progress.Listener.silent(), new StopSignal(), slow);
      AdaptiveNbkFit fit =
          theory(NetworkSpec.of(1, Activation.RELU))
              .maxSweeps(20)
              .fit(digits(P, 2), backend, control)
              .orElseThrow();
      Map<String, Double> seconds = fit.result(Map.of(), 0).summary().seconds();
      assertThat(seconds.get("io"))
          .isPositive()
          .isEqualTo(slow.seconds())
          .isLessThan(seconds.get("total"));
      Map<String, Double> later = fit.result(Map.of(), 2).summary().seconds();
      assertThat(later.get("io")).isEqualTo(seconds.get("io") + 2);
      assertThat(later.get("total")).isEqualTo(seconds.get("total") + 2);
    }
  }

  /** The same numbers as the command for kernels at initialisation gives, at any depth. */
  @ParameterizedTest
  @CsvSource({"1, RELU, 0", "3, RELU, 0.2", "2, TANH, 0", "2, LINEAR, 0"})
  void withoutRichnessTheAdaptivePredictorIsTheNngp(
      int layers, Activation activation, double bias) {
    NetworkSpec network = NetworkSpec.of(layers, activation).withBiasVariance(bias);
    Datasets digits = digits(P, TESTS);
    try (Backend backend = backend()) {
      AdaptiveNbkFit adaptive = AdaptiveNbk.of(network).gamma(0).beta(20).fit(digits, backend);
      LazyFit lazy =
          LazyRegression.of(network).kernel(KernelKind.NNGP).kappa(1 / 20.0).fit(digits, backend);
      assertThat(adaptive.result(Map.of(), 0).array("f_test").orElseThrow().values())
          .containsExactly(lazy.result(Map.of(), 0).array("f_test").orElseThrow().values());
      for (int l = 1; l <= layers; l++) {
        assertThat(adaptive.solution().kernels().get(l - 1))
            .containsExactly(lazy.solution().gram().feature(l));
      }
      assertThat(adaptive.lazy().layers()).isEqualTo(lazy.layers()).hasSize(layers);
      Summary summary = adaptive.result(Map.of(), 0).summary();
      assertThat(summary.seconds()).containsKeys("gram", "solve");
      assertThat(summary.residualStandardError()).isEmpty();
    }
  }

  @Test
  void closedFormsOfLinearNetworksAreTimedToo() {
    try (Backend backend = backend()) {
      Summary summary =
          theory(NetworkSpec.of(2, Activation.LINEAR))
              .fit(digits(P, 2), backend)
              .result(Map.of(), 0)
              .summary();
      assertThat(summary.seconds()).containsKeys("total", "io", "gram", "solve");
    }
  }
}
