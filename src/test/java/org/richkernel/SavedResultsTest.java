package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.ArrayReader;
import org.richkernel.data.Dataset;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.data.Table;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.fit.CriticalFit;
import org.richkernel.fit.FinitePosteriorFit;
import org.richkernel.fit.Fit;
import org.richkernel.fit.LazyFit;
import org.richkernel.lazy.KernelKind;
import org.richkernel.model.SavedFit;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopSignal;
import org.richkernel.study.PhaseDiagram;

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
    return ZerosAndOnes.of(train, test);
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
    assertThat(keys(json(lazy).path("seconds")))
        .containsExactly("total", "io", "gram", "solve", "predict", "metrics", "other");
  }

  @Test
  void everyPartOfTheSummaryOfASampledFitIsThere() {
    assertThat(keys(bayes.path("mc")))
        .containsExactly("samples", "effectiveSamples", "standardError");
    assertThat(keys(bayes.path("seconds")))
        .containsExactlyInAnyOrder(
            "total", "io", "lazy", "inputs", "sampling", "gram", "solve", "other");
    assertThat(keys(bayes.path("peakBytes"))).containsExactly("host", "device", "matrices");
    assertThat(bayes.at("/peakBytes/host").longValue())
        .isGreaterThan(bayes.at("/peakBytes/matrices").longValue());
    assertThat(keys(bayes.path("certificate")))
        .containsExactly(
            "residual",
            "residualStandardError",
            "rHat",
            "effectiveSweeps",
            "slowest",
            "sweeps",
            "largestShare",
            "sampleSize",
            "failures");
    // two at S and two at S / 4
    assertThat(bayes.path("chains")).hasSize(4);
    for (JsonNode chain : bayes.path("chains")) {
      assertThat(keys(chain))
          .containsExactly(
              "samples", "step", "acceptance", "autocorrelationTime", "sweeps", "devices");
    }
  }

  @Test
  void everyMonteCarloNumberHasItsErrorBesideIt() {
    assertThat(bayes.at("/test/lossStandardError").doubleValue()).isPositive();
    assertThat(bayes.at("/train/lossStandardError").doubleValue()).isPositive();
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

  /** The error of the kept populations is of the size of their distance from all sweeps. */
  @ParameterizedTest
  @CsvSource({"1, RELU", "2, TANH"})
  void predictionsOfASavedFitCarryTheErrorOfTheirChains(
      int layers, Activation activation, @TempDir Path place) {
    Datasets digits = digits(P, TESTS);
    try (Backend backend = backend()) {
      AdaptiveNbkFit fit = theory(NetworkSpec.of(layers, activation)).fit(digits, backend);
      fit.save(place);
      Table raw = ArrayReader.read("test-data/mnist01-test-images-idx3-ubyte.gz");
      SavedFit saved = SavedFit.read(place);
      SampledVector prediction = saved.predictWithErrors(backend, raw);
      double[] plain = saved.predict(backend, raw);
      assertThat(prediction.standardError()).hasSameSizeAs(prediction.value());
      double squares = 0;
      double errors = 0;
      double sizes = 0;
      for (int i = 0; i < plain.length; i++) {
        assertThat(prediction.value()[i]).isCloseTo(plain[i], within(1e-4));
        errors += Math.pow(prediction.standardError()[i], 2);
        sizes += plain[i] * plain[i];
      }
      double[] whole = fit.solution().predictor().predict(backend, inputs(digits));
      double[] all = fit.solution().testPredictions();
      for (int i = 0; i < all.length; i++) {
        squares += Math.pow(whole[i] - all[i], 2);
      }
      assertThat(errors).isPositive().isLessThan(0.3 * sizes);
      assertThat(squares / all.length).isLessThan(4 * errors / plain.length);
    }
  }

  private static Inputs inputs(Datasets digits) {
    Dataset test = digits.test().orElseThrow();
    return Inputs.of(test.inputs(), test.points(), test.inputDimension());
  }

  /** y - f = kappa v at the training points, so the loss kappa^2 |v|^2 / P errs with v. */
  private static double errorOfDual(double kappa, double[] v, double[] spread) {
    double expected = 0;
    for (int i = 0; i < v.length; i++) {
      expected += 2 * kappa * kappa * Math.abs(v[i]) * spread[i] / v.length;
    }
    return expected;
  }

  private static double trainLossError(Fit fit) {
    Score train = fit.result(Map.of(), 0).summary().train().orElseThrow();
    return train.lossStandardError().orElseThrow();
  }

  @Test
  void trainLossesOfFiniteWidthHaveTheErrorOfTheDualVector() {
    Datasets digits = digits(P, TESTS);
    try (Backend backend = backend()) {
      CriticalFit map =
          CriticalNbk.of(NetworkSpec.of(2, Activation.ERF), 100)
              .beta(10)
              .options(new MapOptions(300, 2, 0.1, 50))
              .fit(digits, backend);
      // replicas err apart from each other: less than all points erring together would give
      double together = errorOfDual(0.1, map.solution().dual(), map.solution().dualSpread());
      assertThat(trainLossError(map)).isBetween(0.05 * together, together);

      FinitePosteriorFit sampled =
          FiniteNetwork.of(NetworkSpec.of(1, Activation.TANH), 16)
              .repeats(2)
              .posterior()
              .gamma(1)
              .beta(10)
              .tolerance(0.5)
              .maxSweeps(100)
              .fit(digits, backend);
      double[] spread = sampled.solution().train().standardError();
      for (int i = 0; i < spread.length; i++) {
        spread[i] *= 10; // v = beta (y - f)
      }
      double allTogether = errorOfDual(0.1, sampled.solution().dual(), spread);
      assertThat(trainLossError(sampled)).isBetween(0.05 * allTogether, allTogether);
    }
  }

  @Test
  void numbersOfASampledScaleHaveTheirErrors() {
    try (Backend backend = backend()) {
      Summary summary =
          MultiScaleNbk.of(NetworkSpec.of(1, Activation.TANH), 100)
              .chi(10)
              .options(
                  SaddleOptions.of(1, 10).withSamples(64).withTolerance(0.3).withMaxSweeps(100))
              .order(MultiScaleNbk.Order.ONE_LOOP)
              .fit(digits(P, TESTS), backend)
              .result(Map.of(), 0)
              .summary();
      assertThat(summary.residualStandardError().orElseThrow())
          .isPositive()
          .isEqualTo(summary.monteCarlo().orElseThrow().standardError().orElseThrow());
      assertThat(summary.train().orElseThrow().lossStandardError().orElseThrow()).isPositive();
      assertThat(summary.test().orElseThrow().lossStandardError().orElseThrow()).isPositive();
      LayerSummary layer = summary.layers().get(0);
      assertThat(layer.alignmentStandardError().orElseThrow()).isPositive();
      assertThat(layer.traceStandardError().orElseThrow()).isPositive();
      assertThat(layer.frobeniusStandardError().orElseThrow()).isPositive();
    }
  }

  @Test
  void severalOutputsMakeMatricesOfThePredictions(@TempDir Path place) throws IOException {
    Datasets digits =
        DatasetReader.train(
                "test-data/mnist10-train-images-idx3-ubyte.gz",
                "test-data/mnist10-train-labels-idx1-ubyte.gz")
            .oneHot()
            .trainSize(30)
            .read();
    try (Backend backend = backend()) {
      theory(NetworkSpec.of(1, Activation.TANH)).maxSweeps(40).fit(digits, backend).save(place);
    }
    String matrix = "30, " + digits.train().outputs();
    assertThat(digits.train().outputs()).isGreaterThan(2);
    assertThat(shapes(place))
        .containsEntry("y_train", matrix)
        .containsEntry("f_train", matrix)
        .containsEntry("v", matrix)
        .containsEntry("phi_1", "30, 30")
        .doesNotContainKeys("y_test", "f_test", "f_test_standard_error");
  }

  @Test
  void aDiagramInThePlaceOfAFitTakesItsModelAndReportAway(@TempDir Path place) throws IOException {
    try (Backend backend = backend()) {
      LazyRegression.of(NetworkSpec.of(1, Activation.RELU)).fit(digits(P, 2), backend).save(place);
    }
    assertThat(place.resolve("model.json")).exists();
    Files.writeString(place.resolve("report.html"), "of the fit");

    PhaseDiagram.of(NetworkSpec.of(2, Activation.ERF), new double[] {0.8, 1.2})
        .save(place, Map.of(), 0.5, 0);

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
