package org.richkernel.bayes;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.DualAveraging;
import org.richkernel.solver.SolverState;

/**
 * Second half of the certificate: the kernel estimated anew from samples of the single-site density
 * at the saddle's own dual vector.
 *
 * <p>At a saddle the two must agree, Y = (g Phi_v + kappa) v with Phi_v = &lt;phi phi^T&gt; under
 * exp(gamma^2 g |v^T phi|^2 / 2) N(0, Sigma): up to the factor gamma^2 this residual is the
 * gradient of the concave function whose maximum the saddle is. Samples are independent, so there
 * is no error of order 1/S.
 */
final class FreshSamples implements AutoCloseable {
  /** Sweeps that forget where the samples came from. */
  static final int BURN_IN = 20;

  /** Sweeps that are averaged. */
  static final int SWEEPS = 60;

  private static final int FIRST_STREAM = 1000;

  private final Backend backend;
  private final FrozenTilt tilt;
  private final FieldPopulation[] populations;
  private final CollectiveHmc[] samplers;
  private final DualAveraging[] adaptation;
  private final Workspace memory;
  private final Matrix[] sums;
  private final Matrix kernel;
  private final double readoutVariance;
  private final int leapfrogs;
  private long sweeps;

  FreshSamples(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] v,
      double gamma,
      double readoutVariance,
      FieldPopulation[] populations,
      int blockRows,
      long seed,
      double[] steps,
      int leapfrogs) {
    this.backend = backend;
    this.populations = populations;
    this.readoutVariance = readoutVariance;
    this.leapfrogs = leapfrogs;
    tilt =
        new FrozenTilt(backend, activation, input, v, gamma * gamma * readoutVariance, blockRows);
    int count = populations.length;
    samplers = new CollectiveHmc[count];
    adaptation = new DualAveraging[count];
    MemoryPlan plan = new MemoryPlan();
    plan(plan, count, input.points());
    memory = new Workspace(backend, plan);
    kernel = memory.get("fresh kernel");
    sums = new Matrix[count];
    for (int c = 0; c < count; c++) {
      samplers[c] = new CollectiveHmc(backend, seed, FIRST_STREAM + c);
      adaptation[c] = new DualAveraging(SamplingChain.TARGET_ACCEPTANCE, steps[c], 1.0);
      sums[c] = memory.get("sum of fresh kernels " + c);
    }
  }

  static void plan(MemoryPlan plan, int chains, int points) {
    plan.add("fresh kernel", Precision.FLOAT64, points, points);
    for (int c = 0; c < chains; c++) {
      plan.add("sum of fresh kernels " + c, Precision.FLOAT64, points, points);
    }
  }

  /** Whether all sweeps are done. */
  boolean done() {
    return sweeps >= BURN_IN + SWEEPS;
  }

  long sweeps() {
    return sweeps;
  }

  /** One sweep of every population. */
  void sweep() {
    boolean adapting = sweeps < BURN_IN;
    for (int c = 0; c < populations.length; c++) {
      tilt.use(populations[c]);
      double step = adapting ? adaptation[c].current() : adaptation[c].settled();
      for (int block = 0; block < tilt.blocks(); block++) {
        double acceptance = samplers[c].move(tilt, block, sweeps, step, leapfrogs);
        if (adapting) {
          adaptation[c].observe(acceptance);
        }
      }
      if (!adapting) {
        tilt.kernel(readoutVariance / populations[c].samples(), kernel);
        backend.axpy(1, kernel, sums[c]);
      }
    }
    sweeps++;
  }

  double acceptance() {
    double sum = 0;
    for (CollectiveHmc sampler : samplers) {
      sum += sampler.acceptance() / samplers.length;
    }
    return sum;
  }

  /** Mean of g Phi over the averaged sweeps of one chain, P x P. */
  double[] meanKernel(int chain) {
    double[] mean = new double[Math.toIntExact(sums[chain].size())];
    backend.download(sums[chain], mean);
    for (int i = 0; i < mean.length; i++) {
      mean[i] /= SWEEPS;
    }
    return mean;
  }

  void save(SolverState state) {
    state.put("fresh_sweeps", (double) sweeps);
    for (int c = 0; c < populations.length; c++) {
      double[] sum = new double[Math.toIntExact(sums[c].size())];
      backend.download(sums[c], sum);
      state.put("fresh_sum_" + c, sum);
      state.put("fresh_adaptation_" + c, adaptation[c].state());
      state.put("fresh_acceptance_" + c, samplers[c].state());
    }
  }

  void restore(SolverState state) {
    sweeps = (long) state.number("fresh_sweeps");
    for (int c = 0; c < populations.length; c++) {
      backend.upload(state.doubles("fresh_sum_" + c), sums[c]);
      adaptation[c].restore(state.doubles("fresh_adaptation_" + c));
      samplers[c].restore(state.doubles("fresh_acceptance_" + c));
    }
  }

  @Override
  public void close() {
    for (CollectiveHmc sampler : samplers) {
      sampler.close();
    }
    tilt.close();
    memory.close();
  }
}
