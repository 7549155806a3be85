package org.richkernel.bayes;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.lazy.KernelRounding;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PointBlocks;

/**
 * Solves an {@link AdaptiveProblem} by the method that fits it: the kernel at initialisation for
 * gamma = 0, the closed form for linear networks, sampling for all others.
 */
public final class AdaptiveNbkSolver {
  /** Largest number of hidden layers of a sampled network. */
  public static final int DEEPEST = 16;

  /** Largest number of sites of all images whose pairs fit an array. */
  private static final int LARGEST_FACTOR = 46340;

  private static final String LESS_MEMORY = "lower samples or the number of training points";

  private final Backend backend;
  private final AdaptiveProblem problem;

  /**
   * @throws InvalidProblemException if no method fits the problem
   */
  public AdaptiveNbkSolver(Backend backend, AdaptiveProblem problem) {
    this.backend = backend;
    this.problem = problem;
    if (!initialKernel()) {
      KernelRounding.requireResolved(
          problem.network(),
          problem.trainInputs(),
          closedForm() ? Precision.FLOAT64 : Precision.FLOAT32,
          problem.options().kappa());
    }
    requireForm();
    requireOneRank();
    if (problem.network().hiddenLayers() > DEEPEST && !closedForm() && !initialKernel()) {
      throw new InvalidProblemException(
          "hidden-layers",
          problem.network().hiddenLayers(),
          "use 1 to "
              + DEEPEST
              + "; deeper networks need activation linear (no biases), or gamma 0");
    }
  }

  /** Refuses forms that do not apply to the problem. */
  private void requireForm() {
    LargeData asked = problem.options().largeData();
    if (convolutional() && samples() && asked.fields() == FieldForm.WHITENED) {
      requireSitePairs();
    }
    if (asked.form() != ReadoutForm.DUAL) {
      return;
    }
    String why = null;
    if (!samples()) {
      why = "this problem has a closed form";
    } else if (problem.network().hiddenLayers() > 1 && asked.fields() == FieldForm.WHITENED) {
      throw new InvalidProblemException(
          "form",
          "dual",
          "whitened fields of deep networks have P x P factors; use --fields weights, or primal");
    } else if (convolutional() && !problem.options().extrapolates()) {
      why = "convolutions at finite width have the primal form alone";
    } else if (hasWells(fullRank())) {
      why = "neurons jump between wells of inputs of so few columns in the primal form alone";
    }
    if (why != null) {
      throw new InvalidProblemException("form", "dual", why + "; use auto or primal");
    }
  }

  /** Refuses several ranks if the points cannot be spread over them. */
  private void requireOneRank() {
    int ranks = backend.ranks().size();
    if (ranks == 1) {
      return;
    }
    int points = problem.trainInputs().rows();
    int blocks = new PointBlocks(points).count();
    String why = null;
    if (!samples()) {
      why = "this problem has a closed form; use 1";
    } else if (convolutional()) {
      why = "points of fully connected networks alone are spread over ranks; use 1";
    } else if (blocks < ranks) {
      why = points + " training points are spread over " + blocks + " at most; use " + blocks;
    } else if (!layout().isDual()) {
      why = "points are spread over ranks in the dual form alone; use --form dual, or 1";
    } else if (layout().formsKernels()) {
      why = "P x P kernels are made by one process; lower --save-kernels-up-to, or use 1";
    }
    if (why != null) {
      throw new InvalidProblemException("ranks", ranks, why);
    }
  }

  /** Refuses factors of so many sites that their pairs do not fit an array. */
  private void requireSitePairs() {
    ConvolutionShape shape =
        SampledInputs.shape(problem.network(), problem.trainInputs(), fullRank());
    int most = shape.layers() == 1 ? 0 : shape.mostColumns(1, shape.layers());
    if (most > LARGEST_FACTOR) {
      throw new InvalidProblemException(
          "fields",
          "whitened",
          most + " sites of all images have more pairs than an array holds; use auto or weights");
    }
  }

  /** Form in which a solve will integrate the readout out; empty for closed forms. */
  public Optional<ReadoutForm> form() {
    return samples() ? Optional.of(layout().form().readout()) : Optional.empty();
  }

  /** Number of devices over which the points of a chain will be spread; 1 for closed forms. */
  public int spread() {
    return samples() ? layout().spread() : 1;
  }

  /** Parametrization of the layers above the first in a solve; empty if there is no choice. */
  public Optional<FieldForm> fields() {
    if (!samples() || problem.network().hiddenLayers() == 1) {
      return Optional.empty();
    }
    return Optional.of(layout().form().fields());
  }

  /**
   * Advice for whitened fields of so few samples that trajectories hardly move; empty for fields
   * that move.
   */
  public Optional<String> stiffness() {
    if (fields().filter(form -> form == FieldForm.WHITENED).isEmpty()) {
      return Optional.empty();
    }
    return leastRank().filter(rank -> !rank.isRegular()).map(FeatureRank::caution);
  }

  /** Features of the factorized covariances in the smallest population. */
  private Optional<FeatureRank> leastRank() {
    NetworkSpec network = problem.network();
    int rank = fullRank();
    return convolutional()
        ? PosteriorForm.leastRank(
            network, SampledInputs.shape(network, problem.trainInputs(), rank), problem.options())
        : Optional.of(
            PosteriorForm.leastRank(
                network, problem.trainInputs().rows(), rank, problem.options()));
  }

  /** Whether a solution will contain its P x P kernels. */
  public boolean formsKernels() {
    return !samples() || layout().formsKernels();
  }

  private boolean initialKernel() {
    return problem.options().gamma() == 0 && problem.options().extrapolates();
  }

  private boolean convolutional() {
    return problem.network().convolutions().isPresent();
  }

  /** Whether neurons of one hidden layer have wells of inputs of this rank. */
  private boolean hasWells(int rank) {
    return !convolutional() && WellFinder.applies(problem.network(), rank);
  }

  private boolean closedForm() {
    NetworkSpec network = problem.network();
    boolean linear =
        network.activation().equals(Activation.LINEAR) && problem.options().extrapolates();
    if (convolutional()) {
      return linear && network.biasVariance() == 0 && LinearConvolutionSolver.applies(problem);
    }
    return linear && (network.biasVariance() == 0 || network.hiddenLayers() == 1);
  }

  /**
   * Peak memory of {@link #solve}: of the sampling, or of the factorization of the inputs if that
   * is larger.
   */
  public MemoryPlan plan() {
    if (initialKernel()) {
      return InitialKernelSaddle.plan(backend, problem);
    }
    if (closedForm()) {
      return convolutional()
          ? LinearConvolutionSolver.plan(problem)
          : LinearSaddleSolver.plan(problem);
    }
    return layout().isDual() || convolutional()
        ? MemoryPlan.largest(inputPlan(), layout().plan())
        : MemoryPlan.largest(inputPlan(), layout().plan(), layoutWithWells().plan());
  }

  private MemoryPlan inputPlan() {
    return InputFactor.plan(
        SampledInputs.rows(problem), SampledInputs.width(problem), convolutional() ? 0 : tests());
  }

  private int tests() {
    return problem.testInputs().rows();
  }

  /** The chains for inputs of full rank, the largest possible one. */
  EnsembleLayout layout() {
    return layout(fullRank());
  }

  private int fullRank() {
    return SampledInputs.largestRank(problem);
  }

  /**
   * The chains for inputs of the largest rank at which neurons jump between wells: fields are
   * smaller than at full rank, but the jumps need matrices.
   */
  private EnsembleLayout layoutWithWells() {
    return layout(Math.min(fullRank(), WellFinder.MOST_DIMENSIONS));
  }

  /** The chains of a solve whose inputs have this rank. */
  EnsembleLayout layout(int rank) {
    int points = problem.trainInputs().rows();
    return EnsembleLayout.of(
        backend,
        problem.network(),
        problem.options(),
        points,
        rank,
        problem.trainTargets().outputs(),
        tests(),
        convolutional()
            ? Optional.of(SampledInputs.shape(problem.network(), problem.trainInputs(), rank))
            : Optional.empty());
  }

  /** Largest number of samples at S that all chains keep for predictions; 0 for closed forms. */
  public int keptSamples() {
    return samples() ? layout().keptSamples() : 0;
  }

  /**
   * A solution and the state needed to continue from it.
   *
   * @param solution the saddle point
   * @param dualSquare tr v^T v
   * @param end populations at its end; null for closed forms
   */
  record Solved(AdaptiveNbkSolution solution, Estimate dualSquare, @Nullable WarmStart end) {
    static Solved exact(AdaptiveNbkSolution solution) {
      return new Solved(solution, Estimate.ofProduct(solution.dual(), solution.dual()), null);
    }
  }

  /**
   * Finds the saddle point.
   *
   * @return null if a stop was requested; the checkpoint then holds the state @throws
   *     org.richkernel.compute.OutOfDeviceMemoryException before any work, if the plan does not fit
   */
  public @Nullable AdaptiveNbkSolution solve(RunControl control) {
    Solved solved = solve(control, null, 0);
    return solved == null ? null : solved.solution();
  }

  /**
   * The same among several solves.
   *
   * @param start populations to start from; null for a draw of the prior
   * @param run index of the solve, part of the key of its random streams @return null if a stop was
   *     requested
   */
  @Nullable Solved solve(RunControl control, @Nullable WarmStart start, int run) {
    plan().requireFits(backend, LESS_MEMORY);
    if (initialKernel()) {
      return Solved.exact(InitialKernelSaddle.solve(backend, problem));
    }
    if (closedForm()) {
      return Solved.exact(
          convolutional()
              ? LinearConvolutionSolver.solve(backend, problem)
              : LinearSaddleSolver.solve(backend, problem));
    }
    return sample(control, start, run);
  }

  /** Whether {@link #solve} samples and has no closed form. */
  boolean samples() {
    return !initialKernel() && !closedForm();
  }

  /** Refuses inputs whose computed rank is so small that neurons have wells. */
  private void requireRank(InputFactor input) {
    if (layout().isDual() && hasWells(input.rank())) {
      throw new InvalidProblemException(
          "form",
          "dual",
          "the inputs have rank "
              + input.rank()
              + ", and neurons jump between wells in the primal form alone; use primal");
    }
  }

  private @Nullable Solved sample(RunControl control, @Nullable WarmStart start, int run) {
    // these steps follow each other, so each has to fit by itself
    inputPlan().requireFits(backend, LESS_MEMORY);
    layout().plan().requireFits(backend, LESS_MEMORY);
    layout().requireArrays();
    try (SaddleSampler sampler = sampler(start, run)) {
      StopReason stop = sampler.run(control);
      return stop == StopReason.INTERRUPTED
          ? null
          : new Solved(
              SampledSolution.of(problem, sampler, stop),
              sampler.estimate().scalar(SamplingChain::dualSquare),
              sampler.chains().end());
    }
  }

  /** Chains with their points; no reference to the inputs is kept. */
  private SaddleSampler sampler(@Nullable WarmStart start, int run) {
    long factoring = System.nanoTime();
    SampledInputs inputs = SampledInputs.of(backend, problem);
    requireRank(inputs.factor());
    double factored = (System.nanoTime() - factoring) * 1e-9;
    SaddleSampler sampler =
        new SaddleSampler(
            backend,
            problem.network(),
            inputs,
            problem.trainTargets().toArray(),
            problem.options(),
            start,
            run);
    sampler.addSeconds("inputs", factored);
    return sampler;
  }
}
