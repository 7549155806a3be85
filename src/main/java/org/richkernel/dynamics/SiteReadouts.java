package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteReadout;
import org.richkernel.solver.SolverState;

/**
 * The readouts z_k = w_k + ... of one population, Markovian: gradient descent updates them step by
 * step. A flattened readout has one for each site, a pooled one has the same at all sites; f_k = c
 * / (gamma S) sum_a &lt;z_ka phi_a&gt; with c = 1 / sqrt(s) or 1 / s.
 */
final class SiteReadouts {
  private static final String READOUT = "readout";
  private static final String DIRECTIONS = "directions";
  private static final String PULL = "readout pull";

  private final Backend backend;
  private final DynamicsOptions options;
  private final SiteColumns columns;
  private final int layers;
  private final int samples;
  private final int sites; // s
  private final int readoutSites; // with readouts of their own
  private final double scale; // c
  private final int outputCount; // K
  private final Matrix readout; // z_k of each site, S x (sites K)
  private final Matrix directions; // M x K, float32
  private final Matrix readoutPull; // B x K, float32

  /** Adds the readouts and their copy in a checkpoint to a plan. */
  static void plan(MemoryPlan plan, DynamicsProblem problem, int samples) {
    int outputs = problem.outputs();
    int all = Math.multiplyExact(problem.sites().readoutSites(), outputs);
    plan.add(READOUT, Precision.FLOAT32, samples, all)
        .add(DIRECTIONS, Precision.FLOAT32, problem.points(), outputs)
        .add(PULL, Precision.FLOAT32, problem.batches().size(), outputs)
        .addHost((long) samples * all * Float.BYTES);
  }

  SiteReadouts(
      Backend backend,
      DynamicsProblem problem,
      Workspace memory,
      SiteColumns columns,
      int samples) {
    this.backend = backend;
    this.columns = columns;
    this.samples = samples;
    options = problem.options();
    NetworkSites network = problem.sites();
    layers = network.layers();
    sites = network.sites(layers);
    readoutSites = network.readout() == SiteReadout.GAP ? 1 : sites;
    scale = network.readoutScale();
    outputCount = problem.outputs();
    readout = memory.get(READOUT).rowRange(0, samples);
    directions = memory.get(DIRECTIONS);
    readoutPull = memory.get(PULL);
  }

  /** Draws w_k once. */
  void draw(long firstSample) {
    backend.fillGaussian(
        options.seed(),
        RandomStreams.stream(RandomStreams.DYNAMICS_BACKWARD_FIELD, layers, 0),
        firstSample,
        readout);
  }

  /** z_k of a site, S x K. */
  private Matrix at(int site) {
    return readout.view(0, samples, site % readoutSites * outputCount, outputCount);
  }

  /**
   * f_k of the present points.
   *
   * @param phi of the last layer, S x (M s)
   * @param outputs M x K
   */
  void outputs(Matrix phi, Matrix outputs) {
    double factor = scale / (options.gamma() * samples);
    for (int a = 0; a < sites; a++) {
      backend.crossGram(factor, columns.at(a, sites, phi), at(a), a == 0 ? 0 : 1, outputs);
    }
  }

  /**
   * g^L = c phi'(h^L) sum_k c_k z_k.
   *
   * @param c directions of the points, row-major M x K
   * @param slope phi'(h^L) of some points, S x (m s)
   * @param scratch S x m
   * @param g S x (m s)
   */
  void pull(double[] c, Matrix slope, Matrix scratch, Matrix g) {
    backend.copy(slope, g);
    if (outputCount > 1) {
      backend.upload(c, directions);
    }
    for (int a = 0; a < sites; a++) {
      Matrix own = columns.at(a, sites, g);
      if (outputCount == 1) {
        backend.scaleRows(at(a), own);
      } else {
        Matrix some = directions.rowRange(0, own.columns());
        backend.gemm(Transpose.NO, Transpose.YES, 1, at(a), some, 0, scratch);
        backend.multiply(scratch, own);
      }
      if (sites > 1) {
        backend.scale(scale, own);
        backend.scatterColumns(own, SiteColumns.ofSite(a, sites, own.columns()), g);
      }
    }
  }

  /**
   * One step of gradient descent, z_k = rho z_k + eta gamma c sum_mu Delta_mu k phi_mu.
   *
   * @param phi of the driving points in the last layer, S x (B s)
   */
  void learn(Pulls pulls, Matrix phi) {
    int driving = pulls.strength().length;
    double rate = options.stepSize() * options.gamma();
    double[] top = new double[driving * outputCount];
    for (int i = 0; i < driving; i++) {
      double weight = rate * pulls.strength()[i];
      for (int k = 0; k < outputCount; k++) {
        top[i * outputCount + k] = scale * (weight * pulls.directions()[i * outputCount + k]);
      }
    }
    backend.upload(top, readoutPull);
    for (int a = 0; a < sites; a++) {
      double retention = a < readoutSites ? options.retention() : 1;
      Matrix own = columns.at(a, sites, phi);
      backend.gemm(Transpose.NO, Transpose.NO, 1, own, readoutPull, retention, at(a));
    }
  }

  /** Adds the readouts to a checkpoint. */
  void save(SolverState state) {
    SavedMatrix.save(backend, state, READOUT, readout);
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    SavedMatrix.restore(backend, state, READOUT, readout);
  }
}
