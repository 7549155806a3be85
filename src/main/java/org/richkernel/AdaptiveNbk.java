package org.richkernel;

import java.util.Optional;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.LargeData;
import org.richkernel.bayes.ReadoutForm;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.Search;
import org.richkernel.bayes.SearchSolver;
import org.richkernel.bayes.sweep.AuditResult;
import org.richkernel.bayes.sweep.CrossCheck;
import org.richkernel.bayes.sweep.CrossCheckSolver;
import org.richkernel.bayes.sweep.SaddleAudit;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.fit.AuditTable;
import org.richkernel.fit.BesideLazy;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.LazyFit;
import org.richkernel.fit.Points;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.FieldForm;

/**
 * The adaptive neural Bayesian kernel (aNBK; Lauditi, Bordelon and Pehlevan, arXiv:2502.07998): the
 * feature kernel that a network of infinite width learns at richness gamma, and its predictor f(x)
 * = g k(x)^T (g Phi + kappa)^{-1} y. gamma = 0 is the NNGP. Immutable; every setter returns a
 * changed copy and throws {@link InvalidProblemException} for a value out of range.
 */
public final class AdaptiveNbk {
  private static final String LESS_MEMORY = "lower samples or the number of training points";

  private final NetworkSpec network;
  private final SaddleOptions options;
  private final Search search;

  private AdaptiveNbk(NetworkSpec network, SaddleOptions options, Search search) {
    this.network = network;
    this.options = options;
    this.search = search;
  }

  /**
   * gamma = 1, beta = 100, 2000 samples, tolerance 0.01, seed 0, the cheaper form of the readout,
   * and a second start where a second solution is possible.
   */
  public static AdaptiveNbk of(NetworkSpec network) {
    return new AdaptiveNbk(network, SaddleOptions.usual(), Search.usual());
  }

  /** Sets all options at once. */
  public AdaptiveNbk options(SaddleOptions all) {
    return new AdaptiveNbk(network, all, search);
  }

  /**
   * Adds a path of richnesses, a warm start, a second start, a selection, a cross-check or an
   * audit. A path replaces gamma by its last richness, a selection gamma and beta by its best
   * candidate.
   */
  public AdaptiveNbk search(Search more) {
    SaddleOptions own = more.path().map(path -> options.withGamma(path.to())).orElse(options);
    return new AdaptiveNbk(network, own, more);
  }

  /** Sets the richness, at least 0. */
  public AdaptiveNbk gamma(double gamma) {
    return options(options.withGamma(gamma));
  }

  /** Sets the inverse noise; kappa = 1 / beta. */
  public AdaptiveNbk beta(double beta) {
    return options(options.withBeta(beta));
  }

  /** Sets S, the larger number of samples of the extrapolation; a multiple of 4. */
  public AdaptiveNbk samples(int samples) {
    return options(options.withSamples(samples));
  }

  /** Sets the key of all random streams. */
  public AdaptiveNbk seed(long seed) {
    return options(options.withSeed(seed));
  }

  /** Sets the largest relative residual of the saddle equations. */
  public AdaptiveNbk tolerance(double tolerance) {
    return options(options.withTolerance(tolerance));
  }

  /** Sets the most sweeps per chain after burn-in. */
  public AdaptiveNbk maxSweeps(int sweeps) {
    return options(options.withMaxSweeps(sweeps));
  }

  /**
   * Sets the weight d of (d K / 2) ln det(g Phi + kappa): 1 with {@code samples} = N is the
   * posterior of a network of width N.
   */
  public AdaptiveNbk determinantWeight(double d) {
    return options(options.withDeterminantWeight(d));
  }

  /** Sets the form of the readout, and the largest P at which the dual form computes kernels. */
  public AdaptiveNbk largeData(LargeData about) {
    return options(options.withLargeData(about));
  }

  /** Form in which {@link #fit} will integrate the readout out; empty for closed forms. */
  public Optional<ReadoutForm> form(Datasets data, Backend backend) {
    return new AdaptiveNbkSolver(backend, problem(Points.of(data))).form();
  }

  /**
   * Parametrization of the layers above the first in {@link #fit}; empty for closed forms and one
   * hidden layer.
   */
  public Optional<FieldForm> fields(Datasets data, Backend backend) {
    return new AdaptiveNbkSolver(backend, problem(Points.of(data))).fields();
  }

  /** Advice if {@link #fit} will hardly move, for lack of samples in whitened fields. */
  public Optional<String> stiffness(Datasets data, Backend backend) {
    return new AdaptiveNbkSolver(backend, problem(Points.of(data))).stiffness();
  }

  /** Number of devices over which {@link #fit} will spread the points of each chain. */
  public int spread(Datasets data, Backend backend) {
    return new AdaptiveNbkSolver(backend, problem(Points.of(data))).spread();
  }

  /** Whether {@link #fit} will return P x P kernels and fit the NNGP for comparison. */
  public boolean formsKernels(Datasets data, Backend backend) {
    return new AdaptiveNbkSolver(backend, problem(Points.of(data))).formsKernels();
  }

  /** Peak memory of {@link #fit} while it samples. */
  public MemoryPlan plan(Datasets data, Backend backend) {
    AdaptiveProblem problem = problem(Points.of(data));
    SearchSolver solver = new SearchSolver(backend, problem, search);
    MemoryPlan plan = new AdaptiveNbkSolver(backend, problem).plan();
    if (search.start().isPresent()) {
      plan.requireFits(backend, LESS_MEMORY);
      solver.requireStart();
    }
    long points = problem.trainInputs().rows();
    long solutions =
        search.path().map(path -> (long) path.count()).orElse(0L)
            + search
                .selection()
                .map(choice -> (long) choice.gammas().size() * choice.betas().size())
                .orElse(0L);
    plan.addHost(solver.keptBytes());
    return plan.addHost(solutions * network.hiddenLayers() * points * points * Double.BYTES);
  }

  /** Peak memory of the NNGP fit, with the kernels of the aNBK still held. */
  public MemoryPlan initialPlan(Datasets data, Backend backend) {
    long points = data.train().points();
    return LazyRegression.of(network)
        .kappa(options.kappa())
        .plan(data, backend)
        .addHost(network.hiddenLayers() * points * points * Double.BYTES);
  }

  /**
   * Peak memory of the cross-check after the sampling; empty if no cross-check was requested.
   *
   * @throws org.richkernel.network.InvalidProblemException if the problem cannot be checked
   */
  public Optional<MemoryPlan> crossCheckPlan(Datasets data, Backend backend) {
    return checker(problem(Points.of(data)), backend).map(CrossCheckSolver::plan);
  }

  private Optional<CrossCheckSolver> checker(AdaptiveProblem problem, Backend backend) {
    if (search.crossCheck()) {
      network.requireDense("--cross-check", "leave it out");
    }
    return search.crossCheck()
        ? Optional.of(new CrossCheckSolver(backend, problem))
        : Optional.empty();
  }

  /**
   * Peak memory of the audit after the sampling; empty if no audit was requested.
   *
   * @throws org.richkernel.network.InvalidProblemException if the problem cannot be audited
   */
  public Optional<MemoryPlan> auditPlan(Datasets data, Backend backend) {
    return auditor(problem(Points.of(data)), backend).map(SaddleAudit::plan);
  }

  private Optional<SaddleAudit> auditor(AdaptiveProblem problem, Backend backend) {
    return search.audit() ? Optional.of(new SaddleAudit(backend, problem)) : Optional.empty();
  }

  /**
   * Fits the training set, predicts the test set, and fits the NNGP for comparison if {@link
   * #formsKernels}.
   *
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if memory would not suffice
   * @throws InterruptedRunException if the thread is interrupted
   */
  public AdaptiveNbkFit fit(Datasets data, Backend backend) {
    return fit(data, backend, RunControl.silent()).orElseThrow(InterruptedRunException::new);
  }

  /**
   * The same with progress, a stop signal and checkpoints. A cross-check is not checkpointed: if
   * stopped, it starts again from the checkpointed solution.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public Optional<AdaptiveNbkFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    AdaptiveProblem problem = problem(points);
    Optional<CrossCheckSolver> checker = checker(problem, backend);
    checker.ifPresent(check -> check.plan().requireFits(backend, LESS_MEMORY));
    Optional<SaddleAudit> auditor = auditor(problem, backend);
    auditor.ifPresent(audit -> audit.plan().requireFits(backend, LESS_MEMORY));
    RunControl sampling =
        checker.isEmpty() && auditor.isEmpty()
            ? control
            : new RunControl(
                control.listener(),
                control.stop(),
                CheckpointStore.keepingEnd(control.checkpoints()));
    Search.Outcome outcome =
        new SearchSolver(backend, problem, search).solve(sampling).orElse(null);
    if (outcome == null) {
      return Optional.empty();
    }
    Optional<CrossCheck> check =
        checker.flatMap(solver -> solver.solve(outcome.solution(), control));
    if (checker.isPresent() && check.isEmpty()) {
      return Optional.empty();
    }
    // without convergence there is no error estimate to compare an audit with
    boolean audited = auditor.isPresent() && outcome.converged();
    Optional<AuditResult> audit =
        audited ? auditor.get().solve(outcome.solution(), control) : Optional.empty();
    if (audited && audit.isEmpty()) {
      return Optional.empty();
    }
    Optional<LazyFit> lazy =
        new AdaptiveNbkSolver(backend, problem).formsKernels()
            ? Optional.of(
                LazyRegression.of(network).kappa(outcome.options().kappa()).fit(data, backend))
            : Optional.empty();
    FitCost cost = FitCost.of(backend, start, control);
    return Optional.of(
        new AdaptiveNbkFit(
            network,
            outcome,
            check,
            auditor.map(asked -> new AuditTable(audit)),
            new BesideLazy(points, lazy, cost),
            data));
  }

  private AdaptiveProblem problem(Points points) {
    return new AdaptiveProblem(
        network,
        options.withLargeData(searched()),
        points.trainInputs(),
        points.trainTargets(),
        points.testInputs());
  }

  /**
   * The form of the readout; a path, a selection, a cross-check or an audit requires the primal
   * one.
   */
  private LargeData searched() {
    LargeData asked = options.largeData();
    String needs =
        search.path().isPresent()
            ? "gamma-path"
            : search.selection().isPresent()
                ? "select"
                : search.crossCheck() ? "cross-check" : search.audit() ? "audit" : null;
    if (needs == null || asked.form() == ReadoutForm.PRIMAL) {
      return asked;
    }
    if (asked.form() == ReadoutForm.DUAL) {
      throw new InvalidProblemException(
          "form", "dual", needs + " needs P x P kernels; leave it out, or use primal");
    }
    return new LargeData(ReadoutForm.PRIMAL, asked.fields(), asked.kernelsUpTo());
  }
}
