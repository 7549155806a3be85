package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.Conditions;
import org.richkernel.stack.DualReadout;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.LayerFields;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.MovingFields;
import org.richkernel.stack.PointRows;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.SampleGramReadout;
import org.richkernel.stack.SampleReadout;

/**
 * The density of {@link PrimalPosterior} for more points than samples: the readout is integrated
 * out by {@link DualReadout}, layers above the first have weights, and nothing of size P x P is
 * held. Fields have a row for each point (P x S), so that sums over points are Gram matrices:
 * float32 products, float64 sums.
 *
 * <p>Cost of an evaluation that moves n of S samples of one hidden layer: 4 n P r + 2 n S P + 4 S P
 * K + S^3 / 3 flops, and S^2 P in place of 2 n S P where all move; 6 S^2 P for each layer above.
 */
final class DualPosterior extends StackPosterior {
  private final FieldShape shape;
  private final PosteriorParameters parameters;
  private final PointRows rows;
  private final DualReadout solver;
  private final Matrix reference; // vectors whose images under kernels are measured, P x K
  private final Matrix failures; // of a factorization that belongs to no trajectory
  private final Map<Integer, SampleReadout> readouts = new HashMap<>();

  private @Nullable FieldPopulation resident; // whose phi is held
  private @Nullable Block unsettled; // whose phi is that of a position not accepted
  private SampleReadout readout; // of the population

  /**
   * A posterior of one hidden layer.
   *
   * @param y targets, row-major P x K
   * @param samples S of each size of population, the largest first
   * @param blockRows rows of the largest block
   */
  DualPosterior(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int[] samples,
      int blockRows) {
    this(backend, NetworkSpec.of(1, activation), input, y, parameters, samples, blockRows);
  }

  /**
   * @param y targets, row-major P x K
   * @param samples S of each size of population, the largest first
   * @param blockRows rows of the largest block; S where there are several layers
   */
  DualPosterior(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int[] samples,
      int blockRows) {
    super(backend, planned(network, input, y.length / input.points(), samples, blockRows), input);
    shape = FieldShape.of(network, input.rank(), input.points(), FieldForm.WEIGHTS);
    this.parameters = parameters;
    rows = new PointRows(backend, network, shape, memory());
    solver =
        new DualReadout(
            backend, memory(), parameters, y, record().potential(), record().failures());
    reference = memory().get("reference");
    failures = memory().get("failures");
    for (int s : samples) {
      readouts.put(s, new SampleReadout(backend, memory(), s));
    }
    readout = readouts.get(samples[0]);
  }

  private static MemoryPlan planned(
      NetworkSpec network, InputFactor input, int outputs, int[] samples, int blockRows) {
    MemoryPlan plan = new MemoryPlan();
    FieldShape shape = FieldShape.of(network, input.rank(), input.points(), FieldForm.WEIGHTS);
    plan(plan, shape, outputs, samples, blockRows);
    return plan;
  }

  /** Adds the scratch shared by all populations to a plan. */
  static void plan(MemoryPlan plan, FieldShape shape, int outputs, int[] samples, int blockRows) {
    TrajectoryRecord.plan(plan);
    DualReadout.plan(plan, shape.points(), outputs);
    PointRows.plan(plan, shape, samples[0], blockRows);
    plan.add("reference", Precision.FLOAT32, shape.points(), outputs)
        .add("failures", Precision.FLOAT64, 1, 1)
        .add("no samples", Precision.FLOAT32, 0, samples[0]);
    for (int s : samples) {
      SampleReadout.plan(plan, s, outputs);
    }
  }

  @Override
  Block block(int samples, int first, int count) {
    SampleReadout own = readouts.get(samples);
    if (own == null) {
      throw new IllegalArgumentException(samples + " samples were not planned");
    }
    MovingFields fields = MovingFields.of(memory(), count, shape.widths(samples));
    List<LayerFields> layers = rows.layers(first, count);
    SampleGramReadout top =
        new SampleGramReadout(
            backend(),
            solver,
            own,
            rows.phi(layers(), samples),
            first,
            count,
            layers.get(0).panels(),
            rows.pull(count));
    return new Block(
        samples,
        fields,
        new LayerStack(layers, rows.input(fields, layers), rows.links(fields, layers), top));
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    cut(samples, blocks);
    return FieldPopulation.dual(
        backend(), samples, blocks, shape, shape.points(), solver.targets().columns());
  }

  @Override
  public void use(FieldPopulation next) {
    choose(next);
    if (resident == next) {
      return;
    }
    resident = null;
    unsettled = null;
    // a single block gets its phi where its move begins
    if (blocks() > 1) {
      forward(next);
    }
  }

  @Override
  void prepare(Block block) {
    super.prepare(block);
    readout = readouts.get(block.samples());
  }

  @Override
  public int layers() {
    return shape.layers();
  }

  /** phi of all samples of a population. */
  private void forward(FieldPopulation next) {
    for (int b = 0; b < next.blocks(); b++) {
      select(b);
      fetch();
      moving().stack().activations();
    }
    resident = next;
    unsettled = null;
  }

  @Override
  public void refresh(FieldPopulation next) {
    choose(next);
    backend().exactly(this::gather);
    next.setPotential(record().require());
    save(next);
  }

  private void gather() {
    forward(population());
    Matrix phi = rows.phi(layers(), samples());
    backend().gram(1, phi, 0, readout.gram());
    backend().crossGram(1, phi, solver.targetsSingle(), 0, readout.image());
    record().start();
    solve();
  }

  private void solve() {
    solver.solve(readout, rows.phi(layers(), samples()));
    record().note();
  }

  @Override
  void save(FieldPopulation into) {
    backend().copy(readout.gram(), into.kernel());
    backend().copy(readout.image(), into.image());
    backend().copy(readout.weights(), into.weights());
    backend().copy(solver.dual(), into.dual());
  }

  @Override
  public void setConditions(Conditions next) {
    if (solver.setConditions(next)) {
      forgetSteps();
    }
  }

  /** |b_s|^2 of a sample against that of all. */
  @Override
  public double largestShare(FieldPopulation of) {
    int outputs = solver.targets().columns();
    double[] b = new double[of.samples() * outputs];
    backend().download(of.image(), b);
    double largest = 0;
    double sum = 0;
    for (int s = 0; s < of.samples(); s++) {
      double square = 0;
      for (int k = 0; k < outputs; k++) {
        square += b[s * outputs + k] * b[s * outputs + k];
      }
      largest = Math.max(largest, square);
      sum += square;
    }
    return sum == 0 ? 0 : largest / sum;
  }

  @Override
  public void begin(int block) {
    if (unsettled != cut().get(block)) {
      settle();
    }
    unsettled = null;
    select(block);
    beginSteps(0);
    backend().exactly(this::beginBlock);
  }

  private void beginBlock() {
    fetch();
    moving().stack().activations();
    resident = population();
    backend().copy(population().kernel(), readout.gram());
    backend().copy(population().image(), readout.image());
    record().start();
    if (parameters.hasDeterminant()) {
      solve();
    }
    readout.setWeights(population().weights());
    backend().copy(population().dual(), solver.dual());
    record().note(population().potential());
    moving().stack().pull();
  }

  /** phi of the rows of a move that was refused, as they are. */
  private void settle() {
    if (unsettled != null) {
      select(cut().indexOf(unsettled));
      fetch();
      moving().stack().activations();
      unsettled = null;
    }
  }

  @Override
  public void evaluate() {
    unsettled = moving();
    super.evaluate();
  }

  @Override
  public void evaluateAtEnd() {
    unsettled = moving();
    super.evaluateAtEnd();
  }

  @Override
  public void accept() {
    if (blocks() > 1) {
      try (Matrix none = memory().get("no samples").view(0, 0, 0, samples())) {
        backend().mirroredCrossGram(1, none, none, 1, readout.gram());
      }
    }
    super.accept();
    unsettled = null;
  }

  /** G and b of the layers below the last, which moves of weights leave as they were. */
  @Override
  public void complete(FieldPopulation of) {
    if (layers() == 1) {
      return;
    }
    hold(of);
    for (int l = 1; l < layers(); l++) {
      Matrix phi = rows.phi(l, of.samples());
      backend().gram(1, phi, 0, of.kernel(l));
      backend().crossGram(1, phi, solver.targetsSingle(), 0, of.image(l));
    }
  }

  /** Makes phi of all layers that of a population. */
  private void hold(FieldPopulation of) {
    choose(of);
    if (resident == of) {
      settle();
    } else {
      forward(of);
    }
  }

  /** Sets the vectors u of {@link #kernelImage}, row-major P x K. */
  void setReference(double[] u) {
    backend().upload(u, reference);
  }

  /** g Phi u of a population, row-major P x K. */
  double[] kernelImage(FieldPopulation of) {
    hold(of);
    double[] image = new double[Math.toIntExact(solver.dual().size())];
    solver.multiplyByGram(readout, rows.phi(layers(), samples()), reference);
    backend().scale(parameters.readoutVariance() / samples(), solver.dual());
    backend().download(solver.dual(), image);
    return image;
  }

  /** Makes phi that of fields on the host, row-major S x (columns of the fields); returns S. */
  private int hold(float[] fields) {
    int samples = shape.samplesOf(fields.length, readouts.keySet());
    resident = null;
    unsettled = null;
    int first = 0;
    for (Block block : turnTo(samples)) {
      Matrix position = block.fields().position();
      int count = Math.toIntExact(position.size());
      backend().upload(Arrays.copyOfRange(fields, first, first + count), position);
      block.stack().activations();
      first += count;
    }
    return samples;
  }

  /** phi of layers 1 to L of fields on the host, P x S, until something else is computed. */
  List<Matrix> activations(float[] fields) {
    int samples = hold(fields);
    List<Matrix> phi = new ArrayList<>();
    for (int l = 1; l <= layers(); l++) {
      phi.add(rows.phi(l, samples));
    }
    return phi;
  }

  /**
   * Applies the kernel of fields on the host to some vectors: sums_i += weight g Phi u_i.
   *
   * @param fields row-major, of one of the planned numbers of samples
   * @param vectors u_i, row-major P x K each
   * @param sums as many as there are vectors, P x K each
   */
  void addKernelProducts(
      double weight, float[] fields, List<double[]> vectors, List<double[]> sums) {
    int samples = hold(fields);
    Matrix phi = rows.phi(layers(), samples);
    double scale = weight * parameters.readoutVariance() / samples;
    double[] product = new double[Math.toIntExact(solver.dual().size())];
    for (int i = 0; i < vectors.size(); i++) {
      backend().upload(vectors.get(i), solver.dualSingle());
      solver.multiplyByGram(readout, phi, solver.dualSingle());
      backend().download(solver.dual(), product);
      double[] sum = sums.get(i);
      for (int j = 0; j < sum.length; j++) {
        sum[j] += scale * product[j];
      }
    }
  }

  /** tr g Phi (g Phi + kappa)^{-1} of a population's kernel, at most S and at most P. */
  double effectiveDimension(FieldPopulation of) {
    choose(of);
    backend().copy(of.kernel(), readout.gram());
    return readout.effectiveDimension(solver.ridge(of.samples()), failures);
  }

  @Override
  public double[] directions(int layer, double[] v) {
    return layer == 1
        ? EquilibriumIdentity.directions(backend(), inputFactor(), v)
        : EquilibriumIdentity.image(backend(), Transpose.YES, rows.features(layer, samples()), v);
  }

  @Override
  public void project(int layer, Matrix v, Matrix directions) {
    Matrix features = rows.features(layer, samples());
    backend().gemm(Transpose.YES, Transpose.NO, 1, features, v, 0, directions);
  }

  /** I of S x S for the population in use. */
  @Override
  public Matrix unitMatrix() {
    return readout.unit();
  }

  @Override
  public long solveNanos() {
    return super.solveNanos() + solver.nanos();
  }
}
