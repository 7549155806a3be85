package org.richkernel.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.BatchSchedule;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

class LinearTrainingTest {
  private static final int D = 5;
  private static final int K = 3;
  private static final int POINTS = 7;
  private static final int TRAIN = 6;
  private static final DescentRule RULE =
      DescentRule.plain(0.3).withMomentum(0.5).withWeightDecay(0.1).withClip(0.4);

  private static double[][] points() {
    Random random = new Random(7);
    double[][] x = new double[POINTS][D];
    for (double[] point : x) {
      Arrays.setAll(point, j -> random.nextGaussian() / Math.sqrt(D));
    }
    return x;
  }

  /** One class each, in turn. */
  private static double[][] targets(double[][] x) {
    double[][] y = new double[TRAIN][K];
    for (int p = 0; p < TRAIN; p++) {
      y[p][p % K] = 1;
    }
    return y;
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  private static LinearTraining training(
      LinearShape shape, OutputLoss loss, DescentRule rule, int batch, int steps, Precision p) {
    double[][] x = points();
    return new LinearTraining(
        shape,
        Inputs.of(flat(x), POINTS, D),
        Targets.of(flat(targets(x)), TRAIN, K),
        loss,
        rule,
        new BatchSchedule(TRAIN, batch),
        steps,
        p);
  }

  private static LinearTraining.Course run(LinearTraining training, int repeat) {
    try (Backend backend = Backends.cpu()) {
      return training.run(backend, RunControl.silent(), 3, repeat).orElseThrow();
    }
  }

  /** The same by plain loops on the weights of a network. */
  private static LinearTraining.Course plain(LinearTraining training, PlainLinearNetwork net) {
    double[][] x = points();
    double[][] y = targets(x);
    int steps = training.steps();
    double[] f = new double[(steps + 1) * POINTS * K];
    double[] losses = new double[steps];
    double[] norms = new double[steps];
    for (int t = 0; t <= steps; t++) {
      for (int p = 0; p < POINTS; p++) {
        System.arraycopy(net.outputs(x[p]), 0, f, (t * POINTS + p) * K, K);
      }
      if (t < steps) {
        int[] batch = training.batches().batch(t);
        double[][] bx = new double[batch.length][];
        double[][] chi = new double[batch.length][K];
        for (int i = 0; i < batch.length; i++) {
          bx[i] = x[batch[i]];
          losses[t] += training.loss().of(net.outputs(bx[i]), y[batch[i]], chi[i]) / batch.length;
          for (int k = 0; k < K; k++) {
            chi[i][k] /= batch.length;
          }
        }
        norms[t] = net.descend(net.gradients(bx, chi), training.rule());
      }
    }
    return new LinearTraining.Course(f, losses, norms);
  }

  private static void requireSame(
      LinearTraining.Course found, LinearTraining.Course expected, double tolerance) {
    assertThat(found.outputs())
        .usingComparatorWithPrecision(tolerance)
        .containsExactly(expected.outputs());
    assertThat(found.losses())
        .usingComparatorWithPrecision(tolerance)
        .containsExactly(expected.losses());
    assertThat(found.norms())
        .usingComparatorWithPrecision(tolerance)
        .containsExactly(expected.norms());
  }

  /** Narrow networks run on their neurons, wide ones on coefficients. */
  @ParameterizedTest
  @CsvSource({"1,6", "4,2", "7,1", "8,6", "8,1", "30,2", "1500,6"})
  void trainsFiniteNetworksAsPlainLoopsDo(int width, int batch) {
    LinearShape shape =
        LinearShape.limit(D, K).withDeviations(0.9, 1.3).withBias(0.7).ofWidth(width);
    for (OutputLoss loss : new OutputLoss[] {OutputLoss.SQUARED, OutputLoss.CROSS_ENTROPY}) {
      LinearTraining training = training(shape, loss, RULE, batch, 9, Precision.FLOAT64);
      requireSame(run(training, 2), plain(training, PlainLinearNetwork.drawn(shape, 3, 2)), 1e-11);
    }
  }

  /** Columns of a Hadamard matrix: Omega^T Omega = n I, so eight neurons are infinitely many. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 6})
  void theLimitIsANetworkWithOrthogonalColumns(int batch) {
    int n = 8;
    double[] omega = new double[n * (D + K)];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < D + K; j++) {
        omega[i * (D + K) + j] = Integer.bitCount(i & j) % 2 == 0 ? 1 : -1;
      }
    }
    LinearShape shape = LinearShape.limit(D, K).withDeviations(0.9, 1.3).withBias(0.7);
    for (OutputLoss loss : new OutputLoss[] {OutputLoss.SQUARED, OutputLoss.CROSS_ENTROPY}) {
      LinearTraining training = training(shape, loss, RULE, batch, 15, Precision.FLOAT64);
      requireSame(
          run(training, 0), plain(training, new PlainLinearNetwork(shape, n, omega)), 1e-12);
    }
  }

  /** f_1 = -eta (sigma_u^2 + sigma_v^2) G x - eta sigma_v^2 beta^2 sum chi, G = sum chi x^T. */
  @Test
  void theFirstStepIsLinear() {
    LinearShape shape = LinearShape.limit(D, K).withDeviations(0.8, 0.5).withBias(1.5);
    double eta = 0.4;
    double[] f =
        run(
                training(
                    shape, OutputLoss.SQUARED, DescentRule.plain(eta), TRAIN, 1, Precision.FLOAT64),
                0)
            .outputs();
    double[][] x = points();
    double[][] y = targets(x);
    for (int p = 0; p < POINTS; p++) {
      for (int k = 0; k < K; k++) {
        double expected = 0;
        for (int i = 0; i < TRAIN; i++) {
          double inner = 0;
          for (int j = 0; j < D; j++) {
            inner += x[i][j] * x[p][j];
          }
          double chi = -y[i][k] / TRAIN;
          expected -= eta * chi * ((0.64 + 0.25) * inner + 0.25 * 2.25);
        }
        assertThat(f[p * K + k]).isZero();
        assertThat(f[(POINTS + p) * K + k]).isCloseTo(expected, within(1e-14));
      }
    }
  }

  /** df/dt = -chi sqrt(q^2 (sigma_u^2 + sigma_v^2)^2 + 4 q f^2) of one point, q = |x|^2. */
  @Test
  void onePointFollowsItsEquation() {
    double su = 0.7;
    double sv = 1.1;
    double target = 1.5;
    double eta = 1e-4;
    int steps = 8000;
    double[] x = {0.6, -0.4, 0.9};
    double q = 0.36 + 0.16 + 0.81;
    LinearTraining training =
        new LinearTraining(
            LinearShape.limit(3, 1).withDeviations(su, sv),
            Inputs.of(x, 1, 3),
            Targets.of(new double[] {target}),
            OutputLoss.SQUARED,
            DescentRule.plain(eta),
            new BatchSchedule(1, 1),
            steps,
            Precision.FLOAT64);
    double[] f = run(training, 0).outputs();
    double flow = 0;
    double sum = su * su + sv * sv;
    for (int t = 0; t < steps; t++) {
      double half = flow + eta / 2 * rate(flow, target, q, sum);
      flow += eta * rate(half, target, q, sum);
      assertThat(f[t + 1]).isCloseTo(flow, within(4 * eta));
    }
    assertThat(flow).isGreaterThan(1.0);
  }

  private static double rate(double f, double target, double q, double sum) {
    return -(f - target) * Math.sqrt(q * q * sum * sum + 4 * q * f * f);
  }

  /** Gradient flow conserves A A^T - B B^T; steps of eta leave a drift in proportion. */
  @Test
  void conservesTheImbalanceOfItsLayers() {
    double coarse = imbalanceDrift(0.1, 40);
    double fine = imbalanceDrift(0.01, 400);
    assertThat(coarse).isGreaterThan(1e-4);
    assertThat(coarse / fine).isBetween(8.0, 14.0);
  }

  private static double imbalanceDrift(double eta, int steps) {
    LinearShape shape = LinearShape.limit(D, K);
    DescentRule rule = DescentRule.plain(eta);
    double[][] x = points();
    double[][] y = targets(x);
    try (Backend backend = Backends.cpu();
        Workspace memory =
            new Workspace(
                backend,
                LinearNetwork.plan(shape, rule, Precision.FLOAT64)
                    .add("x", Precision.FLOAT64, TRAIN, D + 1)
                    .add("h", Precision.FLOAT64, TRAIN, D + K)
                    .add("f", Precision.FLOAT64, TRAIN, K))) {
      LinearNetwork network = new LinearNetwork(shape, backend, memory);
      network.draw(0, 0);
      backend.upload(shape.withBiasColumn(flat(Arrays.copyOf(x, TRAIN))), memory.get("x"));
      double[] before = imbalance(network, backend);
      double[] f = new double[TRAIN * K];
      double[] chi = new double[f.length];
      for (int t = 0; t < steps; t++) {
        network.forward(memory.get("x"), memory.get("h"));
        network.outputs(memory.get("h"), memory.get("f"));
        backend.download(memory.get("f"), f);
        OutputLoss.SQUARED.mean(f, flat(y), K, chi);
        backend.upload(chi, memory.get("f"));
        network.backward(memory.get("x"), memory.get("h"), memory.get("f"));
        network.descend(rule);
      }
      double[] after = imbalance(network, backend);
      double drift = 0;
      for (int i = 0; i < after.length; i++) {
        drift = Math.max(drift, Math.abs(after[i] - before[i]));
      }
      return drift;
    }
  }

  private static double[] imbalance(LinearNetwork network, Backend backend) {
    int rows = network.readout().rows();
    try (Matrix c = backend.allocate(Precision.FLOAT64, rows, rows, "imbalance")) {
      backend.syrk(Transpose.NO, 1, network.inputWeights(), 0, c);
      backend.syrk(Transpose.NO, -1, network.readout(), 1, c);
      double[] values = new double[rows * rows];
      backend.download(c, values);
      return values;
    }
  }

  /** E f_0(x)^2 = sigma_u^2 sigma_v^2 |x|^2 / n, over the networks of a width. */
  @Test
  void initialOutputsHaveTheirVariance() {
    int n = 40;
    int networks = 300;
    LinearShape shape = LinearShape.limit(D, K).withDeviations(0.8, 1.2).ofWidth(n);
    LinearTraining training =
        training(shape, OutputLoss.SQUARED, RULE, TRAIN, 0, Precision.FLOAT32);
    double sum = 0;
    double squares = 0;
    try (Backend backend = Backends.cpu()) {
      for (int r = 0; r < networks; r++) {
        double f = training.run(backend, RunControl.silent(), 11, r).orElseThrow().outputs()[0];
        sum += f * f;
        squares += f * f * f * f;
      }
    }
    double mean = sum / networks;
    double error = Math.sqrt((squares / networks - mean * mean) / (networks - 1));
    double q = Arrays.stream(points()[0]).map(v -> v * v).sum();
    assertThat(mean).isCloseTo(0.64 * 1.44 * q / n, within(3.5 * error));
  }

  /** Outputs differ from the limit by n^{-1/2}, up to the error of so many networks. */
  @ParameterizedTest
  @CsvSource({"6,0", "2,0.1"})
  void networksApproachTheLimitAsTheInverseRootOfTheirWidth(int batch, double decay) {
    DescentRule rule = DescentRule.plain(0.3).withWeightDecay(decay);
    LinearShape limit = LinearShape.limit(D, K);
    double[] expected =
        run(training(limit, OutputLoss.CROSS_ENTROPY, rule, batch, 20, Precision.FLOAT64), 0)
            .outputs();
    int[] widths = {64, 512, 4096};
    int networks = 24;
    double[] logs = new double[widths.length];
    double[] variances = new double[widths.length];
    for (int w = 0; w < widths.length; w++) {
      LinearTraining training =
          training(
              limit.ofWidth(widths[w]),
              OutputLoss.CROSS_ENTROPY,
              rule,
              batch,
              20,
              Precision.FLOAT64);
      double sum = 0;
      double squares = 0;
      for (int r = 0; r < networks; r++) {
        double[] f = run(training, r).outputs();
        double error = 0;
        for (int i = 0; i < f.length; i++) {
          error += (f[i] - expected[i]) * (f[i] - expected[i]) / f.length;
        }
        sum += error;
        squares += error * error;
      }
      double mean = sum / networks;
      logs[w] = 0.5 * Math.log(mean);
      variances[w] = (squares / networks - mean * mean) / (networks - 1) / (4 * mean * mean);
    }
    double span = Math.log(widths[2] / (double) widths[0]);
    double slope = (logs[2] - logs[0]) / span;
    double error = Math.sqrt(variances[0] + variances[2]) / span;
    assertThat(error).isLessThan(0.05);
    assertThat(slope).isCloseTo(-0.5, within(3.5 * error));
    double middle = logs[1] - (logs[0] + logs[2]) / 2;
    assertThat(middle)
        .isCloseTo(0, within(3.5 * Math.sqrt(variances[1] + (variances[0] + variances[2]) / 4)));
  }

  @Test
  void floatsFollowDoubles() {
    LinearShape shape = LinearShape.limit(D, K).withBias(0.7).ofWidth(30);
    requireSame(
        run(training(shape, OutputLoss.CROSS_ENTROPY, RULE, 2, 20, Precision.FLOAT32), 1),
        run(training(shape, OutputLoss.CROSS_ENTROPY, RULE, 2, 20, Precision.FLOAT64), 1),
        2e-6);
  }

  @Test
  void refusesShapesThatDoNotFit() {
    assertThatThrownBy(() -> LinearShape.limit(D, K).ofWidth(0))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("widths is 0; use at least 1");
    assertThatThrownBy(
            () ->
                training(
                    LinearShape.limit(D + 1, K), OutputLoss.SQUARED, RULE, 2, 3, Precision.FLOAT64))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("input dimension is 5");
    assertThatThrownBy(() -> DescentRule.plain(0))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("step-size is 0.0; use a positive number");
  }
}
