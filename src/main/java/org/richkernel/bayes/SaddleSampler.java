package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.FailedCriterion;
import org.richkernel.sampling.Looks;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

/**
 * Finds the saddle point of a network by sampling with two chains at S samples and two at S/4:
 * burn-in, averages until the certificate passes, extrapolation. A posterior at finite width has
 * chains at S alone.
 *
 * <p>A checkpoint holds the state between two sweeps. A resumed run gives the bits of the
 * uninterrupted one at the same number of threads.
 */
final class SaddleSampler implements AutoCloseable {
  /** Sweeps between two snapshots, and least number between two tests of the certificate. */
  static final int ROUND = Looks.ROUND;

  /** Columns of {@link #history()}. */
  static final List<String> HISTORY_COLUMNS =
      List.of("sweep", "residual", "residual_error", "r_hat", "effective_sweeps", "largest_share");

  private enum Phase {
    BURN_IN,
    SAMPLING,
    DONE
  }

  private final SaddleOptions options;
  private final ChainEnsemble chains;
  private final @Nullable WarmStart start;
  private final Annealing annealing;

  private Phase phase = Phase.BURN_IN;
  private long sweep; // within the phase
  private boolean certified;
  private long nextLook = Looks.after(0);
  private long nextVerdict = Certificate.FEWEST_SWEEPS; // on the burn-in, in measured sweeps
  private final List<double[]> history = new ArrayList<>();
  private @Nullable SaddleEstimate estimate;
  private @Nullable Certificate certificate;
  private long nanos;
  private double files; // seconds that checkpoints took
  private final Map<String, Double> inAdvance = new LinkedHashMap<>(); // seconds by part

  /**
   * A solve that starts from the prior.
   *
   * @param y targets, row-major P x K
   * @param test coordinates of the test points; null when there are none
   */
  SaddleSampler(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      SaddleOptions options,
      InputFactor.@Nullable Coordinates test) {
    this(backend, network, input, y, options, test, null, 0);
  }

  /**
   * A solve among several.
   *
   * @param start populations to start from; null for a draw of the prior
   * @param run index of the solve, part of the key of its random streams
   */
  SaddleSampler(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      SaddleOptions options,
      InputFactor.@Nullable Coordinates test,
      @Nullable WarmStart start,
      int run) {
    this(backend, network, SampledInputs.dense(input, test), y, options, start, run);
  }

  /**
   * A solve of any network among several.
   *
   * @param y targets, row-major P x K
   * @param start populations to start from; null for a draw of the prior
   * @param run index of the solve, part of the key of its random streams
   */
  SaddleSampler(
      Backend backend,
      NetworkSpec network,
      SampledInputs inputs,
      double[] y,
      SaddleOptions options,
      @Nullable WarmStart start,
      int run) {
    this.options = options;
    this.start = start;
    // populations of one layer move in blocks, several moves to a sweep; other populations move at
    // once
    int layers = network.convolutions().isPresent() ? 2 : network.hiddenLayers();
    annealing =
        start == null
            ? Annealing.fromPrior(layers, options)
            : Annealing.from(start, layers, options);
    chains = new ChainEnsemble(backend, network, inputs, y, options, run);
  }

  /** Runs to the end, or to a stop; returns the reason. */
  StopReason run(RunControl control) {
    long begin = System.nanoTime();
    double before = control.checkpoints().seconds();
    StopReason stop = runPhases(control);
    nanos = System.nanoTime() - begin;
    files = control.checkpoints().seconds() - before;
    return stop;
  }

  private StopReason runPhases(RunControl control) {
    Optional<SolverState> saved = control.checkpoints().load();
    if (saved.isPresent()) {
      restore(saved.get());
    } else {
      chains.start(start, annealing.at(0, false));
    }
    boolean stopped = isStopped(control);
    while (phase != Phase.DONE && !stopped) {
      step();
      control.listener().progress(progress());
      // ranks that differ keep no state
      stopped = isStopped(control);
      boolean last = phase == Phase.DONE;
      if (control.checkpoints().due() || (last && control.checkpoints().keepsEnd())) {
        control.checkpoints().save(iterations(), state());
      }
    }
    if (phase != Phase.DONE) {
      control.checkpoints().save(iterations(), state());
      return StopReason.INTERRUPTED;
    }
    return certified ? StopReason.CONVERGED : StopReason.BUDGET;
  }

  private boolean isStopped(RunControl control) {
    return control.stop().isRaised("sweep " + iterations(), this::motion);
  }

  /** State that determines the next sweep. */
  private SolverState motion() {
    SolverState state = new SolverState().put("phase", stage());
    chains.saveMotion(state);
    return state;
  }

  /** One sweep of the present phase, and the change to the next phase if due. */
  private void step() {
    sweep++;
    switch (phase) {
      case BURN_IN -> {
        chains.burnIn(annealing, sweep);
        if (annealing.isSearched(sweep)) {
          chains.searchWells();
        }
        if (sweep == annealing.sweeps()) {
          chains.move(SamplingChain::freeze);
          phase = Phase.SAMPLING;
          sweep = 0;
        }
      }
      case SAMPLING -> {
        chains.sweep();
        boolean last = sweep == options.maxSweeps();
        if (sweep % ROUND == 0 || last) {
          chains.keepSnapshots();
        }
        if (sweep == nextLook || last) {
          Certificate found = look();
          last |= found.isBeyondSweeps(options.tolerance());
          nextLook = Looks.after(sweep);
        }
        if (certified || last) {
          phase = Phase.DONE;
        } else if (isDueForBurnIn()) {
          chains.searchWells();
          chains.discard();
          nextVerdict = Certificate.FEWEST_SWEEPS;
        } else if (sweep % ROUND == 0 && options.maxSweeps() - sweep >= ROUND) {
          chains.followMeanDual();
        }
      }
      case DONE -> throw new IllegalStateException("the solve has ended");
    }
  }

  /**
   * Whether the sweeps measured so far belong to the burn-in. The test is made each time their
   * number has doubled, while enough sweeps are left for averages.
   */
  private boolean isDueForBurnIn() {
    long measured = chains.large()[0].measured();
    if (measured < nextVerdict) {
      return false;
    }
    nextVerdict = 2 * measured;
    return options.maxSweeps() - sweep >= Certificate.FEWEST_SWEEPS
        && new ConvergenceTests(estimate()).isStillBurningIn();
  }

  /** Tests the averages so far. */
  private Certificate look() {
    estimate = chains.estimate();
    Certificate found = chains.certificate(estimate);
    certificate = found;
    history.add(
        new double[] {
          sweep,
          found.residual(),
          found.residualError(),
          found.mixing().rHat(),
          found.effectiveSweeps(),
          found.largestShare()
        });
    certified = found.failures(options.tolerance()).isEmpty();
    return found;
  }

  private Progress progress() {
    String name = phase == Phase.BURN_IN ? "burn-in" : "sampling";
    double latest = certificate == null ? Double.NaN : certificate.residual();
    return new Progress(
        name,
        phase == Phase.BURN_IN ? annealing.at(sweep, false).gamma() : options.gamma(),
        iterations(),
        annealing.sweeps() + (phase == Phase.DONE ? sweep : options.maxSweeps()),
        chains.acceptance(),
        latest,
        certificate == null || certified
            ? ""
            : FailedCriterion.brief(certificate.failed(options.tolerance())));
  }

  /** Number of sweeps done in all phases. */
  long iterations() {
    return phase == Phase.BURN_IN ? sweep : annealing.sweeps() + sweep;
  }

  private double[] stage() {
    return new double[] {
      phase.ordinal(), sweep, nextVerdict, nextLook, certified ? 1 : 0, history.size()
    };
  }

  private SolverState state() {
    SolverState state = new SolverState();
    state.put("phase", stage());
    for (int i = 0; i < history.size(); i++) {
      state.put("history_" + i, history.get(i));
    }
    chains.save(state);
    return state;
  }

  private void restore(SolverState state) {
    double[] numbers = state.doubles("phase");
    phase = Phase.values()[(int) numbers[0]];
    sweep = (long) numbers[1];
    nextVerdict = (long) numbers[2];
    nextLook = (long) numbers[3];
    certified = numbers[4] != 0;
    for (int i = 0; i < (int) numbers[5]; i++) {
      history.add(state.doubles("history_" + i));
    }
    chains.restore(state);
    if (chains.large()[0].measured() > 0) {
      estimate = chains.estimate();
      certificate = chains.certificate(estimate);
    }
  }

  /**
   * Wall-clock seconds of this process by part, means over the devices, since the resume in a
   * resumed run.
   */
  Map<String, Double> seconds() {
    double gram = chains.gramNanos() * 1e-9;
    double solve = chains.solveNanos() * 1e-9;
    Map<String, Double> parts = new LinkedHashMap<>(inAdvance);
    parts.put("sampling", Math.max(0, nanos * 1e-9 - files - gram - solve));
    parts.put("gram", gram);
    parts.put("solve", solve);
    return parts;
  }

  /** Adds a part of the time before the sampling. */
  void addSeconds(String part, double seconds) {
    inAdvance.put(part, seconds);
  }

  SaddleEstimate estimate() {
    if (estimate == null) {
      throw new IllegalStateException("no estimate before the first look");
    }
    return estimate;
  }

  /** The last tests. */
  Certificate certificate() {
    if (certificate == null) {
      throw new IllegalStateException("no certificate before the first look");
    }
    return certificate;
  }

  ChainEnsemble chains() {
    return chains;
  }

  /** Rows of the convergence table, one per test, with the columns {@link #HISTORY_COLUMNS}. */
  List<double[]> history() {
    return history;
  }

  @Override
  public void close() {
    chains.close();
  }
}
