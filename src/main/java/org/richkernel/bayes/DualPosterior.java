package org.richkernel.bayes;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.Conditions;
import org.richkernel.stack.DualReadout;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.PhiOverlaps;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PointRun;
import org.richkernel.stack.PointStack;
import org.richkernel.stack.PointSums;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.SampleReadout;

/**
 * The density of {@link PrimalPosterior} for more points than samples: the readout is integrated
 * out by {@link DualReadout}, layers above the first have weights, and no P x P matrix is held.
 * Fields have a row for each point (P x S), so that sums over points are Gram matrices: float32
 * products, float64 sums. Several devices may share the points; the sums do not depend on their
 * number ({@link PointSums}).
 *
 * <p>Cost of an evaluation that moves n of S samples of one hidden layer: 4 n P r + 2 n S P + 4 S P
 * K + S^3 / 3 flops, and S^2 P in place of 2 n S P if all move; 6 S^2 P for each layer above.
 */
final class DualPosterior extends StackPosterior<PointStack> implements KernelProducts {
  private final NetworkSpec network;
  private final FieldShape shape;
  private final PosteriorParameters parameters;
  private final int blockRows;
  private final int outputs;
  private final HeldPoints held;
  private final PointSums sums; // over the points that are held
  private final DualReadout solver;
  private final Matrix projection; // of vectors on the factor of a layer
  private final Matrix failures; // of a factorization that belongs to no trajectory
  private final Map<Integer, SampleReadout> readouts = new HashMap<>();

  private @Nullable FieldPopulation resident; // whose phi is held
  private @Nullable Block<PointStack> unsettled; // whose phi is that of a position not accepted
  private SampleReadout readout; // of the population
  private int heldSamples; // of the fields that were held last

  /**
   * @param holders of the points; the first device also holds all other arrays
   * @param y targets, row-major P x K
   * @param samples S of each size of population, the largest first
   * @param blockRows rows of the largest block; S for several layers
   */
  DualPosterior(
      PointHolders holders,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int[] samples,
      int blockRows) {
    super(
        holders.first(),
        planned(holders, network, input, y.length / input.points(), samples, blockRows),
        holders.extents(input.points()).get(0).of(input.factor()),
        holders::routine);
    this.network = network;
    this.parameters = parameters;
    outputs = y.length / input.points();
    shape = shape(network, input);
    try {
      this.blockRows = blockRows;
      held = new HeldPoints(holders, memory(), network, shape, input, y, samples, blockRows);
    } catch (RuntimeException e) {
      super.close();
      throw e;
    }
    sums = held.sums();
    solver =
        new DualReadout(backend(), sums, parameters, record().potential(), record().failures());
    projection = memory().get("projection");
    failures = memory().get("failures");
    for (int s : samples) {
      readouts.put(s, new SampleReadout(backend(), memory(), s));
    }
    readout = readouts.get(samples[0]);
  }

  private static FieldShape shape(NetworkSpec network, InputFactor input) {
    return FieldShape.of(network, input.rank(), input.points(), FieldForm.WEIGHTS);
  }

  private static MemoryPlan planned(
      PointHolders holders,
      NetworkSpec network,
      InputFactor input,
      int outputs,
      int[] samples,
      int blockRows) {
    MemoryPlan plan = new MemoryPlan();
    PointRun.Extent extent = holders.extents(input.points()).get(0);
    plan(plan, shape(network, input), extent, outputs, samples, blockRows);
    return plan;
  }

  /**
   * Adds the shared scratch of all populations on the first device to a plan.
   *
   * @param extent its points
   */
  static void plan(
      MemoryPlan plan,
      FieldShape shape,
      PointRun.Extent extent,
      int outputs,
      int[] samples,
      int blockRows) {
    TrajectoryRecord.plan(plan);
    PointRun.plan(plan, shape, extent, outputs, samples[0], blockRows);
    plan.add("projection", Precision.FLOAT64, shape.widest(samples[0]), outputs)
        .add("failures", Precision.FLOAT64, 1, 1)
        .add("no samples", Precision.FLOAT32, 0, samples[0]);
    for (int s : samples) {
      SampleReadout.plan(plan, s, outputs);
    }
  }

  @Override
  Block<PointStack> block(int samples, int first, int count) {
    SampleReadout own = readouts.get(samples);
    if (own == null) {
      throw new IllegalArgumentException(samples + " samples were not planned");
    }
    PointStack stack = new PointStack(sums, solver, own, shape, samples, first, count);
    return new Block<>(samples, stack.fields(), stack);
  }

  @Override
  void exactly(Runnable work) {
    sums.exactly(work);
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    cut(samples, blocks);
    return FieldPopulation.dual(backend(), samples, blocks, shape, shape.points(), outputs);
  }

  @Override
  public void use(FieldPopulation next) {
    choose(next);
    if (resident == next) {
      return;
    }
    resident = null;
    unsettled = null;
    // a single block gets its phi at the start of its move
    if (blocks() > 1) {
      forward(next);
    }
  }

  @Override
  void prepare(Block<PointStack> block) {
    super.prepare(block);
    readout = readouts.get(block.samples());
  }

  @Override
  public int layers() {
    return shape.layers();
  }

  /** Computes phi of all samples of a population. */
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
    exactly(this::gather);
    next.setPotential(record().require(NotPositiveDefiniteException.SCALE_INPUTS));
    save(next);
  }

  private void gather() {
    forward(population());
    solver.sum(layers(), readout.gram(), readout.image());
    record().start();
    solve();
  }

  private void solve() {
    solver.solve(readout, samples());
    record().note();
  }

  @Override
  void save(FieldPopulation into) {
    backend().copy(readout.gram(), into.kernel());
    backend().copy(readout.image(), into.image());
    backend().copy(readout.weights(), into.weights());
    solver.collectDual(into.dual());
  }

  @Override
  public void setConditions(Conditions next) {
    if (solver.setConditions(next)) {
      forgetSteps();
    }
  }

  /** |b_s|^2 of a sample relative to |b|^2. */
  @Override
  public double largestShare(FieldPopulation of) {
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
    exactly(this::beginBlock);
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
    solver.restore(readout, samples(), population().weights(), population().dual());
    record().note(population().potential());
    moving().stack().pull();
  }

  /** Recomputes phi of the rows of a rejected move. */
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

  /** Computes G and b of the layers below the last, which moves of weights do not update. */
  @Override
  public void complete(FieldPopulation of) {
    if (layers() == 1) {
      return;
    }
    hold(of);
    for (int l = 1; l < layers(); l++) {
      solver.sum(l, of.kernel(l), of.image(l));
    }
  }

  /** Computes phi of all layers of a population, unless it is present. */
  private void hold(FieldPopulation of) {
    choose(of);
    if (resident == of) {
      settle();
    } else {
      forward(of);
    }
  }

  @Override
  public void setReference(double[] u) {
    solver.setReference(u);
  }

  @Override
  public double[] kernelImage(FieldPopulation of) {
    hold(of);
    double[] image = solver.multiplyReference(readout, samples());
    double scale = parameters.readoutVariance() / samples();
    for (int i = 0; i < image.length; i++) {
      image[i] *= scale;
    }
    return image;
  }

  /** Computes phi of fields on the host, row-major S x (columns of the fields); returns S. */
  private int hold(float[] fields) {
    int samples = shape.samplesOf(fields.length, readouts.keySet());
    // this posterior may have no population of this size yet
    cut(samples, (samples + blockRows - 1) / blockRows);
    resident = null;
    unsettled = null;
    int first = 0;
    for (Block<PointStack> block : turnTo(samples)) {
      Matrix position = block.fields().position();
      int count = Math.toIntExact(position.size());
      backend().upload(Arrays.copyOfRange(fields, first, first + count), position);
      block.stack().activations();
      first += count;
    }
    return samples;
  }

  @Override
  public void holdFields(float[] fields) {
    heldSamples = hold(fields);
  }

  @Override
  public void kernelRows(double scale, int layer, int first, Matrix target) {
    if (!sums.areLocal()) {
      throw new IllegalStateException("phi of all points is on no device");
    }
    Matrix phi = held.first().rows().phi(layer, heldSamples);
    double factor = scale * network.weightVariance(layer);
    try (Matrix some = phi.rowRange(first, target.rows())) {
      backend().gemm(Transpose.NO, Transpose.YES, factor, some, phi, 0, target);
    }
  }

  /** Overlaps of the kernels of two populations of S samples; the caller closes them. */
  PhiOverlaps overlaps(int samples) {
    return new PhiOverlaps(sums, samples);
  }

  @Override
  public void addKernelProducts(
      double weight, float[] fields, List<double[]> vectors, List<double[]> sums) {
    int samples = hold(fields);
    double scale = weight * parameters.readoutVariance() / samples;
    for (int i = 0; i < vectors.size(); i++) {
      double[] product = solver.multiply(readout, samples, vectors.get(i));
      double[] sum = sums.get(i);
      for (int j = 0; j < sum.length; j++) {
        sum[j] += scale * product[j];
      }
    }
  }

  @Override
  public double effectiveDimension(FieldPopulation of) {
    choose(of);
    backend().copy(of.kernel(), readout.gram());
    return readout.effectiveDimension(solver.ridge(of.samples()), failures);
  }

  @Override
  public double[] directions(int layer, double[] v) {
    Matrix target = projection(layer);
    solver.project(layer, samples(), v, target);
    double[] directions = new double[Math.toIntExact(target.size())];
    backend().download(target, directions);
    return directions;
  }

  @Override
  public void project(int layer, Matrix v, Matrix directions) {
    Matrix target = projection(layer);
    solver.project(layer, samples(), v, target);
    backend().copy(target, directions);
  }

  private Matrix projection(int layer) {
    return projection.rowRange(0, shape.widths(samples())[layer - 1]);
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

  @Override
  public void close() {
    held.close();
    super.close();
  }
}
