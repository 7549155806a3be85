package org.richkernel.bayes;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.FieldWidths;
import org.richkernel.stack.GramReadout;
import org.richkernel.stack.LayerFields;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.MovingFields;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.Readout;
import org.richkernel.stack.SampleRows;

/**
 * Marginal posterior of the preactivation samples of a network, through the kernel of its last
 * layer. Given the layer below, the rows of h^l are independent Gaussians, so with standard normal
 * xi^l
 *
 * <pre>  V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A,   A = g_L Phi^L + kappa,
 *   h^l = xi^l F_l^T,  F_l F_l^T = g_{l-1} Phi^{l-1} + g_b,  Phi^l = phi(h^l)^T phi(h^l) / S.</pre>
 *
 * <p>F is a Cholesky factor, or the activations of the layer below; then xi^l are the weights. c =
 * 0 gives the saddle point as S goes to infinity, with an error of order 1/S; S = N and c = K/2
 * give the exact posterior of a network of width N.
 *
 * <p>Samples of one hidden layer may move a block of n at a time: three products of 2 n P r flops
 * and P^3/3. Those of a deep network move together, since a layer acts on every row of the next.
 */
final class PrimalPosterior extends KernelPosterior {
  private final NetworkSpec network;
  private final PosteriorParameters parameters;
  private final FieldShape shape;
  private final SampleRows rows;
  private final @Nullable Matrix rest; // g Phi of the samples that are held fixed
  private final int[] sizes; // rows of blocks that were planned
  private final Map<List<Integer>, Block<LayerStack>> made = new HashMap<>();
  private final Runnable gatherExactly = this::gather;
  private final Runnable beginExactly = this::beginBlock;
  private long gramNanos; // but for the readouts

  /**
   * A posterior of one hidden layer, whose samples move in blocks.
   *
   * @param y targets, row-major P x K
   * @param blockRows rows of the largest block
   */
  static PrimalPosterior ofBlocks(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int blockRows) {
    return new PrimalPosterior(
        backend,
        NetworkSpec.of(1, activation),
        FieldForm.WHITENED,
        input,
        y,
        parameters,
        blockRows,
        blockRows - 1);
  }

  /**
   * A posterior of any depth in whitened fields.
   *
   * @param y targets, row-major P x K
   * @param sizes numbers of samples that move together
   */
  PrimalPosterior(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int... sizes) {
    this(backend, network, FieldForm.WHITENED, input, y, parameters, sizes);
  }

  /**
   * @param form of the layers above the first, whitened or weights
   * @param input factor of the first layer's covariance
   * @param y targets, row-major P x K
   * @param sizes numbers of samples that move together
   */
  PrimalPosterior(
      Backend backend,
      NetworkSpec network,
      FieldForm form,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int... sizes) {
    super(
        backend,
        planned(backend, network, form, input, y.length / input.points(), parameters, sizes),
        input,
        y,
        parameters,
        parameters.hasDeterminant());
    this.network = network;
    this.parameters = parameters;
    this.sizes = sizes;
    shape = FieldShape.of(network, input.rank(), input.points(), form);
    rows = new SampleRows(backend, network, shape, memory(), this::jitter, record().failures());
    rest = layers() == 1 ? memory().get("kernel of the fixed rows") : null;
  }

  private static MemoryPlan planned(
      Backend backend,
      NetworkSpec network,
      FieldForm form,
      InputFactor input,
      int outputs,
      PosteriorParameters parameters,
      int[] sizes) {
    MemoryPlan plan = new MemoryPlan();
    FieldShape shape = FieldShape.of(network, input.rank(), input.points(), form);
    int most = Arrays.stream(sizes).max().orElseThrow();
    plan(backend, plan, shape, outputs, most, parameters.hasDeterminant());
    return plan;
  }

  /** Adds the scratch shared by all populations to a plan. */
  static void plan(
      Backend backend,
      MemoryPlan plan,
      FieldShape shape,
      int outputs,
      int rows,
      boolean determinant) {
    int points = shape.points();
    int layers = shape.layers();
    planShared(plan, points, points, shape.rank(), outputs, determinant);
    SampleRows.plan(backend, plan, shape, rows, rows);
    if (layers == 1) {
      plan.add("kernel of the fixed rows", Precision.FLOAT64, points, points);
    } else if (shape.form() == FieldForm.WEIGHTS) {
      plan.add("readout weights", Precision.FLOAT32, rows, outputs);
    }
  }

  /** Whether layers have P x P factors, which may need jitter. */
  private boolean factorizes() {
    return layers() > 1 && shape.form() == FieldForm.WHITENED;
  }

  @Override
  boolean hasReadoutWeights() {
    return layers() > 1 && shape.form() == FieldForm.WEIGHTS;
  }

  @Override
  public int layers() {
    return shape.layers();
  }

  @Override
  FieldWidths widths() {
    return shape;
  }

  @Override
  Matrix readoutRows() {
    return moving().stack().last().phi();
  }

  @Override
  boolean isPlanned(int samples, int blocks) {
    return layers() == 1
        ? largestBlock(samples, blocks) <= sizes[0] && samples / blocks >= sizes[sizes.length - 1]
        : Arrays.stream(sizes).anyMatch(size -> size == samples);
  }

  @Override
  Block<LayerStack> block(int samples, int first, int count) {
    return made.computeIfAbsent(List.of(samples, count), key -> block(samples, count));
  }

  private Block<LayerStack> block(int samples, int count) {
    MovingFields fields = MovingFields.of(memory(), count, shape.widths(samples));
    List<LayerFields> layers = rows.layers(count);
    return new Block<>(
        samples,
        fields,
        new LayerStack(
            layers,
            rows.input(fields, layers),
            rows.links(samples, fields, layers),
            readout(samples, layers.get(layers() - 1))));
  }

  private Readout readout(int samples, LayerFields last) {
    return new GramReadout(
        backend(),
        kernelWeight(layers(), samples),
        samples,
        kernel(),
        rest,
        readout(),
        tilt(),
        last.panels(),
        rows.panel());
  }

  /** g_l / S. */
  private double kernelWeight(int layer, int samples) {
    double g = layer == layers() ? parameters.readoutVariance() : network.weightVariance(layer);
    return g / samples;
  }

  @Override
  Optional<FeatureRank> featureRank() {
    return factorizes()
        ? Optional.of(FeatureRank.of(network, points(), shape.rank(), samples()))
        : Optional.empty();
  }

  @Override
  @Nullable Matrix jitters() {
    return factorizes() ? rows.jitters() : null;
  }

  @Override
  public void refresh(FieldPopulation next) {
    if (layers() > 1) {
      super.refresh(next);
      return;
    }
    use(next);
    backend().exactly(gatherExactly);
  }

  /** Computes kernel and potential of all blocks of one hidden layer. */
  private void gather() {
    FieldPopulation all = population();
    backend().fill(0, all.kernel());
    for (int b = 0; b < blocks(); b++) {
      select(b);
      fetch();
      moving().stack().activations();
      addGram(kernelWeight(1, samples()), all.kernel());
    }
    backend().copy(all.kernel(), kernel());
    all.setPotential(solved(kernel(), samples()));
    backend().copy(readout().dual(), all.dual());
  }

  /** target += weight phi^T phi of the moving rows. */
  private void addGram(double weight, Matrix target) {
    long start = System.nanoTime();
    for (Matrix phi : moving().stack().last().phiPanels()) {
      backend().gram(weight, phi, 1, target);
    }
    gramNanos += System.nanoTime() - start;
  }

  /**
   * Solves for v.
   *
   * @param gPhi g Phi, P x P, float64
   * @param samples S
   * @return V
   * @throws NotPositiveDefiniteException if the fields of the kernel have overflowed
   */
  double solved(Matrix gPhi, int samples) {
    record().start();
    readout().solve(gPhi, samples);
    record().note();
    return record().require(NotPositiveDefiniteException.SCALE_INPUTS);
  }

  /** One hidden layer needs activations only. */
  @Override
  void resolve() {
    if (layers() == 1) {
      moving().stack().activations();
    } else {
      super.resolve();
    }
  }

  @Override
  void save(FieldPopulation into) {
    for (int l = 1; factorizes() && l < layers(); l++) {
      backend().copy(rows.linkKernel(l), into.kernel(l));
    }
    super.save(into);
  }

  /**
   * Computes the kernels below the last layer, which moves of weights do not update, and w = g phi
   * v / S.
   */
  @Override
  public void complete(FieldPopulation of) {
    if (!hasReadoutWeights()) {
      return;
    }
    use(of);
    fetch();
    LayerStack stack = moving().stack();
    stack.activations();
    for (int l = 1; l < layers(); l++) {
      double weight = kernelWeight(l, of.samples());
      backend().gram(weight, stack.layer(l).phi(), 0, of.kernel(l));
    }
    backend().copy(of.dual(), readout().dual());
    Matrix v = readout().dualSingle();
    double weight = kernelWeight(layers(), of.samples());
    try (Matrix weights = memory().get("readout weights").rowRange(0, of.samples())) {
      backend().gemm(Transpose.NO, Transpose.NO, weight, stack.last().phi(), v, 0, weights);
      backend().copy(weights, of.weights());
    }
  }

  @Override
  public double[] directions(int layer, double[] v) {
    return hasReadoutWeights() && layer > 1
        ? imageOf(rows.features(layer, samples()), v)
        : EquilibriumIdentity.directions(backend(), rows.factor(layer), v);
  }

  @Override
  public void project(int layer, Matrix v, Matrix directions) {
    Matrix features = rows.features(layer, samples());
    backend().gemm(Transpose.NO, Transpose.NO, 1, features, v, 0, directions);
  }

  @Override
  public void begin(int block) {
    if (layers() > 1) {
      super.begin(block);
      return;
    }
    select(block);
    beginSteps(0);
    backend().exactly(beginExactly);
  }

  private void beginBlock() {
    FieldPopulation all = population();
    fetch();
    // rest = g Phi - (g / S) phi_b^T phi_b
    backend().copy(all.kernel(), rest);
    moving().stack().activations();
    addGram(-kernelWeight(1, samples()), rest);
    backend().copy(all.dual(), readout().dual());
    record().start();
    if (parameters.hasDeterminant()) {
      backend().copy(all.kernel(), kernel());
      readout().solve(kernel(), samples());
      record().note();
    }
    record().note(all.potential());
    moving().stack().pull();
  }

  @Override
  public long gramNanos() {
    return gramNanos + super.gramNanos();
  }
}
