package org.richkernel.bayes.sweep;

import java.util.List;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.WellFinder;
import org.richkernel.bayes.WellMixture;
import org.richkernel.bayes.WellProposals;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Jumps of independent neurons between the wells of N(xi; 0, 1) exp(U), U = g gamma^2 |v^T phi(F
 * xi)|^2 / 2 at a fixed v. A neuron goes from xi to a draw xi' of a {@link WellMixture} q with
 * probability
 *
 * <pre>  min(1, exp(U' - U) (q / N)(xi) / (q / N)(xi')),</pre>
 *
 * <p>N the prior, which keeps the density exactly invariant.
 */
final class WellJumps {
  private final Backend backend;
  private final AdaptiveProblem problem;
  private final Matrix xi;
  private final Matrix factor;
  private final Matrix v;
  private final Matrix phi;
  private final Matrix outputs;
  private final WellProposals proposals;
  private final WellMixture mixture;

  /**
   * Searches the wells, also from the present neurons.
   *
   * @param memory with the matrices of {@link #plan}
   * @param xi neurons, M x r, float32
   * @param factor F, P x r, float32
   * @param v P x K, float32
   * @param phi scratch, at least 2 x P, float32; more rows let more neurons jump at once
   * @param outputs scratch, as many rows x K, float32
   */
  WellJumps(
      Backend backend,
      AdaptiveProblem problem,
      Workspace memory,
      Matrix xi,
      Matrix factor,
      Matrix v,
      Matrix phi,
      Matrix outputs) {
    this.backend = backend;
    this.problem = problem;
    this.xi = xi;
    this.factor = factor;
    this.v = v;
    this.phi = phi;
    this.outputs = outputs;
    proposals = new WellProposals(backend, memory);
    float[] fields = new float[Math.toIntExact(xi.size())];
    backend.download(xi, fields);
    double[] dual = new double[Math.toIntExact(v.size())];
    backend.download(v, dual);
    mixture =
        new WellFinder(backend, memory, problem.network().activation(), factor, strength())
            .find(
                dual, List.of(fields), problem.options().seed(), RandomStreams.AUDIT_WELL_START, 0);
  }

  /**
   * Adds the memory of jumps, without the scratch of the constructor, to a plan.
   *
   * @param rows of the scratch
   * @param rank r
   */
  static void plan(MemoryPlan plan, int rows, int rank) {
    WellFinder.plan(plan, rank);
    WellProposals.plan(plan, rows / 2, rank);
  }

  private double strength() {
    double gamma = problem.options().gamma();
    return gamma * gamma * problem.network().weightVariance(1);
  }

  /**
   * Proposes a jump to every neuron.
   *
   * @param round counter of the random streams, used once
   */
  void move(long round) {
    if (!mixture.hasAny()) {
      return;
    }
    WellProposals.Draw draw =
        new WellProposals.Draw(
            problem.options().seed(),
            RandomStreams.stream(RandomStreams.AUDIT_WELL_CHOICE, 0, round),
            RandomStreams.stream(RandomStreams.AUDIT_WELL_FIELD, 0, round));
    int most = phi.rows() / 2;
    for (int first = 0; first < xi.rows(); first += most) {
      move(xi.rowRange(first, Math.min(most, xi.rows() - first)), draw, first);
    }
  }

  private void move(Matrix own, WellProposals.Draw draw, int first) {
    WellProposals.Block block = proposals.propose(own, mixture, draw, first);
    int b = own.rows();
    double[] energy = energies(block.fields());
    for (int i = 0; i < b; i++) {
      block.decide(i, energy[b + i] - energy[i]);
    }
    block.takeUp();
  }

  /** U of some fields. */
  private double[] energies(Matrix fields) {
    int rows = fields.rows();
    int columns = outputs.columns();
    Matrix features = phi.rowRange(0, rows);
    Matrix fits = outputs.rowRange(0, rows);
    backend.gemm(Transpose.NO, Transpose.YES, 1, fields, factor, 0, features);
    backend.activate(problem.network().activation(), features, features);
    backend.gemm(Transpose.NO, Transpose.NO, 1, features, v, 0, fits);
    float[] a = new float[rows * columns];
    backend.download(fits, a);
    double[] energies = new double[rows];
    for (int i = 0; i < a.length; i++) {
      energies[i / columns] += 0.5 * strength() * a[i] * a[i];
    }
    return energies;
  }
}
