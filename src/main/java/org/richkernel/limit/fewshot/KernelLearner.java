package org.richkernel.limit.fewshot;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.limit.DescentRule;
import org.richkernel.limit.OutputLoss;
import org.richkernel.solver.SolverState;

/**
 * Meta-learning in the space of a kernel, f(x) = sum_i K(x, x_i) C_i over the images of the
 * training pool. A gradient step against chi at x_i adds -eta chi to C_i; the inner steps of a task
 * are discarded after it. A repeated image adds to its coefficients, so the memory does not grow
 * with the number of steps. The norm of an outer gradient is sqrt(tr D^T K D) of its coefficients
 * D.
 *
 * <p>With C^{(r)}, the coefficients seen by images turned by r, f(R^r x_i) is row i of the table
 * times C^{(r)}; all four lie side by side.
 */
final class KernelLearner implements MetaLearner {
  private static final String TRAINING_TABLE = "kernel, training images";
  private static final String EVALUATION_TABLE = "kernel, evaluation images";

  private final ImageKernel kernel;
  private final FewShotOptions options;
  private final MetaRates rates;
  private final DescentRule rule;
  private final ImagePool training;
  private final ImagePool evaluation;
  private final Backend backend;
  private final Workspace memory;
  private final int support;
  private final int outputs;
  private final int turns;
  private final double[] coefficients; // (images x turns) x K
  private boolean changed = true; // since they were uploaded

  KernelLearner(
      KernelModel model,
      FewShotOptions options,
      MetaRates rates,
      ImagePool training,
      ImagePool evaluation,
      Backend backend,
      Workspace memory) {
    this.kernel = model.kernel();
    this.options = options;
    this.rates = rates;
    this.training = training;
    this.evaluation = evaluation;
    this.backend = backend;
    this.memory = memory;
    rule = DescentRule.plain(rates.meta()).withClip(options.clip());
    support = options.support();
    outputs = options.ways();
    turns = training.rotations();
    coefficients = new double[training.images() * turns * outputs];
    KernelTable.uploadCentres(kernel, training, backend, memory);
    KernelTable.fill(kernel, training, TRAINING_TABLE, backend, memory);
    KernelTable.fill(kernel, evaluation, EVALUATION_TABLE, backend, memory);
  }

  static MemoryPlan plan(FewShotOptions options, ImagePool training, ImagePool evaluation) {
    int capacity = options.capacity();
    int columns = training.images() * training.rotations();
    int blocks = training.rotations() * options.ways();
    MemoryPlan plan =
        new MemoryPlan()
            .add("coefficients", Precision.FLOAT32, columns, blocks)
            .add("kernel rows", Precision.FLOAT32, capacity, columns)
            .add("outputs", Precision.FLOAT32, capacity, blocks)
            .add("images", Precision.FLOAT64, capacity, training.pixels() + 1)
            .add("kernel of a batch", Precision.FLOAT64, capacity, capacity)
            .add("inner products", Precision.FLOAT64, capacity, capacity)
            .add("slopes", Precision.FLOAT64, capacity, capacity)
            .add("row variance", Precision.FLOAT64, capacity, 1)
            .add("column variance", Precision.FLOAT64, capacity, 1);
    KernelTable.plan(plan, TRAINING_TABLE, training, training);
    KernelTable.plan(plan, EVALUATION_TABLE, evaluation, training);
    KernelTable.planScratch(plan, training);
    return plan.addHost(
        (long) columns * (Double.BYTES * options.ways() + (long) Float.BYTES * blocks)
            + (long) Double.BYTES * capacity * capacity);
  }

  /**
   * Outputs and kernel of a batch before its inner loops; images task by task.
   *
   * @param initial f, n x K
   * @param products K between all images, n x n
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Batch(double[] initial, double[] products, int images) {}

  private Batch forward(ImagePool pool, String table, List<Task> tasks) {
    int perTask = tasks.get(0).images().length;
    int all = tasks.size() * perTask;
    int columns = pool.pixels() + 1;
    float[] rows = new float[all * columns];
    Matrix kernelRows = memory.get("kernel rows").rowRange(0, all);
    for (int i = 0; i < all; i++) {
      Task task = tasks.get(i / perTask);
      int image = task.images()[i % perTask];
      pool.copy(image, task.rotations()[i % perTask], rows, i * columns);
      rows[(i + 1) * columns - 1] = kernel.biasInput();
      backend.copy(memory.get(table).rowRange(image, 1), kernelRows.rowRange(i, 1));
    }
    uploadCoefficients();
    Matrix f = memory.get("outputs").rowRange(0, all);
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernelRows, memory.get("coefficients"), 0, f);
    double[] turned = new double[Math.toIntExact(f.size())];
    backend.download(f, turned);
    double[] initial = new double[all * outputs];
    for (int i = 0; i < all; i++) {
      int turn = tasks.get(i / perTask).rotations()[i % perTask];
      System.arraycopy(turned, (i * turns + turn) * outputs, initial, i * outputs, outputs);
    }
    Matrix x = memory.get("images").rowRange(0, all);
    Matrix k = memory.get("kernel of a batch").view(0, all, 0, all);
    backend.upload(rows, x);
    kernel.evaluate(
        backend,
        x,
        x,
        k,
        new ImageKernel.Scratch(
            memory.get("inner products"),
            memory.get("slopes"),
            memory.get("row variance"),
            memory.get("column variance")));
    double[] products = new double[all * all];
    backend.download(k, products);
    return new Batch(initial, products, all);
  }

  /** Row j R + u of block r is C of image j turned by u + r. */
  private void uploadCoefficients() {
    if (!changed) {
      return;
    }
    float[] all = new float[coefficients.length * turns];
    for (int j = 0; j < training.images(); j++) {
      for (int u = 0; u < turns; u++) {
        for (int r = 0; r < turns; r++) {
          int from = (j * turns + (u + r) % turns) * outputs;
          int to = ((j * turns + u) * turns + r) * outputs;
          for (int l = 0; l < outputs; l++) {
            all[to + l] = (float) coefficients[from + l];
          }
        }
      }
    }
    backend.upload(all, memory.get("coefficients"));
    changed = false;
  }

  /**
   * Steps on a task.
   *
   * @param first row of the task in the batch
   * @param queries number of queries, which follow the support images
   * @return outputs of the queries, q x K
   */
  private double[] adapt(Batch batch, int first, int queries, int steps) {
    double[] added = new double[support * outputs];
    double[] f = new double[support * outputs];
    double[] chi = new double[support * outputs];
    double[] targets = Labels.oneHot(support, outputs);
    for (int step = 0; step < steps; step++) {
      outputs(batch, first, first, support, added, f);
      OutputLoss.CROSS_ENTROPY.mean(f, targets, outputs, chi);
      for (int i = 0; i < added.length; i++) {
        added[i] -= rates.inner() * chi[i];
      }
    }
    double[] logits = new double[queries * outputs];
    outputs(batch, first, first + support, queries, added, logits);
    return logits;
  }

  private void outputs(
      Batch batch, int task, int first, int count, double[] added, double[] target) {
    for (int i = 0; i < count; i++) {
      for (int l = 0; l < outputs; l++) {
        double sum = batch.initial()[(first + i) * outputs + l];
        for (int j = 0; j < support; j++) {
          sum += batch.products()[(first + i) * batch.images() + task + j] * added[j * outputs + l];
        }
        target[i * outputs + l] = sum;
      }
    }
  }

  @Override
  public Step learn(List<Task> tasks) {
    int queries = options.ways() * options.queries();
    int perTask = support + queries;
    Batch batch = forward(training, TRAINING_TABLE, tasks);
    double[] gradient = new double[batch.images() * outputs]; // zero at supports
    double[] targets = Labels.oneHot(queries, outputs);
    double[] chi = new double[queries * outputs];
    double loss = 0;
    for (int t = 0; t < tasks.size(); t++) {
      double[] logits = adapt(batch, t * perTask, queries, options.innerSteps());
      loss += OutputLoss.CROSS_ENTROPY.mean(logits, targets, outputs, chi) / tasks.size();
      System.arraycopy(chi, 0, gradient, (t * perTask + support) * outputs, chi.length);
    }
    double norm = norm(batch, gradient);
    double step = rates.meta() * rule.shrinking(norm);
    for (int i = 0; i < batch.images(); i++) {
      Task task = tasks.get(i / perTask);
      int centre = task.images()[i % perTask] * turns + task.rotations()[i % perTask];
      for (int l = 0; l < outputs; l++) {
        coefficients[centre * outputs + l] -= step * gradient[i * outputs + l];
      }
    }
    changed = true;
    return new Step(loss, norm);
  }

  /** sqrt(tr D^T K D) of coefficients D at the images of a batch. */
  private double norm(Batch batch, double[] gradient) {
    double sum = 0;
    for (int i = 0; i < batch.images(); i++) {
      for (int j = 0; j < batch.images(); j++) {
        double inner = 0;
        for (int l = 0; l < outputs; l++) {
          inner += gradient[i * outputs + l] * gradient[j * outputs + l];
        }
        sum += inner == 0 ? 0 : inner * batch.products()[i * batch.images() + j];
      }
    }
    return Math.sqrt(sum);
  }

  @Override
  public double[] evaluate(List<Task> tasks) {
    int queries = options.ways() * options.evaluationQueries();
    double[] accuracies = new double[tasks.size()];
    for (int first = 0; first < tasks.size(); first += options.evaluationBatch()) {
      int count = Math.min(options.evaluationBatch(), tasks.size() - first);
      Batch batch = forward(evaluation, EVALUATION_TABLE, tasks.subList(first, first + count));
      for (int t = 0; t < count; t++) {
        double[] logits =
            adapt(batch, t * (support + queries), queries, options.evaluationInnerSteps());
        accuracies[first + t] = Labels.accuracy(logits, queries, outputs);
      }
    }
    return accuracies;
  }

  /** C, (images x turns) x K. */
  double[] coefficients() {
    return coefficients;
  }

  @Override
  public void save(SolverState state) {
    state.put("coefficients", coefficients.clone());
  }

  @Override
  public void restore(SolverState state) {
    System.arraycopy(state.doubles("coefficients"), 0, coefficients, 0, coefficients.length);
    changed = true;
  }
}
