package org.richkernel.limit.fewshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Workspace;
import org.richkernel.limit.OutputLoss;

class KernelLearnerTest {
  private static final int WAYS = 3;
  private static final int SHOTS = 2;
  private static final MetaRates RATES = new MetaRates(0.3, 0.2);

  /** A function as a list of centres that grows with every step, by closed forms. */
  private static final class Growing {
    private final ImageKernel kernel;
    private final List<double[]> centres = new ArrayList<>();
    private final List<double[]> coefficients = new ArrayList<>();

    Growing(ImageKernel kernel) {
      this.kernel = kernel;
    }

    Growing copy() {
      Growing copy = new Growing(kernel);
      copy.centres.addAll(centres);
      copy.coefficients.addAll(coefficients);
      return copy;
    }

    void add(double[] x, double[] chi, double rate) {
      double[] c = new double[WAYS];
      for (int k = 0; k < WAYS; k++) {
        c[k] = -rate * chi[k];
      }
      centres.add(x);
      coefficients.add(c);
    }

    double[] outputs(double[] x) {
      double[] f = new double[WAYS];
      for (int i = 0; i < centres.size(); i++) {
        double value = value(x, centres.get(i));
        for (int k = 0; k < WAYS; k++) {
          f[k] += value * coefficients.get(i)[k];
        }
      }
      return f;
    }

    /** s s' / (2 pi) [sqrt(1 - q^2) + (pi - arccos q) q], and the layer below it for the NTK. */
    double value(double[] x, double[] y) {
      double s = Math.sqrt(kernel.weightVariance() * dot(x, x) + kernel.biasVariance());
      double t = Math.sqrt(kernel.weightVariance() * dot(y, y) + kernel.biasVariance());
      double q =
          Math.min(1, (kernel.weightVariance() * dot(x, y) + kernel.biasVariance()) / (s * t));
      double angle = Math.PI - Math.acos(q);
      double nngp = s * t / (2 * Math.PI) * (Math.sqrt(1 - q * q) + angle * q);
      return kernel.kind() == ImageKernel.Kind.NNGP
          ? nngp
          : nngp + kernel.readoutVariance() * dot(x, y) * angle / (2 * Math.PI);
    }

    private static double dot(double[] x, double[] y) {
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        sum += x[i] * y[i];
      }
      return sum;
    }
  }

  private static double[][] errors(Growing f, double[][] x, double[] loss) {
    double[][] chi = new double[x.length][WAYS];
    for (int i = 0; i < x.length; i++) {
      double[] y = new double[WAYS];
      y[i * WAYS / x.length] = 1;
      loss[0] += OutputLoss.CROSS_ENTROPY.of(f.outputs(x[i]), y, chi[i]) / x.length;
      for (int k = 0; k < WAYS; k++) {
        chi[i][k] /= x.length;
      }
    }
    return chi;
  }

  private static Growing adapted(Growing f, ImagePool pool, Task task, int steps) {
    Growing own = f.copy();
    double[][] support = Small.rows(pool, task, 0, WAYS * SHOTS);
    for (int step = 0; step < steps; step++) {
      double[][] chi = errors(own, support, new double[1]);
      for (int i = 0; i < support.length; i++) {
        own.add(support[i], chi[i], RATES.inner());
      }
    }
    return own;
  }

  private static MetaLearner.Step learn(
      Growing f, ImagePool pool, List<Task> tasks, FewShotOptions options) {
    List<double[]> centres = new ArrayList<>();
    List<double[]> deltas = new ArrayList<>();
    double[] loss = new double[1];
    for (Task task : tasks) {
      Growing own = adapted(f, pool, task, options.innerSteps());
      double[][] x = Small.rows(pool, task, WAYS * SHOTS, WAYS * options.queries());
      double[][] chi = errors(own, x, loss);
      centres.addAll(List.of(x));
      deltas.addAll(List.of(chi));
    }
    double square = 0;
    for (int i = 0; i < centres.size(); i++) {
      for (int j = 0; j < centres.size(); j++) {
        square +=
            Growing.dot(deltas.get(i), deltas.get(j)) * f.value(centres.get(i), centres.get(j));
      }
    }
    double norm = Math.sqrt(square);
    double rate = RATES.meta() * Math.min(1, options.clip() / (norm + 1e-6));
    for (int i = 0; i < centres.size(); i++) {
      f.add(centres.get(i), deltas.get(i), rate);
    }
    return new MetaLearner.Step(loss[0] / tasks.size(), norm);
  }

  private static double[] logits(Growing f, ImagePool pool, Task task, FewShotOptions options) {
    Growing own = adapted(f, pool, task, options.evaluationInnerSteps());
    int queries = WAYS * options.evaluationQueries();
    double[] all = new double[queries * WAYS];
    for (int i = 0; i < queries; i++) {
      double[] now = own.outputs(Small.row(pool, task, WAYS * SHOTS + i));
      System.arraycopy(now, 0, all, i * WAYS, WAYS);
    }
    return all;
  }

  /** Merged centres, tables of turned images and float32 against a list that only grows. */
  @ParameterizedTest
  @EnumSource(ImageKernel.Kind.class)
  void learnsAsAListOfCentresDoes(ImageKernel.Kind kind) {
    FewShotOptions options = Small.options(WAYS, SHOTS, 6);
    ImagePool training = Small.pool(3, 2, 5, 3, true);
    ImagePool evaluation = Small.pool(4, 2, 6, 3, true);
    KernelModel model = new KernelModel(new ImageKernel(kind, 1.3, 0.6, 0.8));
    Growing growing = new Growing(model.kernel());
    TaskSampler trained =
        new TaskSampler(training, WAYS, SHOTS, 2, 5, TaskSampler.Purpose.TRAINING);
    TaskSampler evaluated =
        new TaskSampler(evaluation, WAYS, SHOTS, 3, 5, TaskSampler.Purpose.EVALUATION);
    try (Backend backend = Backends.cpu();
        Workspace memory = new Workspace(backend, model.plan(options, training, evaluation))) {
      MetaLearner learner = model.start(options, RATES, training, evaluation, backend, memory);
      List<Task> shared = evaluated.tasks(backend, 0, options.evaluationTasks());
      for (int step = 0; step < 12; step++) {
        double[] found = learner.evaluate(shared);
        for (int t = 0; t < found.length; t++) {
          double[] f = logits(growing, evaluation, shared.get(t), options);
          assertThat(found[t]).isEqualTo(Labels.accuracy(f, f.length / WAYS, WAYS));
        }
        List<Task> tasks = trained.tasks(backend, step, options.tasks());
        MetaLearner.Step seen = learner.learn(tasks);
        MetaLearner.Step expected = learn(growing, training, tasks, options);
        assertThat(seen.loss()).isCloseTo(expected.loss(), within(1e-6));
        assertThat(seen.norm()).isCloseTo(expected.norm(), within(1e-6));
      }
      // 96 queries have come to 40 images
      assertThat(growing.centres).hasSize(12 * 4 * WAYS * 2);
      assertThat(((KernelLearner) learner).coefficients()).hasSize(2 * 5 * 4 * WAYS);
    }
  }
}
