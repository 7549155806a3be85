package org.richkernel.limit.fewshot;

import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.limit.DescentRule;
import org.richkernel.limit.LinearNetwork;
import org.richkernel.limit.LinearShape;
import org.richkernel.limit.OutputLoss;
import org.richkernel.solver.SolverState;

/**
 * Meta-learning of a one-hidden-layer linear network. One product with A computes the fields of all
 * images of a batch, without a copy of A for each task: see {@link InnerLoop}. The outer gradient
 * is one product,
 *
 * <pre>
 *   dA = sum_tasks B' chi_Q^T x_Q = [B'_1 .. B'_T] [chi_Q^T x_Q]_1..T
 *   dB = sum_tasks h'_Q^T chi_Q
 * </pre>
 *
 * <p>Supports of all tasks come first among the rows of a batch, then queries of all tasks. Cost of
 * a meta-step with n images in T tasks of K classes: 2 n H d flops forward and 2 T K H d back.
 */
final class LinearLearner implements MetaLearner {
  private final LinearShape shape;
  private final FewShotOptions options;
  private final MetaRates rates;
  private final DescentRule rule;
  private final ImagePool training;
  private final ImagePool evaluation;
  private final Backend backend;
  private final Workspace memory;
  private final LinearNetwork network;
  private final InnerLoop loop;
  private final int support; // s, images of a task that it learns from
  private final int outputs; // K
  private final float[] rows; // images of a batch with their bias column
  private final double[] inner;
  private final double[] fields;
  private final double[] initial;
  private final double[] readout;

  LinearLearner(
      LinearModel model,
      FewShotOptions options,
      MetaRates rates,
      ImagePool training,
      ImagePool evaluation,
      Backend backend,
      Workspace memory) {
    this.shape = model.shape();
    this.options = options;
    this.rates = rates;
    this.training = training;
    this.evaluation = evaluation;
    this.backend = backend;
    this.memory = memory;
    rule = rule(options, rates.meta());
    network = new LinearNetwork(shape, backend, memory);
    network.draw(options.seed(), model.repeat());
    support = options.support();
    outputs = options.ways();
    loop = new InnerLoop(support, outputs);
    rows = new float[options.capacity() * shape.columns()];
    inner = new double[options.capacity() * support];
    fields = new double[options.capacity() * support];
    initial = new double[options.capacity() * outputs];
    readout = new double[outputs * outputs];
  }

  private static DescentRule rule(FewShotOptions options, double rate) {
    return DescentRule.plain(rate).withClip(options.clip());
  }

  static MemoryPlan plan(LinearShape shape, FewShotOptions options, Precision precision) {
    int capacity = options.capacity();
    int supports = Math.max(options.tasks(), options.evaluationBatch()) * options.support();
    int pulls = options.tasks() * options.ways();
    MemoryPlan plan =
        LinearNetwork.plan(shape, rule(options, 1), precision)
            .add("images", precision, capacity, shape.columns())
            .add("fields", precision, capacity, shape.rows())
            .add("inner products", precision, capacity, options.support())
            .add("field products", precision, capacity, options.support())
            .add("outputs", precision, capacity, options.ways())
            .add("readout products", precision, options.ways(), options.ways())
            .add("adapted readouts", precision, pulls, shape.rows())
            .add("shares of supports", precision, pulls, options.tasks() * options.support())
            .add("shares of the readout", precision, pulls, options.ways())
            .add("outer pulls", precision, pulls, queries(options))
            .add("pulled images", precision, pulls, shape.columns())
            .add("pulls on fields", precision, options.batchImages(), options.ways());
    if (shape.hasMetric()) {
      plan.add("supports through the metric", precision, supports, shape.rows());
    }
    return plan.addHost(
        (long) capacity
            * ((long) Float.BYTES * shape.columns()
                + Double.BYTES * (2L * options.support() + options.ways())));
  }

  /** Queries of a batch of training tasks. */
  private static int queries(FewShotOptions options) {
    return options.tasks() * options.ways() * options.queries();
  }

  @Override
  public Step learn(List<Task> tasks) {
    int queries = options.ways() * options.queries();
    int count = tasks.size();
    Batch batch = forward(training, tasks, queries);
    double[] pulls = new double[count * outputs * count * queries];
    double[] supportShares = new double[count * outputs * count * support];
    double[] readoutShares = new double[count * outputs * outputs];
    double[] onFields = new double[count * (support + queries) * outputs];
    double[] onReadout = new double[outputs * outputs];
    double[] bySupport = new double[support * outputs];
    double[] logits = new double[queries * outputs];
    double[] chi = new double[queries * outputs];
    double[] targets = Labels.oneHot(queries, outputs);
    double loss = 0;
    for (int t = 0; t < count; t++) {
      InnerLoop.Start start = batch.start(t);
      loop.adapt(start, rates.inner(), options.innerSteps());
      loop.outputs(start, support, queries, logits);
      loss += OutputLoss.CROSS_ENTROPY.mean(logits, targets, outputs, chi) / count;
      loop.pullBack(start.inner(), queries, chi, onReadout, bySupport);
      System.arraycopy(bySupport, 0, onFields, t * support * outputs, bySupport.length);
      System.arraycopy(chi, 0, onFields, (count * support + t * queries) * outputs, chi.length);
      for (int k = 0; k < outputs; k++) {
        int row = t * outputs + k;
        for (int q = 0; q < queries; q++) {
          pulls[row * count * queries + t * queries + q] = chi[q * outputs + k];
        }
        for (int i = 0; i < support; i++) {
          supportShares[row * count * support + t * support + i] =
              loop.supportShare()[i * outputs + k];
        }
        for (int l = 0; l < outputs; l++) {
          readoutShares[row * outputs + l] = loop.readoutShare()[l * outputs + k];
        }
      }
    }
    outerGradient(count, queries, pulls, supportShares, readoutShares, onFields, onReadout);
    return new Step(loss, network.descend(rule));
  }

  private void outerGradient(
      int count,
      int queries,
      double[] pulls,
      double[] supportShares,
      double[] readoutShares,
      double[] onFields,
      double[] onReadout) {
    int supports = count * support;
    int all = supports + count * queries;
    Matrix adapted = memory.get("adapted readouts").rowRange(0, count * outputs);
    Matrix pulled = memory.get("pulled images").rowRange(0, count * outputs);
    Matrix x = memory.get("images");
    Matrix h = memory.get("fields");
    // B'^T = C^T h_S + P^T B^T of every task
    multiply(
        uploaded("shares of supports", supportShares, count * outputs, supports),
        h.rowRange(0, supports),
        0,
        adapted);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        uploaded("shares of the readout", readoutShares, count * outputs, outputs),
        network.readout(),
        1,
        adapted);
    multiply(
        uploaded("outer pulls", pulls, count * outputs, count * queries),
        x.rowRange(supports, count * queries),
        0,
        pulled);
    backend.gemm(Transpose.YES, Transpose.NO, 1, adapted, pulled, 0, network.inputGradient());
    Matrix share = uploaded("readout products", onReadout, outputs, outputs);
    multiply(network.readout(), share, 0, network.readoutGradient());
    backend.gemm(
        Transpose.YES,
        Transpose.NO,
        1,
        h.rowRange(0, all),
        uploaded("pulls on fields", onFields, all, outputs),
        1,
        network.readoutGradient());
  }

  private void multiply(Matrix a, Matrix b, double beta, Matrix c) {
    backend.gemm(Transpose.NO, Transpose.NO, 1, a, b, beta, c);
  }

  private Matrix uploaded(String label, double[] values, int rowCount, int columns) {
    Matrix target = memory.get(label).view(0, rowCount, 0, columns);
    backend.upload(values, target);
    return target;
  }

  /** Products of a batch, on the host; task t has supports from t s, queries from T s + t q. */
  private final class Batch {
    private final int tasks;
    private final int queries;

    Batch(int tasks, int queries) {
      this.tasks = tasks;
      this.queries = queries;
    }

    InnerLoop.Start start(int t) {
      return new InnerLoop.Start(
          rowsOf(inner, support, t),
          rowsOf(fields, support, t),
          rowsOf(initial, outputs, t),
          readout);
    }

    private double[] rowsOf(double[] values, int columns, int t) {
      double[] own = new double[(support + queries) * columns];
      int queryRow = tasks * support + t * queries;
      System.arraycopy(values, t * support * columns, own, 0, support * columns);
      System.arraycopy(values, queryRow * columns, own, support * columns, queries * columns);
      return own;
    }
  }

  private Batch forward(ImagePool pool, List<Task> tasks, int queries) {
    int count = tasks.size();
    int supports = count * support;
    int all = count * (support + queries);
    Arrays.fill(rows, 0, all * shape.columns(), (float) shape.bias());
    for (int t = 0; t < count; t++) {
      Task task = tasks.get(t);
      for (int i = 0; i < support + queries; i++) {
        int row = i < support ? t * support + i : supports + t * queries + i - support;
        pool.copy(task.images()[i], task.rotations()[i], rows, row * shape.columns());
      }
    }
    Matrix x = memory.get("images").rowRange(0, all);
    Matrix h = memory.get("fields").rowRange(0, all);
    backend.upload(Arrays.copyOf(rows, all * shape.columns()), x);
    network.forward(x, h);
    network.outputs(h, memory.get("outputs").rowRange(0, all));
    Matrix hs = h.rowRange(0, supports);
    if (memory.holds("supports through the metric")) {
      hs =
          network.throughMetric(
              hs, memory.get("supports through the metric").rowRange(0, supports));
    }
    for (int t = 0; t < count; t++) {
      int queryRow = supports + t * queries;
      Matrix xt = x.rowRange(t * support, support);
      Matrix ht = hs.rowRange(t * support, support);
      products(x, xt, memory.get("inner products"), t * support, queryRow, queries);
      products(h, ht, memory.get("field products"), t * support, queryRow, queries);
    }
    backend.gemm(
        Transpose.YES,
        Transpose.NO,
        1,
        network.readout(),
        network.outputWeights(),
        0,
        memory.get("readout products"));
    download("inner products", all, inner);
    download("field products", all, fields);
    download("outputs", all, initial);
    backend.download(memory.get("readout products"), readout);
    return new Batch(count, queries);
  }

  private void products(
      Matrix of, Matrix with, Matrix target, int supportRow, int queryRow, int queries) {
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        of.rowRange(supportRow, support),
        with,
        0,
        target.rowRange(supportRow, support));
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        of.rowRange(queryRow, queries),
        with,
        0,
        target.rowRange(queryRow, queries));
  }

  private void download(String label, int count, double[] target) {
    Matrix source = memory.get(label).rowRange(0, count);
    double[] values = new double[Math.toIntExact(source.size())];
    backend.download(source, values);
    System.arraycopy(values, 0, target, 0, values.length);
  }

  @Override
  public double[] evaluate(List<Task> tasks) {
    int queries = options.ways() * options.evaluationQueries();
    double[] accuracies = new double[tasks.size()];
    double[] logits = new double[queries * outputs];
    for (int first = 0; first < tasks.size(); first += options.evaluationBatch()) {
      int count = Math.min(options.evaluationBatch(), tasks.size() - first);
      Batch batch = forward(evaluation, tasks.subList(first, first + count), queries);
      for (int t = 0; t < count; t++) {
        InnerLoop.Start start = batch.start(t);
        loop.adapt(start, rates.inner(), options.evaluationInnerSteps());
        loop.outputs(start, support, queries, logits);
        accuracies[first + t] = Labels.accuracy(logits, queries, outputs);
      }
    }
    return accuracies;
  }

  /** The network, for tests. */
  LinearNetwork network() {
    return network;
  }

  @Override
  public void save(SolverState state) {
    network.save(state);
  }

  @Override
  public void restore(SolverState state) {
    network.restore(state);
  }
}
