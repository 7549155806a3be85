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
import org.richkernel.compute.Workspace;
import org.richkernel.stack.PosteriorParameters;

/**
 * The density of {@link HiddenLayerPosterior} for more points than samples. The readout is
 * integrated out by {@link SampleReadout}, and the potential is the minimum of ridge regression on
 * S features,
 *
 * <pre>  V = (S gamma^2 / 2) [ |Y - phi^T w|^2 / kappa + (S / g) |w|^2 ]
 *     + c [ (P - S) ln kappa + ln det(M g / S) ],
 *   v = (Y - phi^T w) / kappa,   dV/dphi = -S gamma^2 w v^T + 2 c M^{-1} phi,</pre>
 *
 * into which an error of w enters squared. Fields are held with a row for each point (P x S), so
 * that sums over points are Gram matrices: float32 products, float64 sums.
 *
 * <p>Cost of an evaluation that moves n of S rows: 4 n P r + 2 n S P + 4 S P K + S^3 / 3 flops, and
 * S^2 P in place of 2 n S P where all move. Memory: S P + n P + P r + 3 n r floats and 4 S^2
 * doubles beside the populations. Points are taken in panels of a fixed size.
 */
final class DualFormPosterior implements MarginalPosterior {
  /** Points of a panel. */
  private static final int PANEL = 1024;

  private final Backend backend;
  private final Activation activation;
  private final PosteriorParameters parameters;
  private final Workspace memory;
  private final Matrix factor; // F, P x r, float32
  private final Matrix targets; // Y, P x K
  private final Matrix targetsSingle;
  private final Matrix fitted; // phi^T w, P x K, float32
  private final Matrix dual; // v, P x K
  private final Matrix dualSingle;
  private final Matrix reference; // vectors whose images under kernels are measured, P x K
  private final Matrix failures; // of a factorization that belongs to no trajectory
  private final TrajectoryRecord record;
  private final Map<Integer, SampleReadout> readouts = new HashMap<>();
  private final Map<List<Integer>, Cut> cuts = new HashMap<>(); // by samples and blocks

  private double richness;
  private double noise;
  private @Nullable FieldPopulation resident; // whose phi is held
  private @Nullable Block unsettled; // whose phi is that of a position not accepted
  private FieldPopulation population;
  private Cut cut;
  private Block moving;
  private Matrix movingRows;
  private double potential;
  private long gramNanos;
  private long solveNanos;

  /**
   * @param y targets, row-major P x K
   * @param samples S of each size of population, the largest first
   * @param blockRows rows of the largest block
   */
  DualFormPosterior(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int[] samples,
      int blockRows) {
    this.backend = backend;
    this.activation = activation;
    this.parameters = parameters;
    int points = input.points();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, points, input.rank(), y.length / points, samples, blockRows);
    memory = new Workspace(backend, plan);
    factor = memory.get("F");
    targets = memory.get("Y");
    targetsSingle = memory.get("Y, single");
    fitted = memory.get("fit");
    dual = memory.get("dual");
    dualSingle = memory.get("dual, single");
    reference = memory.get("reference");
    failures = memory.get("failures");
    record = new TrajectoryRecord(backend, memory);
    richness = parameters.gamma();
    noise = parameters.kappa();
    for (int s : samples) {
      readouts.put(s, new SampleReadout(backend, memory, s));
    }
    backend.upload(input.factor(), factor);
    backend.upload(y, targets);
    backend.upload(y, targetsSingle);
  }

  /** Adds the scratch shared by all populations to a plan. */
  static void plan(
      MemoryPlan plan, int points, int rank, int outputs, int[] samples, int blockRows) {
    TrajectoryRecord.plan(plan);
    plan.add("F", Precision.FLOAT32, points, rank)
        .add("Y", Precision.FLOAT64, points, outputs)
        .add("Y, single", Precision.FLOAT32, points, outputs)
        .add("fit", Precision.FLOAT32, points, outputs)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("dual, single", Precision.FLOAT32, points, outputs)
        .add("reference", Precision.FLOAT32, points, outputs)
        .add("failures", Precision.FLOAT64, 1, 1)
        .add("position", Precision.FLOAT32, blockRows, rank)
        .add("momentum", Precision.FLOAT32, blockRows, rank)
        .add("gradient", Precision.FLOAT32, blockRows, rank)
        .add("phi", Precision.FLOAT32, points, samples[0])
        .add("slope", Precision.FLOAT32, points, blockRows)
        .add("pull", Precision.FLOAT32, Math.min(PANEL, points), blockRows)
        .add("no samples", Precision.FLOAT32, 0, samples[0]);
    for (int s : samples) {
      SampleReadout.plan(plan, s, outputs);
    }
  }

  /** How a population of S samples is cut, as views of the scratch. */
  private final class Cut {
    private final SampleReadout readout;
    private final Matrix phi; // P x S
    private final Matrix none; // 0 x S
    private final List<Block> blocks = new ArrayList<>();

    Cut(int samples, int count) {
      SampleReadout own = readouts.get(samples);
      if (own == null) {
        throw new IllegalArgumentException(samples + " samples were not planned");
      }
      readout = own;
      phi = memory.get("phi").view(0, points(), 0, samples);
      none = memory.get("no samples").view(0, 0, 0, samples);
      for (int b = 0; b < count; b++) {
        int first = FieldPopulation.blockStart(samples, count, b);
        blocks.add(
            new Block(this, first, FieldPopulation.blockStart(samples, count, b + 1) - first));
      }
    }
  }

  /** The n rows of a block. */
  private final class Block {
    private final Matrix position;
    private final Matrix momentum;
    private final Matrix gradient;
    private final Matrix phi; // P x n
    private final Matrix phiUpTo; // P x e, of the samples up to the end e of the block
    private final Matrix phiAfter; // P x (S - e)
    private final Matrix gramUpTo; // n x e
    private final Matrix gramAfter; // (S - e) x n
    private final Matrix image; // n x K
    private final Matrix weights; // n x K, float32
    private final Matrix inverse; // M^{-1}, S x n, float32
    private final List<Panel> panels = new ArrayList<>();

    Block(Cut of, int first, int rows) {
      int all = of.phi.columns();
      int end = first + rows;
      position = memory.get("position").rowRange(0, rows);
      momentum = memory.get("momentum").rowRange(0, rows);
      gradient = memory.get("gradient").rowRange(0, rows);
      phi = of.phi.view(0, points(), first, rows);
      phiUpTo = of.phi.view(0, points(), 0, end);
      phiAfter = of.phi.view(0, points(), end, all - end);
      gramUpTo = of.readout.gram().view(first, rows, 0, end);
      gramAfter = of.readout.gram().view(end, all - end, first, rows);
      image = of.readout.image().rowRange(first, rows);
      weights = of.readout.weightsSingle().rowRange(first, rows);
      inverse = of.readout.inverseSingle().view(0, all, first, rows);
      Matrix slope = memory.get("slope").view(0, points(), 0, rows);
      for (int from = 0; from < points(); from += PANEL) {
        int count = Math.min(PANEL, points() - from);
        panels.add(
            new Panel(
                factor.rowRange(from, count),
                phi.rowRange(from, count),
                of.phi.rowRange(from, count),
                slope.rowRange(from, count),
                dualSingle.rowRange(from, count),
                memory.get("pull").view(0, count, 0, rows)));
      }
    }

    int rows() {
      return position.rows();
    }
  }

  /** Some points of a block: F, phi of the block and of all samples, slope, v, and scratch. */
  private record Panel(
      Matrix factor, Matrix phi, Matrix phiOfAll, Matrix slope, Matrix dual, Matrix pull) {}

  private int points() {
    return factor.rows();
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    cuts.computeIfAbsent(List.of(samples, blocks), key -> new Cut(samples, blocks));
    return FieldPopulation.dual(
        backend, samples, blocks, factor.columns(), points(), targets.columns());
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

  private void choose(FieldPopulation next) {
    population = next;
    Cut found = cuts.get(List.of(next.samples(), next.blocks()));
    if (found == null) {
      throw new IllegalArgumentException("a population of another posterior");
    }
    cut = found;
  }

  /** phi of all samples of a population. */
  private void forward(FieldPopulation next) {
    for (int b = 0; b < next.blocks(); b++) {
      select(b);
      backend.copy(movingRows, moving.position);
      forward();
    }
    resident = next;
    unsettled = null;
  }

  /** phi and slope of the block at its position: h^T = F xi^T, phi = f(h), slope = f'(h). */
  private void forward() {
    for (int i = 0; i < moving.panels.size(); i++) {
      Panel panel = moving.panels.get(i);
      backend.gemm(Transpose.NO, Transpose.YES, 1, panel.factor, moving.position, 0, panel.phi);
      backend.activateWithDerivative(activation, panel.phi, panel.phi, panel.slope);
    }
  }

  @Override
  public void refresh(FieldPopulation next) {
    choose(next);
    forward(next);
    gramOfAll();
    record.start();
    solve();
    next.setPotential(record.require());
    save(next);
  }

  private void gramOfAll() {
    long start = System.nanoTime();
    backend.gram(1, cut.phi, 0, cut.readout.gram());
    backend.crossGram(1, cut.phi, targetsSingle, 0, cut.readout.image());
    gramNanos += System.nanoTime() - start;
  }

  /** Rows and columns of G that the block has, in its lower triangle, and its rows of b. */
  private void gramOfBlock() {
    long start = System.nanoTime();
    backend.crossGram(1, moving.phi, moving.phiUpTo, 0, moving.gramUpTo);
    backend.crossGram(1, moving.phiAfter, moving.phi, 0, moving.gramAfter);
    backend.crossGram(1, moving.phi, targetsSingle, 0, moving.image);
    gramNanos += System.nanoTime() - start;
  }

  private double ridge() {
    return samples() * noise / parameters.readoutVariance();
  }

  /** w and v of the present G and b, with V on the record. */
  private void solve() {
    long start = System.nanoTime();
    cut.readout.solve(ridge(), record.failures());
    solveNanos += System.nanoTime() - start;
    backend.gemm(Transpose.NO, Transpose.NO, 1, cut.phi, cut.readout.weightsSingle(), 0, fitted);
    // v = (Y - phi^T w) / kappa
    backend.copy(fitted, dual);
    backend.scale(-1 / noise, dual);
    backend.axpy(1 / noise, targets, dual);
    double samples = samples();
    double strength = 0.5 * samples * richness * richness;
    backend.dot(strength * noise, dual, dual, 0, record.potential());
    Matrix w = cut.readout.weights();
    double penalty = strength * samples / parameters.readoutVariance();
    backend.dot(penalty, w, w, 1, record.potential());
    if (parameters.hasDeterminant()) {
      double c = parameters.determinant(samples());
      cut.readout.addLogDeterminant(c, record.potential());
      // (P - S) ln kappa + S ln(g / S)
      double constant =
          (points() - samples) * Math.log(noise)
              + samples * Math.log(parameters.readoutVariance() / samples);
      backend.addDiagonal(c * constant, record.potential());
    }
    record.note();
  }

  private void save(FieldPopulation into) {
    backend.copy(cut.readout.gram(), into.kernel());
    backend.copy(cut.readout.image(), into.image());
    backend.copy(cut.readout.weights(), into.weights());
    backend.copy(dual, into.dual());
  }

  private void select(int block) {
    movingRows = population.block(block);
    moving = cut.blocks.get(block);
  }

  @Override
  public void setConditions(double gamma, double kappa) {
    richness = gamma;
    noise = kappa;
  }

  /** |b_s|^2 of a sample against that of all. */
  @Override
  public double largestShare(FieldPopulation of) {
    int outputs = targets.columns();
    double[] b = new double[of.samples() * outputs];
    backend.download(of.image(), b);
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
    if (unsettled != cut.blocks.get(block)) {
      settle();
    }
    unsettled = null;
    select(block);
    backend.copy(movingRows, moving.position);
    forward();
    resident = population;
    backend.copy(population.kernel(), cut.readout.gram());
    backend.copy(population.image(), cut.readout.image());
    record.start();
    if (parameters.hasDeterminant()) {
      solve();
    }
    cut.readout.setWeights(population.weights());
    backend.copy(population.dual(), dual);
    record.note(population.potential());
    pull();
  }

  /** phi of the rows of a move that was refused, as they are. */
  private void settle() {
    if (unsettled != null) {
      select(cut.blocks.indexOf(unsettled));
      backend.copy(movingRows, moving.position);
      forward();
      unsettled = null;
    }
  }

  @Override
  public void evaluate() {
    unsettled = moving;
    forward();
    if (blocks() == 1) {
      gramOfAll();
    } else {
      gramOfBlock();
    }
    solve();
    pull();
  }

  /** gradient = (slope o (-S gamma^2 v w^T + 2 c phi^T M^{-1}))^T F; slope is used up. */
  private void pull() {
    backend.copy(dual, dualSingle);
    double c = parameters.determinant(samples());
    if (parameters.hasDeterminant()) {
      cut.readout.invert();
    }
    double strength = -samples() * richness * richness;
    double kept = 0;
    for (int i = 0; i < moving.panels.size(); i++) {
      Panel panel = moving.panels.get(i);
      backend.gemm(
          Transpose.NO, Transpose.YES, strength, panel.dual, moving.weights, 0, panel.pull);
      if (parameters.hasDeterminant()) {
        backend.gemm(
            Transpose.NO, Transpose.NO, 2 * c, panel.phiOfAll, moving.inverse, 1, panel.pull);
      }
      backend.multiply(panel.pull, panel.slope);
      backend.gemm(
          Transpose.YES, Transpose.NO, 1, panel.slope, panel.factor, kept, moving.gradient);
      kept = 1;
    }
  }

  /** Only fields that have overflowed make M indefinite: the move is then refused. */
  @Override
  public double potential() {
    potential = record.read();
    return potential;
  }

  @Override
  public TrajectoryRecord record() {
    return record;
  }

  @Override
  public void accept() {
    backend.copy(moving.position, movingRows);
    if (blocks() > 1) {
      backend.mirroredCrossGram(1, cut.none, cut.none, 1, cut.readout.gram());
    }
    save(population);
    population.setPotential(potential);
    unsettled = null;
  }

  /** Sets the vectors u of {@link #kernelImage}, row-major P x K. */
  void setReference(double[] u) {
    backend.upload(u, reference);
  }

  /** g Phi u of a population, row-major P x K. */
  double[] kernelImage(FieldPopulation of) {
    choose(of);
    if (resident == of) {
      settle();
    } else {
      forward(of);
    }
    double[] image = new double[Math.toIntExact(dual.size())];
    multiplyByGram(cut, reference);
    backend.scale(parameters.readoutVariance() / samples(), dual);
    backend.download(dual, image);
    return image;
  }

  /** Leaves phi^T phi u in {@link #dual}, which belongs to the population again when it moves. */
  private void multiplyByGram(Cut of, Matrix u) {
    SampleReadout readout = of.readout;
    backend.crossGram(1, of.phi, u, 0, readout.image());
    readout.setWeights(readout.image());
    backend.gemm(Transpose.NO, Transpose.NO, 1, of.phi, readout.weightsSingle(), 0, fitted);
    backend.copy(fitted, dual);
  }

  /**
   * Applies the kernel of fields on the host to some vectors: sums_i += weight g Phi u_i.
   *
   * @param fields whitened, row-major S x r, S one of the planned sizes
   * @param vectors u_i, row-major P x K each
   * @param sums as many as there are vectors, P x K each
   */
  void addKernelProducts(
      double weight, float[] fields, List<double[]> vectors, List<double[]> sums) {
    int rank = factor.columns();
    int samples = fields.length / rank;
    Cut of =
        cuts.entrySet().stream()
            .filter(entry -> entry.getKey().get(0) == samples)
            .map(Map.Entry::getValue)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(samples + " samples not planned"));
    resident = null;
    unsettled = null;
    int first = 0;
    for (Block block : of.blocks) {
      moving = block;
      int count = block.rows() * rank;
      backend.upload(Arrays.copyOfRange(fields, first, first + count), block.position);
      forward();
      first += count;
    }
    double scale = weight * parameters.readoutVariance() / samples;
    double[] product = new double[Math.toIntExact(dual.size())];
    for (int i = 0; i < vectors.size(); i++) {
      backend.upload(vectors.get(i), dualSingle);
      multiplyByGram(of, dualSingle);
      backend.download(dual, product);
      double[] sum = sums.get(i);
      for (int j = 0; j < sum.length; j++) {
        sum[j] += scale * product[j];
      }
    }
  }

  /** tr g Phi (g Phi + kappa)^{-1} of a population's kernel, at most S and at most P. */
  double effectiveDimension(FieldPopulation of) {
    choose(of);
    backend.copy(of.kernel(), cut.readout.gram());
    return cut.readout.effectiveDimension(ridge(), failures);
  }

  @Override
  public int layers() {
    return 1;
  }

  @Override
  public double[] directions(int layer, double[] v) {
    return EquilibriumIdentity.directions(backend, factor, v);
  }

  @Override
  public Matrix inputFactor() {
    return factor;
  }

  @Override
  public Matrix position(int layer) {
    return moving.position;
  }

  @Override
  public Matrix gradient(int layer) {
    return moving.gradient;
  }

  /** I of S x S for the population in use. */
  @Override
  public Matrix unitMatrix() {
    return cut.readout.unit();
  }

  @Override
  public int blocks() {
    return population.blocks();
  }

  @Override
  public int samples() {
    return population.samples();
  }

  @Override
  public int firstSample(int block) {
    return population.firstSample(block);
  }

  @Override
  public Matrix position() {
    return moving.position;
  }

  @Override
  public Matrix momentum() {
    return moving.momentum;
  }

  @Override
  public Matrix gradient() {
    return moving.gradient;
  }

  @Override
  public long gramNanos() {
    return gramNanos;
  }

  @Override
  public long solveNanos() {
    return solveNanos;
  }

  /** Frees the scratch; populations are closed by their owners. */
  @Override
  public void close() {
    memory.close();
  }
}
