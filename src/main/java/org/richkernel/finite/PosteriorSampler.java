package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.sampling.FailedCriterion;
import org.richkernel.sampling.Looks;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

/**
 * Chains over the weights that advance together. During burn-in the richness rises and the step
 * adapts; then each chain is measured after every trajectory until all have mixed.
 *
 * <p>A checkpoint holds the state between two sweeps. A resumed run gives the bits of the
 * uninterrupted one at the same number of threads.
 */
final class PosteriorSampler implements AutoCloseable {
  /** Sweeps of the burn-in, in which the step adapts. */
  static final int BURN_IN = 80;

  /** Sweeps of the burn-in during which the richness rises from 0 to gamma. */
  private static final int RAMP = 30;

  /** Number of consecutive checks that must pass. */
  private static final int PASSES = 2;

  /** Columns of {@link #history()}. */
  static final List<String> HISTORY_COLUMNS =
      List.of("sweep", "split_rhat", "effective_samples", "residual");

  private static final Mixing UNKNOWN = new Mixing(Double.NaN, Double.NaN, Double.NaN);

  private static final String WEIGHTS = "weights of chain ";

  private final Backend backend;
  private final PosteriorProblem problem;
  private final Workspace memory;
  private final WeightPosterior posterior;
  private final @Nullable TestPointOutputs testPoints;
  private final List<WeightChain> chains = new ArrayList<>();
  private final PosteriorAverages averages;
  private final List<double[]> history = new ArrayList<>();

  private boolean burningIn = true;
  private boolean done;
  private long sweep; // within the phase
  private int passes;
  private @Nullable Mixing mixing;
  private long nanos;

  /**
   * @param input of the first layer
   */
  PosteriorSampler(
      Backend backend, PosteriorProblem problem, WeightLayout layout, PosteriorInputs input) {
    this.backend = backend;
    this.problem = problem;
    LangevinOptions options = problem.options();
    int count = options.chains();
    MemoryPlan plan = new MemoryPlan();
    planChains(plan, layout, count);
    Workspace chainMemory = new Workspace(backend, plan);
    WeightPosterior density = null;
    TestPointOutputs outputs = null;
    try {
      density = new WeightPosterior(backend, problem, layout, input.factor());
      if (input.test() != null) {
        outputs =
            new TestPointOutputs(
                backend,
                problem.network(),
                problem.sites(),
                layout,
                problem.outputs(),
                input.test());
      }
    } catch (RuntimeException e) {
      // The memory ran out half-way: release the earlier allocations.
      if (density != null) {
        density.close();
      }
      chainMemory.close();
      throw e;
    }
    memory = chainMemory;
    posterior = density;
    testPoints = outputs;
    for (int c = 0; c < count; c++) {
      chains.add(
          new WeightChain(
              backend,
              options.seed(),
              c,
              memory.get(WEIGHTS + c),
              memory.get("uniforms of the Metropolis step"),
              PosteriorAverages.scalars(layout.layers())));
    }
    averages = new PosteriorAverages(problem, outputs);
  }

  /** Peak memory of a solve. */
  static MemoryPlan plan(PosteriorProblem problem, WeightLayout layout) {
    MemoryPlan plan = new MemoryPlan();
    planChains(plan, layout, problem.options().chains());
    WeightPosterior.plan(plan, problem.sites(), layout, problem.points(), problem.outputs());
    int tests = problem.testInputs().rows();
    if (tests > 0) {
      TestPointOutputs.plan(plan, problem.sites(), layout, problem.outputs(), tests);
    }
    return plan.addHost(PosteriorAverages.bytes(problem));
  }

  private static void planChains(MemoryPlan plan, WeightLayout layout, int chains) {
    for (int c = 0; c < chains; c++) {
      plan.add(WEIGHTS + c, Precision.FLOAT32, layout.width(), layout.columns());
    }
    plan.add("uniforms of the Metropolis step", Precision.FLOAT32, 1, 2);
  }

  /** Runs to the end, or to a stop; returns the reason. */
  StopReason run(RunControl control) {
    long start = System.nanoTime();
    StopReason reason = runSweeps(control);
    nanos = System.nanoTime() - start;
    return reason;
  }

  private StopReason runSweeps(RunControl control) {
    Optional<SolverState> saved = control.checkpoints().load();
    if (saved.isPresent()) {
      restore(saved.get());
    } else {
      chains.forEach(WeightChain::start);
    }
    while (!done) {
      if (control.stop().isRaised()) {
        control.checkpoints().save(iterations(), state());
        return StopReason.INTERRUPTED;
      }
      sweep();
      control.listener().progress(progress());
      if (control.checkpoints().due()) {
        control.checkpoints().save(iterations(), state());
      }
    }
    return passes >= PASSES ? StopReason.CONVERGED : StopReason.BUDGET;
  }

  private void sweep() {
    sweep++;
    if (burningIn) {
      posterior.ramp(Math.min(1, sweep / (double) RAMP));
      chains.forEach(chain -> chain.move(posterior));
      if (sweep == BURN_IN) {
        chains.forEach(WeightChain::freeze);
        burningIn = false;
        sweep = 0;
      }
      return;
    }
    posterior.ramp(1);
    for (WeightChain chain : chains) {
      chain.move(posterior);
      averages.measure(posterior, chain);
    }
    boolean last = sweep == problem.options().maxSweeps();
    if (sweep == nextLook() || last) {
      look();
    }
    done = last || passes == PASSES;
  }

  private long nextLook() {
    return Looks.after(history.isEmpty() ? 0 : (long) history.get(history.size() - 1)[0]);
  }

  /** Judges the averages so far. */
  private void look() {
    Mixing seen = sweep < 4 ? UNKNOWN : averages.mixing(chains);
    mixing = seen;
    history.add(
        new double[] {sweep, seen.splitRhat(), seen.effectiveSamples(), seen.kernelError()});
    passes = seen.passes(problem.options().tolerance()) ? passes + 1 : 0;
  }

  private Progress progress() {
    double acceptance = 0;
    for (WeightChain chain : chains) {
      acceptance += chain.acceptance() / chains.size();
    }
    return new Progress(
        burningIn ? "burn-in" : "sampling",
        problem.options().gamma(),
        iterations(),
        BURN_IN + (done ? sweep : problem.options().maxSweeps()),
        acceptance,
        mixing == null ? Double.NaN : mixing.kernelError(),
        mixing == null ? "" : FailedCriterion.brief(mixing.failed(problem.options().tolerance())));
  }

  /** Sweeps done in all phases. */
  long iterations() {
    return burningIn ? sweep : BURN_IN + sweep;
  }

  /** Sweeps that were measured. */
  long measured() {
    return burningIn ? 0 : sweep;
  }

  private SolverState state() {
    SolverState state = new SolverState();
    state.put("phase", burningIn ? 1 : 0, sweep, passes, done ? 1 : 0, history.size());
    for (int i = 0; i < history.size(); i++) {
      state.put("history_" + i, history.get(i));
    }
    for (int c = 0; c < chains.size(); c++) {
      chains.get(c).save(state, "chain_" + c);
    }
    averages.save(state);
    return state;
  }

  private void restore(SolverState state) {
    double[] numbers = state.doubles("phase");
    burningIn = numbers[0] != 0;
    sweep = (long) numbers[1];
    passes = (int) numbers[2];
    done = numbers[3] != 0;
    for (int i = 0; i < (int) numbers[4]; i++) {
      history.add(state.doubles("history_" + i));
    }
    if (!history.isEmpty()) {
      double[] last = history.get(history.size() - 1);
      mixing = new Mixing(last[1], last[2], last[3]);
    }
    for (int c = 0; c < chains.size(); c++) {
      chains.get(c).restore(state, "chain_" + c);
    }
    averages.restore(state);
  }

  /** Result of the last check. */
  Mixing mixing() {
    return mixing == null ? UNKNOWN : mixing;
  }

  List<WeightChain> chains() {
    return chains;
  }

  /** The averages. */
  PosteriorAverages averages() {
    return averages;
  }

  /** Rows of the convergence table, one per check, with the columns {@link #HISTORY_COLUMNS}. */
  List<double[]> history() {
    return history;
  }

  /** Wall-clock seconds of this process, since the resume in a resumed run. */
  double seconds() {
    return nanos * 1e-9;
  }

  /** Present weights and readout of a chain as a network of an ensemble. */
  NetworkEnsemble.Member member(WeightChain chain, double weight) {
    posterior.use(chain.weights());
    posterior.visit();
    List<float[]> layers = new ArrayList<>();
    posterior.hidden().weights().forEach(w -> layers.add(download(w)));
    float[] readout = download(posterior.outputWeights());
    for (int i = 0; i < readout.length; i++) {
      readout[i] *= (float) weight;
    }
    return new NetworkEnsemble.Member(layers, readout);
  }

  private float[] download(Matrix matrix) {
    float[] values = new float[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  @Override
  public void close() {
    if (testPoints != null) {
      testPoints.close();
    }
    posterior.close();
    memory.close();
  }
}
