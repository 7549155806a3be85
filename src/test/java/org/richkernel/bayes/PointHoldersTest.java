package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.read;
import static org.richkernel.bayes.Values.singles;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.group.RankGroup;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.SolverState;
import org.richkernel.stack.PhiOverlaps;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PosteriorParameters;

/** The dual form with its points on several backends: the bits of one. */
class PointHoldersTest {
  private static final int D = 3;
  private static final int K = 2;
  private static final int S = 6;

  private final List<Backend> backends = new ArrayList<>();

  @AfterEach
  void close() {
    backends.forEach(Backend::close);
  }

  private PointHolders holders(int devices) {
    while (backends.size() < devices) {
      backends.add(Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {}));
    }
    return new PointHolders(backends.subList(0, devices), RankGroup.alone());
  }

  /** Everything that a chain asks of a posterior, through moves that are accepted and refused. */
  private List<double[]> asked(
      int devices, NetworkSpec network, int points, int blocks, double determinant) {
    PointHolders holders = holders(devices);
    Backend first = holders.first();
    InputFactor input = InputFactor.of(first, network, singles(points * D, 1), points, D);
    double[] y = singles(points * K, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.4, determinant);
    List<double[]> answers = new ArrayList<>();
    try (DualPosterior posterior =
            new DualPosterior(
                holders, network, input, y, parameters, new int[] {S}, (S + blocks - 1) / blocks);
        FieldPopulation population = posterior.newPopulation(S, blocks)) {
      double[] xi = singles(Math.toIntExact(population.xi().size()), 3);
      first.upload(xi, population.xi());
      posterior.refresh(population);
      Consumer<FieldPopulation> state =
          of -> {
            answers.add(new double[] {of.potential()});
            for (Matrix each : List.of(of.kernel(), of.image(), of.weights(), of.dual())) {
              answers.add(read(first, each));
            }
          };
      state.accept(population);
      for (int move = 0; move < 4; move++) {
        posterior.begin(move % blocks);
        answers.add(read(first, posterior.gradient()));
        Matrix x = posterior.position();
        first.upload(singles(Math.toIntExact(x.size()), 10 + move), x);
        posterior.evaluate();
        answers.add(read(first, posterior.gradient()));
        answers.add(new double[] {posterior.potential()});
        if (move % 2 == 1) {
          posterior.accept();
          state.accept(population);
        }
      }
      posterior.complete(population);
      posterior.setReference(singles(points * K, 4));
      answers.add(posterior.kernelImage(population));
      answers.add(new double[] {posterior.effectiveDimension(population)});
      List<double[]> sums = List.of(new double[points * K]);
      float[] fields = new float[xi.length];
      first.download(population.xi(), fields);
      float[] moved = new float[xi.length];
      Arrays.setAll(xi, i -> moved[i] = fields[xi.length - 1 - i]);
      posterior.addKernelProducts(0.5, fields, List.of(y), sums);
      answers.addAll(sums);
      try (PhiOverlaps overlaps = posterior.overlaps(S)) {
        for (int l = 1; l <= network.hiddenLayers(); l++) {
          posterior.holdFields(fields);
          overlaps.keep(l);
          posterior.holdFields(moved);
          answers.add(new double[] {overlaps.withPresent(l)});
        }
      }
      posterior.refresh(population);
      for (int l = 1; l <= network.hiddenLayers(); l++) {
        answers.add(read(first, population.kernel(l)));
        answers.add(posterior.directions(l, y));
      }
    }
    assertThat(backends).allSatisfy(backend -> assertThat(backend.openMatrices()).isZero());
    return answers;
  }

  private static NetworkSpec network(int layers) {
    return NetworkSpec.of(layers, layers == 1 ? Activation.RELU : Activation.TANH)
        .withBiasVariance(0.3);
  }

  /** Eight blocks of points; the last is shorter. */
  @ParameterizedTest
  @CsvSource({"1, 1, 0", "1, 3, 0.7", "2, 1, 0"})
  void bitsDoNotDependOnTheNumberOfDevices(int layers, int blocks, double determinant) {
    int points = 36_869;
    List<double[]> one = asked(1, network(layers), points, blocks, determinant);
    assertThat(one).allSatisfy(values -> assertThat(values).doesNotContain(Double.NaN));
    for (int devices : new int[] {2, 3, 4, 8}) {
      List<double[]> several = asked(devices, network(layers), points, blocks, determinant);
      assertThat(several).hasSameSizeAs(one);
      for (int i = 0; i < one.size(); i++) {
        assertThat(several.get(i)).as("answer %d of %d devices", i, devices).isEqualTo(one.get(i));
      }
    }
  }

  /** (S gamma^2 / 2) (|Y|^2 - b^T M^{-1} b) / kappa in float64, S x S by a library. */
  private static double value(
      InputFactor input, double[] y, PosteriorParameters parameters, double[] xi) {
    RealMatrix m = new Array2DRowRealMatrix(S, S);
    RealMatrix b = new Array2DRowRealMatrix(S, K);
    double size = 0;
    int r = input.rank();
    double[] phi = new double[S];
    for (int p = 0; p < input.points(); p++) {
      for (int s = 0; s < S; s++) {
        double h = 0;
        for (int i = 0; i < r; i++) {
          h += xi[s * r + i] * input.factor()[p * r + i];
        }
        phi[s] = Math.max(0, h);
      }
      for (int s = 0; s < S; s++) {
        for (int t = 0; t < S; t++) {
          m.addToEntry(s, t, phi[s] * phi[t]);
        }
        for (int k = 0; k < K; k++) {
          b.addToEntry(s, k, phi[s] * y[p * K + k]);
        }
      }
      for (int k = 0; k < K; k++) {
        size += y[p * K + k] * y[p * K + k];
      }
    }
    for (int s = 0; s < S; s++) {
      m.addToEntry(s, s, S * parameters.kappa() / parameters.readoutVariance());
    }
    RealMatrix w = new CholeskyDecomposition(m).getSolver().solve(b);
    double fit = (size - b.transpose().multiply(w).getTrace()) / parameters.kappa();
    return 0.5 * S * parameters.gamma() * parameters.gamma() * fit;
  }

  @Test
  void blocksSumToTheWhole() {
    int points = 8197;
    PointHolders holders = holders(2);
    Backend first = holders.first();
    NetworkSpec network = network(1);
    InputFactor input = InputFactor.of(first, network, singles(points * D, 1), points, D);
    double[] y = singles(points * K, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.4, 0);
    double[] xi = singles(S * input.rank(), 3);
    try (DualPosterior posterior =
            new DualPosterior(holders, network, input, y, parameters, new int[] {S}, S);
        FieldPopulation population = posterior.newPopulation(S, 1)) {
      first.upload(xi, population.xi());
      posterior.refresh(population);
      double expected = value(input, y, parameters, xi);
      assertThat(population.potential()).isCloseTo(expected, within(1e-6 * expected));
      posterior.begin(0);
      double[] gradient = read(first, posterior.gradient());
      double scale = Arrays.stream(gradient).map(Math::abs).max().orElseThrow();
      for (int i = 0; i < xi.length; i++) {
        double step = 1e-5;
        double[] above = xi.clone();
        double[] below = xi.clone();
        above[i] += step;
        below[i] -= step;
        double difference =
            (value(input, y, parameters, above) - value(input, y, parameters, below)) / (2 * step);
        assertThat(gradient[i]).isCloseTo(difference, within(1e-4 * scale));
      }
    }
  }

  @Test
  void moreDevicesThanBlocksAreRefused() {
    PointHolders two = holders(2);
    assertThatThrownBy(() -> two.extents(8191)).hasMessageContaining("1 blocks for 2");
    assertThat(two.extents(8192)).hasSize(2);
  }

  /** A backend that has others as further devices. */
  private Backend with(int devices) {
    List<Backend> all = new ArrayList<>(holders(devices).devices());
    Backend first = all.get(0);
    Backend joined =
        (Backend)
            Proxy.newProxyInstance(
                Backend.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("devices")) {
                    return List.copyOf(all);
                  }
                  try {
                    return method.invoke(first, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    all.set(0, joined);
    return joined;
  }

  private static final SaddleOptions OPTIONS =
      new SaddleOptions(1, 0.01, 64, 0, 1, 1e-9, 20)
          .withLargeData(new LargeData(ReadoutForm.DUAL, 0));

  private static EnsembleLayout layout(Backend backend, int points) {
    return EnsembleLayout.of(backend, network(1), OPTIONS, points, D, K, 0);
  }

  /** Homes of chains, and devices of a home. */
  @ParameterizedTest
  @CsvSource({
    "1, 65536, 1, 1",
    "2, 65536, 2, 1",
    "4, 65536, 4, 1",
    "5, 65536, 1, 5",
    "6, 65536, 2, 3",
    "8, 65536, 2, 4",
    "8, 8192, 4, 2",
    "8, 8191, 4, 1"
  })
  void chainsComeFirstAndThenPoints(int devices, int points, int homes, int spread) {
    EnsembleLayout layout = layout(with(devices), points);
    assertThat(layout.spread()).isEqualTo(spread);
    assertThat(layout.devices()).hasSize(homes * spread);
    assertThat(layout.openLanes()).hasSize(homes).allMatch(home -> home.size() == spread);
  }

  /** Half of the points on each of two devices, where one is too small for all of them. */
  @Test
  void pointsAreSpreadWhereTheyDoNotFit() {
    long whole = bytes(layout(with(1), 65_536).plan(), 0);
    close();
    backends.clear();
    for (int d = 0; d < 2; d++) {
      backends.add(Backends.open("cpu", new BackendOptions(1, whole / 4 * 3), line -> {}));
    }
    EnsembleLayout layout = layout(with(2), 65_536);
    assertThat(layout.spread()).isEqualTo(2);
    assertThat(bytes(layout.plan(), 1)).isBetween(whole / 4, bytes(layout.plan(), 0));
  }

  @Test
  void sumsBeyondAJavaArrayAreRefused() {
    SaddleOptions many = OPTIONS.withSamples(46_344);
    EnsembleLayout layout = EnsembleLayout.of(with(2), network(1), many, 65_536, D, K, 0);
    assertThatThrownBy(layout::requireArrays).hasMessageContaining("use at most 46336");
  }

  private static long bytes(MemoryPlan plan, int device) {
    return plan.entries().stream()
        .filter(entry -> entry.device() == device)
        .mapToLong(MemoryPlan.Entry::bytes)
        .sum();
  }

  /** All of a checkpoint after the first sweeps, some of them on other devices than the rest. */
  private Map<String, Object> solved(int devices, int then) {
    int points = 16_385;
    double[] x = singles(points * D, 1);
    double[] y = singles(points * K, 2);
    AdaptiveProblem problem =
        AdaptiveProblem.of(network(1), OPTIONS, Inputs.of(x, points, D), Targets.of(y, points, K));
    float[] coefficients = new float[0];
    SolverState state = null;
    for (int part = 0; part < 2; part++) {
      Backend backend = with(part == 0 ? devices : then);
      InputFactor input = InputFactor.of(backend, network(1), x, points, D);
      InputFactor.Coordinates test = input.coordinates(backend, singles(5 * D, 3), 5);
      try (ChainEnsemble chains =
          new ChainEnsemble(backend, network(1), input, y, OPTIONS, test, 0)) {
        if (state == null) {
          chains.start(null, OPTIONS.conditions());
          chains.forEach(chain -> chain.start(chain.fields(), 0.3));
          chains.move(SamplingChain::burnIn);
          chains.forEach(SamplingChain::freeze);
        } else {
          chains.restore(state);
        }
        chains.move(SamplingChain::sweep);
        chains.keepSnapshots();
        state = new SolverState();
        chains.save(state);
        coefficients = chains.harvest().neurons(problem).coefficients();
        requireReadout(coefficients, chains.large()[0].snapshots(), input, y);
      }
      assertThat(backends).allSatisfy(each -> assertThat(each.openMatrices()).isZero());
    }
    Map<String, Object> arrays = new LinkedHashMap<>(state.allDoubles());
    arrays.putAll(state.allFloats());
    arrays.put("coefficients", coefficients);
    return arrays;
  }

  /**
   * The first population of the first of two chains at S: 4/3 c / (2 n S), n of them, with c the
   * ridge regression on its features, c = g phi(h) (Y - phi(h)^T c / S) / kappa.
   */
  private static void requireReadout(
      float[] coefficients, List<SamplingChain.Snapshot> kept, InputFactor input, double[] y) {
    int samples = OPTIONS.samples();
    int r = input.rank();
    double weight = 4.0 / 3 / (2.0 * kept.size() * samples);
    double[] c = new double[samples * K];
    for (int i = 0; i < c.length; i++) {
      c[i] = coefficients[i] / weight;
    }
    double[] expected = new double[samples * K];
    double[] phi = new double[samples];
    for (int p = 0; p < input.points(); p++) {
      double[] error = Arrays.copyOfRange(y, p * K, (p + 1) * K);
      for (int s = 0; s < samples; s++) {
        double h = 0;
        for (int i = 0; i < r; i++) {
          h += kept.get(0).xi()[s * r + i] * input.factor()[p * r + i];
        }
        phi[s] = Math.max(0, h);
        for (int k = 0; k < K; k++) {
          error[k] -= phi[s] * c[s * K + k] / samples;
        }
      }
      for (int i = 0; i < expected.length; i++) {
        double scale = network(1).weightVariance(1) / OPTIONS.kappa();
        expected[i] += scale * phi[i / K] * error[i % K];
      }
    }
    double largest = Arrays.stream(c).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < expected.length; i++) {
      assertThat(c[i]).isCloseTo(expected[i], within(1e-4 * largest));
    }
  }

  /** Chains on homes of their own, spread over 4 and 2 devices, and moved between the two. */
  @Test
  void chainsHaveTheBitsOfOneDeviceAndGoOnOnAnotherNumber() {
    Map<String, Object> one = solved(1, 1);
    assertThat(one).hasSizeGreaterThan(20);
    for (int[] devices : new int[][] {{5, 2}, {1, 8}}) {
      Map<String, Object> several = solved(devices[0], devices[1]);
      assertThat(several.keySet()).isEqualTo(one.keySet());
      one.forEach(
          (name, values) ->
              assertThat(several.get(name)).as("%s of %s", name, devices).isEqualTo(values));
    }
  }
}
