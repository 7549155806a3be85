package org.richkernel.limit.fewshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.limit.DescentRule;
import org.richkernel.limit.LinearShape;
import org.richkernel.limit.OutputLoss;
import org.richkernel.limit.PlainLinearNetwork;

class LinearLearnerTest {
  private static final int WAYS = 4;
  private static final int SHOTS = 2;
  private static final int SIDE = 2;
  private static final MetaRates RATES = new MetaRates(0.4, 0.3);
  private static final LinearShape LIMIT =
      LinearShape.limit(SIDE * SIDE, WAYS).withDeviations(1.2, 0.5).withBias(0.5);
  private static final ImagePool TRAINING = Small.pool(1, 5, 6, SIDE, true);
  private static final ImagePool EVALUATION = Small.pool(2, 4, 6, SIDE, true);

  private static FewShotOptions options() {
    return Small.options(WAYS, SHOTS, 6);
  }

  /** Mean cross-entropy's derivatives of a network at images that stand class by class. */
  private static double[][] errors(PlainLinearNetwork net, double[][] x, double[] loss) {
    double[][] chi = new double[x.length][WAYS];
    for (int i = 0; i < x.length; i++) {
      double[] y = new double[WAYS];
      y[i * WAYS / x.length] = 1;
      loss[0] += OutputLoss.CROSS_ENTROPY.of(net.outputs(x[i]), y, chi[i]) / x.length;
      for (int k = 0; k < WAYS; k++) {
        chi[i][k] /= x.length;
      }
    }
    return chi;
  }

  private static PlainLinearNetwork adapted(
      PlainLinearNetwork net, ImagePool pool, Task task, int steps) {
    PlainLinearNetwork own = net.copy();
    double[][] support = Small.rows(pool, task, 0, WAYS * SHOTS);
    for (int step = 0; step < steps; step++) {
      double[][] chi = errors(own, support, new double[1]);
      own.descend(own.gradients(support, chi), DescentRule.plain(RATES.inner()));
    }
    return own;
  }

  private static MetaLearner.Step learn(PlainLinearNetwork net, List<Task> tasks) {
    FewShotOptions options = options();
    double[][] sum = null;
    double[] loss = new double[1];
    for (Task task : tasks) {
      PlainLinearNetwork own = adapted(net, TRAINING, task, options.innerSteps());
      double[][] x = Small.rows(TRAINING, task, WAYS * SHOTS, WAYS * options.queries());
      double[][] g = own.gradients(x, errors(own, x, loss));
      if (sum == null) {
        sum = g;
      } else {
        for (int part = 0; part < g.length; part++) {
          for (int i = 0; i < g[part].length; i++) {
            sum[part][i] += g[part][i];
          }
        }
      }
    }
    double norm = net.descend(sum, DescentRule.plain(RATES.meta()).withClip(options.clip()));
    return new MetaLearner.Step(loss[0] / tasks.size(), norm);
  }

  private static double accuracy(PlainLinearNetwork net, Task task) {
    FewShotOptions options = options();
    PlainLinearNetwork own = adapted(net, EVALUATION, task, options.evaluationInnerSteps());
    int queries = WAYS * options.evaluationQueries();
    double[] f = new double[queries * WAYS];
    for (int i = 0; i < queries; i++) {
      double[] now = own.outputs(Small.row(EVALUATION, task, WAYS * SHOTS + i));
      System.arraycopy(now, 0, f, i * WAYS, WAYS);
    }
    return Labels.accuracy(f, queries, WAYS);
  }

  private static void requireSame(LinearShape shape, PlainLinearNetwork net) {
    FewShotOptions options = options();
    LinearModel model = new LinearModel(shape, 3, Precision.FLOAT64);
    TaskSampler trained =
        new TaskSampler(TRAINING, WAYS, SHOTS, options.queries(), 5, TaskSampler.Purpose.TRAINING);
    TaskSampler evaluated =
        new TaskSampler(
            EVALUATION,
            WAYS,
            SHOTS,
            options.evaluationQueries(),
            5,
            TaskSampler.Purpose.EVALUATION);
    try (Backend backend = Backends.cpu();
        Workspace memory = new Workspace(backend, model.plan(options, TRAINING, EVALUATION))) {
      MetaLearner learner = model.start(options, RATES, TRAINING, EVALUATION, backend, memory);
      List<Task> shared = evaluated.tasks(backend, 0, options.evaluationTasks());
      for (int step = 0; step < 8; step++) {
        double[] found = learner.evaluate(shared);
        for (int t = 0; t < found.length; t++) {
          assertThat(found[t]).isEqualTo(accuracy(net, shared.get(t)));
        }
        List<Task> tasks = trained.tasks(backend, step, options.tasks());
        MetaLearner.Step seen = learner.learn(tasks);
        MetaLearner.Step expected = learn(net, tasks);
        assertThat(seen.loss()).isCloseTo(expected.loss(), within(1e-12));
        assertThat(seen.norm()).isCloseTo(expected.norm(), within(1e-12));
      }
    }
  }

  /** A network that is copied for every task and adapted weight by weight. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 8, 40})
  void learnsAsANetworkThatIsCopiedForEveryTask(int width) {
    LinearShape shape = LIMIT.ofWidth(width);
    requireSame(shape, PlainLinearNetwork.drawn(shape, 5, 3));
  }

  /** Columns of a Hadamard matrix as initial weights make eight neurons infinitely many. */
  @Test
  void theLimitLearnsAsANetworkWithOrthogonalColumns() {
    int n = SIDE * SIDE + WAYS;
    double[] omega = new double[n * n];
    for (int i = 0; i < n * n; i++) {
      omega[i] = Integer.bitCount(i / n & i % n) % 2 == 0 ? 1 : -1;
    }
    requireSame(LIMIT, new PlainLinearNetwork(LIMIT, n, omega));
  }

  /** f_Q = -eta (sigma_u^2 + sigma_v^2) x_Q . sum x_S chi; classes in balance leave beta out. */
  @Test
  void theFirstStepOnATaskIsLinear() {
    TaskSampler sampler =
        new TaskSampler(TRAINING, WAYS, SHOTS, 2, 9, TaskSampler.Purpose.TRAINING);
    try (Backend backend = Backends.cpu()) {
      Task task = sampler.tasks(backend, 0, 1).get(0);
      double[][] x = Small.rows(TRAINING, task, 0, WAYS * (SHOTS + 2));
      int support = WAYS * SHOTS;
      double beta = 0.5;
      double[] inner = new double[x.length * support];
      double[] fields = new double[x.length * support];
      for (int i = 0; i < x.length; i++) {
        for (int j = 0; j < support; j++) {
          double product = 0;
          for (int k = 0; k < x[i].length; k++) {
            product += x[i][k] * x[j][k];
          }
          inner[i * support + j] = product + beta * beta;
          fields[i * support + j] = 1.44 * product;
        }
      }
      double[] readout = new double[WAYS * WAYS];
      for (int k = 0; k < WAYS; k++) {
        readout[k * WAYS + k] = 0.25;
      }
      InnerLoop loop = new InnerLoop(support, WAYS);
      InnerLoop.Start start =
          new InnerLoop.Start(inner, fields, new double[x.length * WAYS], readout);
      loop.adapt(start, 0.4, 1);
      double[] f = new double[WAYS * 2 * WAYS];
      loop.outputs(start, support, WAYS * 2, f);
      for (int q = 0; q < WAYS * 2; q++) {
        for (int k = 0; k < WAYS; k++) {
          double expected = 0;
          for (int j = 0; j < support; j++) {
            double chi = (1.0 / WAYS - (j / SHOTS == k ? 1 : 0)) / support;
            double product = inner[(support + q) * support + j] - beta * beta;
            expected -= 0.4 * (1.44 + 0.25) * product * chi;
          }
          assertThat(f[q * WAYS + k]).isCloseTo(expected, within(1e-14));
        }
      }
    }
  }
}
