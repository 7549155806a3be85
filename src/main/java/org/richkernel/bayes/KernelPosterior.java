package org.richkernel.bayes;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.stack.Conditions;
import org.richkernel.stack.DeterminantTilt;
import org.richkernel.stack.FieldWidths;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.PrimalReadout;

/**
 * A posterior with the readout integrated out through the P x P kernel K of the last layer,
 *
 * <pre>  V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A,   A = K + kappa.</pre>
 *
 * The dual vector v = A^{-1} Y is solved at every evaluation, so no conjugate kernel is formed and
 * the tilt always belongs to the present kernel.
 */
abstract class KernelPosterior extends StackPosterior<LayerStack> {
  private final Matrix targetsSingle;
  private final PrimalReadout readout;
  private final @Nullable DeterminantTilt tilt;
  private final Runnable resolveExactly = this::resolve;
  private final RelativeJitter jitter; // of the population in use
  private double firstJitter = RelativeJitter.LEAST;
  private double resolved; // potential that was waited for
  private double[] reference = new double[0]; // u, P x K

  /**
   * @param plan all scratch, with {@link #planShared}
   * @param input factor of the first layer's covariance
   * @param y targets, row-major P x K
   * @param tilts whether there is a determinant
   */
  KernelPosterior(
      Backend backend,
      MemoryPlan plan,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      boolean tilts) {
    super(backend, plan, input);
    TrajectoryRecord record = record();
    readout =
        new PrimalReadout(backend, memory(), parameters, y, record.potential(), record.failures());
    targetsSingle = memory().get("Y, single");
    backend.copy(readout.targets(), targetsSingle);
    backend.addDiagonal(1, unitMatrix());
    tilt = tilts ? new DeterminantTilt(backend, memory(), parameters) : null;
    jitter = new RelativeJitter(parameters.kappa());
  }

  /**
   * Adds the scratch common to all kinds of layers to a plan.
   *
   * @param points P
   * @param sites rows of the factor of the inputs
   * @param rank its columns
   * @param tilts whether there is a determinant
   */
  static void planShared(
      MemoryPlan plan, int points, int sites, int rank, int outputs, boolean tilts) {
    TrajectoryRecord.plan(plan);
    PrimalReadout.plan(plan, points, outputs);
    plan.add("F", Precision.FLOAT32, sites, rank)
        .add("Y, single", Precision.FLOAT32, points, outputs)
        .add("vectors", Precision.FLOAT64, points, outputs)
        .add("images of vectors", Precision.FLOAT64, points, outputs)
        .add("unit matrix", Precision.FLOAT64, points, points)
        .add("kernel of the readout", Precision.FLOAT64, points, points);
    if (tilts) {
      DeterminantTilt.plan(plan, points);
    }
  }

  /** The shared readout of all populations, with the last solution. */
  final PrimalReadout readout() {
    return readout;
  }

  final @Nullable DeterminantTilt tilt() {
    return tilt;
  }

  /** K at the position, P x P. */
  final Matrix kernel() {
    return memory().get("kernel of the readout");
  }

  /** P. */
  final int points() {
    return targetsSingle.rows();
  }

  /** Columns of the fields. */
  abstract FieldWidths widths();

  /** Whether scratch was planned for S samples in this number of blocks. */
  abstract boolean isPlanned(int samples, int blocks);

  /** Pooled rows of phi^L in the order of the samples. */
  abstract Matrix readoutRows();

  /** Whether readout weights are measured with a population. */
  boolean hasReadoutWeights() {
    return false;
  }

  /** Features of the factorized covariances; empty without factorizations. */
  abstract Optional<FeatureRank> featureRank();

  /** Advice if a kernel at the position is not positive definite. */
  private String mend() {
    return featureRank()
        .filter(rank -> !rank.isRegular())
        .map(FeatureRank::mend)
        .orElse(NotPositiveDefiniteException.SCALE_INPUTS);
  }

  /** Jitters of the covariances at the position; null without factorizations. */
  abstract @Nullable Matrix jitters();

  /**
   * Relative jitter of the covariances of the population in use; larger than {@link
   * RelativeJitter#LEAST} after a factorization that failed by rounding. Each population has its
   * own, so that results do not depend on which populations share a lane.
   */
  final double jitter() {
    return jitter.value();
  }

  /** Sets the initial jitter of new populations. */
  final void setJitter(double relative) {
    firstJitter = relative;
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    if (!isPlanned(samples, blocks)) {
      throw new IllegalArgumentException(
          samples + " samples do not fall into " + blocks + " blocks of a planned size");
    }
    cut(samples, blocks);
    FieldPopulation made =
        FieldPopulation.primal(
            backend(),
            samples,
            blocks,
            widths(),
            points(),
            readout.dual().columns(),
            hasReadoutWeights());
    made.setJitter(jitters() == null ? 0 : firstJitter);
    return made;
  }

  @Override
  public void use(FieldPopulation next) {
    choose(next);
    jitter.set(next.jitter());
  }

  @Override
  public void refresh(FieldPopulation next) {
    use(next);
    fetch();
    backend().exactly(resolveExactly);
    save(next);
    next.setPotential(resolved);
  }

  /**
   * Computes kernels and potential at the position; raises the jitter after a failed factorization.
   */
  void resolve() {
    Matrix added = jitters();
    if (added == null) {
      forwardAndWait();
    } else {
      jitter.raising(() -> largestJitter(added));
      population().setJitter(jitter.value());
    }
  }

  /** The largest jitter of a covariance at the position. */
  private double largestJitter(Matrix added) {
    forwardAndWait();
    double[] values = new double[added.columns()];
    backend().download(added, values);
    return Arrays.stream(values).max().orElse(0);
  }

  /**
   * Kernels, dual vector and potential at the position.
   *
   * @throws NotPositiveDefiniteException if a covariance or the kernel of the readout is indefinite
   */
  final void forwardAndWait() {
    record().start();
    moving().stack().forward();
    record().note();
    resolved = record().require(mend());
  }

  @Override
  void save(FieldPopulation into) {
    backend().copy(kernel(), into.kernel());
    backend().copy(readout.dual(), into.dual());
  }

  @Override
  public void setConditions(Conditions next) {
    if (readout.setConditions(next)) {
      forgetSteps();
    }
  }

  @Override
  public void begin(int block) {
    select(block);
    beginSteps(population().jitter());
    fetch();
    record().start();
    evaluateAtEnd();
  }

  @Override
  public double largestShare(FieldPopulation of) {
    use(of);
    double[] largestAndSum = new double[2];
    for (int b = 0; b < blocks(); b++) {
      select(b);
      fetch();
      backend().exactly(resolveExactly);
      addShares(largestAndSum);
    }
    return largestAndSum[1] == 0 ? 0 : largestAndSum[0] / largestAndSum[1];
  }

  @Override
  public void setReference(double[] u) {
    reference = u.clone();
  }

  @Override
  public double[] kernelImage(FieldPopulation of) {
    Matrix vectors = memory().get("vectors");
    Matrix images = memory().get("images of vectors");
    double[] image = new double[reference.length];
    backend().upload(reference, vectors);
    backend().gemm(Transpose.NO, Transpose.NO, 1, of.kernel(), vectors, 0, images);
    backend().download(images, image);
    return image;
  }

  @Override
  public double effectiveDimension(FieldPopulation of) {
    use(of);
    record().start();
    readout.solve(of.kernel(), of.samples());
    record().note();
    record().require(mend());
    // tr A^{-1} (A - kappa)
    readout.inverse(1, kernel());
    return points() - readout.conditions().kappa() * backend().dot(unitMatrix(), kernel());
  }

  /**
   * Adds the contributions of single samples to tr Y^T K Y: the largest |Y^T phi_s|^2, and the sum.
   */
  private void addShares(double[] largestAndSum) {
    Matrix rows = readoutRows();
    float[] values = new float[rows.rows() * targetsSingle.columns()];
    MemoryPlan plan =
        new MemoryPlan()
            .add("fields on targets", Precision.FLOAT32, rows.rows(), targetsSingle.columns());
    try (Workspace scratch = new Workspace(backend(), plan)) {
      Matrix image = scratch.get("fields on targets");
      backend().gemm(Transpose.NO, Transpose.NO, 1, rows, targetsSingle, 0, image);
      backend().download(image, values);
    }
    int numbers = values.length / moving().fields().rows();
    for (int i = 0; i < values.length; i += numbers) {
      double square = 0;
      for (int k = 0; k < numbers; k++) {
        square += (double) values[i + k] * values[i + k];
      }
      largestAndSum[0] = Math.max(largestAndSum[0], square);
      largestAndSum[1] += square;
    }
  }

  /** features v, row-major: directions in the space of weights on these features. */
  final double[] imageOf(Matrix features, double[] v) {
    return EquilibriumIdentity.image(backend(), Transpose.NO, features, v);
  }

  @Override
  public Matrix unitMatrix() {
    return memory().get("unit matrix");
  }

  @Override
  public long solveNanos() {
    return super.solveNanos() + readout.nanos();
  }
}
