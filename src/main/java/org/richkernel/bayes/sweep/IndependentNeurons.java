package org.richkernel.bayes.sweep;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.InputFactor;
import org.richkernel.bayes.WellFinder;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Convolutions;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.SitePool;

/**
 * Neurons of one hidden layer, each an independent Markov chain from the prior to the density with
 * the tilt of a given v: the tilt rises, the chains settle, then averages are accumulated. Neurons
 * of a bounded activation jump between its wells if a search applies ({@link WellJumps}). Averages
 * over blocks of neurons are independent.
 *
 * <p>A neuron of a convolution is a channel with s P fields, columns ordered (site, image), and q
 * pooled rows of P numbers: one for each site of a flattened layer, or the mean over sites. All
 * averages are over pooled rows.
 *
 * <p>Cost of a sweep: three trajectories on average, of a few to 40 gradients of 4 M s P r flops.
 * Memory: M (2 s P + 4 r) floats and 3 P^2 doubles.
 */
final class IndependentNeurons implements AutoCloseable {
  /** M. */
  static final int COUNT = 4000;

  /** Number of sweeps in which the tilt rises. */
  private static final int RAMP = 20;

  /** Number of sweeps before the step is fixed. */
  static final int SETTLED = 60;

  /** Sweeps between two moves with the tilt switched off on the way. */
  private static final int TILT_OFF = 2;

  /** Sweeps between two jumps between wells. */
  private static final int JUMP = 2;

  private static final int BLOCKS = 32;

  private final Backend backend;
  private final AdaptiveProblem problem;
  private final Workspace memory;
  private final Matrix xi;
  private final Matrix factor;
  private final DualTilt tilt;
  private final double fullTilt; // of w by v
  private final Matrix phi; // M x s P
  private final SitePool pool;
  private final int pooledRows;
  private final Matrix outputs; // a = phi v, M q x K
  private final Matrix[] forces; // sums of g < phi a^T > of every block, for two halves in time
  private final Matrix kernel; // sum of g Phi
  private final double g;
  private final int points;
  private final TiltedSamples samples;
  private final boolean wells; // that neurons jump between
  private @Nullable WellJumps jumps; // null while the tilt rises
  private int done;
  private final int[] measured = {0, 0};

  /**
   * @param input factor of the covariance of the inputs, or of their patches, rows ordered (site,
   *     image)
   * @param v dual vector, row-major P x K
   */
  IndependentNeurons(Backend backend, AdaptiveProblem problem, InputFactor input, double[] v) {
    this.backend = backend;
    this.problem = problem;
    NetworkSpec network = problem.network();
    points = problem.trainInputs().rows();
    int sites = input.points() / points;
    pooledRows = pooledRows(network, sites);
    g = network.weightVariance(1);
    wells = jumps(network, input.rank());
    memory =
        new Workspace(
            backend, plan(backend, network, points, sites, input.rank(), v.length / points));
    xi = memory.get("independent neurons");
    factor = memory.get("F of the inputs");
    tilt = new DualTilt(backend, memory, readout(network));
    phi = memory.get("phi of the neurons");
    pool =
        new SitePool(
            backend, phi, points, readout(network), memory.get("mean of the neurons over sites"));
    outputs = memory.get("outputs of the neurons");
    forces = new Matrix[] {memory.get("early forces"), memory.get("late forces")};
    kernel = memory.get("sum of g Phi");
    backend.upload(input.factor(), factor);
    backend.upload(problem.trainTargets().toArray(), memory.get("Y"));
    backend.upload(v, memory.get("v"));
    backend.upload(v, memory.get("v, single"));
    double gamma = problem.options().gamma();
    // E = -g gamma^2 |v^T phi|^2 / 2, the mean over pooled rows
    fullTilt = gamma * Math.sqrt(g / pooledRows);
    long seed = problem.options().seed();
    backend.fillGaussian(seed, RandomStreams.stream(RandomStreams.AUDIT_FIELD, 0, 0), 0, xi);
    samples =
        new TiltedSamples(
            backend,
            problem.network().activation(),
            memory,
            xi,
            factor,
            tilt,
            new TiltedSamples.Streams(
                seed, RandomStreams.AUDIT_MOMENTUM, RandomStreams.AUDIT_DECISION, 0));
  }

  private static SiteReadout readout(NetworkSpec network) {
    return network.convolutions().map(Convolutions::readout).orElse(SiteReadout.FLATTEN);
  }

  private static int pooledRows(NetworkSpec network, int sites) {
    return readout(network) == SiteReadout.GAP ? 1 : sites;
  }

  /** Whether neurons jump between wells; convolutions have no search for wells. */
  private static boolean jumps(NetworkSpec network, int rank) {
    return network.convolutions().isEmpty() && WellFinder.applies(network, rank);
  }

  /**
   * Memory of the neurons.
   *
   * @param sites s
   */
  static MemoryPlan plan(
      Backend backend, NetworkSpec network, int points, int sites, int rank, int outputs) {
    MemoryPlan plan = new MemoryPlan();
    int columns = Math.multiplyExact(points, sites);
    int pooledRows = pooledRows(network, sites);
    int all = Math.multiplyExact(COUNT, pooledRows);
    int means = readout(network) == SiteReadout.GAP ? COUNT : 0;
    int panel = TiltedSamples.panelRows(backend, COUNT, columns);
    plan.add("independent neurons", Precision.FLOAT32, COUNT, rank)
        .add("F of the inputs", Precision.FLOAT32, columns, rank)
        .add("Y", Precision.FLOAT64, points, outputs)
        .add("v", Precision.FLOAT64, points, outputs)
        .add("v, single", Precision.FLOAT32, points, outputs)
        .add("phi of the neurons", Precision.FLOAT32, COUNT, columns)
        .add("mean of the neurons over sites", Precision.FLOAT32, means, points)
        .add("outputs of the neurons", Precision.FLOAT32, all, outputs)
        .add("sum of g Phi", Precision.FLOAT64, points, points)
        .add("g Phi", Precision.FLOAT64, points, points)
        .add("early forces", Precision.FLOAT64, BLOCKS * points, outputs)
        .add("late forces", Precision.FLOAT64, BLOCKS * points, outputs);
    ParticlePanel.plan(plan, panel, rank, columns);
    DualTilt.plan(plan, readout(network), panel, sites, points, outputs);
    DualHessian.plan(plan, COUNT, pooledRows, points, outputs);
    if (jumps(network, rank)) {
      WellJumps.plan(plan, COUNT, rank);
    }
    return plan;
  }

  /**
   * Starts the neurons from fields of a solution, at the full tilt.
   *
   * @param fields whitened fields of some neurons, row-major, r columns; repeated cyclically
   */
  void startFrom(float[] fields) {
    double[] all = new double[COUNT * xi.columns()];
    for (int i = 0; i < all.length; i++) {
      all[i] = fields[i % fields.length];
    }
    backend.upload(all, xi);
    done = RAMP;
  }

  /**
   * Moves every neuron once; every other time also with the tilt switched off on the way, and
   * between wells.
   */
  void sweep() {
    done++;
    double risen = Math.min(1, done / (double) RAMP);
    backend.copy(memory.get("v"), tilt.dual());
    backend.scale(fullTilt * Math.sqrt(risen), tilt.dual());
    if (done >= RAMP && done % TILT_OFF == 0) {
      samples.moveWithTiltOff();
    }
    samples.move(1, panel -> {});
    if (wells && done >= RAMP && done % JUMP == 0) {
      jump();
    }
    if (done == SETTLED) {
      samples.freeze();
    }
  }

  /** Jumps between the wells found after the rise of the tilt. */
  private void jump() {
    if (jumps == null) {
      jumps =
          new WellJumps(
              backend, problem, memory, xi, factor, memory.get("v, single"), phi, outputs);
    }
    jumps.move(done);
  }

  /**
   * Whether neurons reach all known wells, or wells are no obstacle: wells of a homogeneous
   * activation are cones that meet at the start of a neuron.
   */
  boolean fillWells() {
    return wells || problem.network().activation().isHomogeneous();
  }

  /** Number of sweeps so far. */
  int sweeps() {
    return done;
  }

  /** Resets the averages. */
  void forget() {
    for (int half = 0; half < 2; half++) {
      measured[half] = 0;
      backend.fill(0, forces[half]);
    }
    backend.fill(0, kernel);
  }

  /**
   * Adds the present neurons to the averages.
   *
   * @param half 0 for the early averages, 1 for the late ones
   */
  void measure(int half) {
    measured[half]++;
    int[] row = {0};
    samples.forEach(panel -> row[0] += panel.copyPhi(phi, row[0]));
    Matrix pooled = pool.pool(0);
    backend.gemm(Transpose.NO, Transpose.NO, 1, pooled, memory.get("v, single"), 0, outputs);
    for (int b = 0; b < BLOCKS; b++) {
      int first = b * COUNT / BLOCKS * pooledRows;
      int count = (b + 1) * COUNT / BLOCKS * pooledRows - first;
      backend.crossGram(
          g / count,
          pooled.rowRange(first, count),
          outputs.rowRange(first, count),
          1,
          forces[half].rowRange(b * points, points));
    }
    backend.gram(g / pooled.rows(), pooled, 1, kernel);
  }

  /**
   * tr Y^T dv of each block by the early and by the late averages; NaN if neurons have run away.
   */
  double[][] corrections() {
    double[][] corrections = new double[2][BLOCKS];
    if (!Double.isFinite(backend.sum(kernel))) {
      Arrays.fill(corrections[0], Double.NaN);
      Arrays.fill(corrections[1], Double.NaN);
      return corrections;
    }
    double gamma = problem.options().gamma();
    double kappa = problem.options().kappa();
    Matrix y = memory.get("Y");
    Matrix average = memory.get("g Phi");
    backend.fill(0, average);
    backend.axpy(1.0 / (measured[0] + measured[1]), kernel, average);
    DualHessian hessian =
        new DualHessian(
            backend, memory, pool.pooled(0), outputs, average, kappa, g * g * gamma * gamma);
    Matrix z = hessian.solve(y);
    // tr z^T (Y - kappa v - g < phi a^T >)
    double known = backend.dot(z, y) - kappa * backend.dot(z, memory.get("v"));
    for (int half = 0; half < 2; half++) {
      for (int b = 0; b < BLOCKS; b++) {
        Matrix force = forces[half].rowRange(b * points, points);
        corrections[half][b] = known - backend.dot(z, force) / measured[half];
      }
    }
    return corrections;
  }

  /** Accepted fraction of the last plain moves. */
  double acceptance() {
    return samples.acceptance();
  }

  @Override
  public void close() {
    memory.close();
  }
}
