package org.richkernel.bayes.multiscale;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.PathPoint;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.SampledPredictor;
import org.richkernel.bayes.SolveSequence;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.lazy.LazyProblem;
import org.richkernel.lazy.LazySolution;
import org.richkernel.lazy.LazySolver;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.RunControl;

/**
 * The levels of a nonlinear network with one hidden layer: the tree level is the saddle point at
 * gamma^2 = chi / N, found by sampling; its neurons give the one-loop term.
 */
public final class SampledScaleSolver {
  /** Number of parts of the neurons whose one-loop terms give an error. */
  private static final int PARTS = 8;

  private static final String LESS_MEMORY = "lower samples or the number of training points";

  private final Backend backend;
  private final MultiScaleProblem problem;
  private final SaddleOptions options;

  /**
   * @param options samples, seed and stopping of the saddle point; richness and noise come from the
   *     problem
   * @throws InvalidProblemException if the determinant has a weight, since the one-loop term
   *     contains it
   */
  public SampledScaleSolver(Backend backend, MultiScaleProblem problem, SaddleOptions options) {
    this.backend = backend;
    this.problem = problem;
    this.options = options;
    if (!options.extrapolates()) {
      throw new InvalidProblemException(
          "determinant-weight",
          options.determinantWeight(),
          "use 0: the levels at finite width start from the saddle point, and one loop adds the"
              + " determinant");
    }
  }

  private AdaptiveProblem saddle(double chi) {
    return new AdaptiveProblem(
        problem.network(),
        options.withBeta(1 / problem.kappa()).withGamma(Math.sqrt(chi / problem.width())),
        problem.inputs(),
        problem.targets(),
        problem.testInputs());
  }

  /** Peak memory of {@link #solve}: of the larger part, the tree level or one loop. */
  public MemoryPlan plan() {
    return MemoryPlan.largest(plans().toArray(MemoryPlan[]::new));
  }

  /** Consecutive parts: sampling, one loop, and its outputs at other points. */
  private List<MemoryPlan> plans() {
    AdaptiveNbkSolver tree = new AdaptiveNbkSolver(backend, saddle(1));
    int points = problem.points();
    int width = problem.inputs().dimension() + (problem.network().biasVariance() > 0 ? 1 : 0);
    int rank = Math.min(points, width);
    int count = tree.keptSamples();
    // all kept neurons, with those at S/4 a quarter more, and a copy of those at S
    long neurons = Float.BYTES * (9L * count / 4) * rank;
    return List.of(
        tree.plan(),
        SampledOneLoop.plan(points, rank, count).addHost(neurons),
        NeuronOutputs.plan(count, rank, problem.testInputs().rows()).addHost(neurons));
  }

  /**
   * Solves at one scale.
   *
   * @return empty if a stop was requested
   */
  public Optional<ScaleSolution> solve(double chi, RunControl control) {
    return sweep(new double[] {chi}, control).map(path -> path.get(0));
  }

  /**
   * Solves at one scale after the other, each from the populations of the one before; the first
   * starts from the Gaussian process, its richness rising from 0. One hidden layer has a single
   * saddle point, so only the time depends on the start.
   *
   * @param chis positive, in any order
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public Optional<List<ScaleSolution>> sweep(double[] chis, RunControl control) {
    plans().forEach(plan -> plan.requireFits(backend, LESS_MEMORY));
    LazySolution lazy = lazy();
    LinearModes modes =
        LinearModes.of(
            backend,
            lazy.gram().readout(),
            problem.targets().toArray(),
            problem.width(),
            1,
            problem.kappa());
    SolveSequence sequence = new SolveSequence(backend, control, chis.length, null);
    List<ScaleSolution> path = new ArrayList<>();
    double start = 1;
    for (double chi : chis) {
      Optional<PathPoint> tree = sequence.next(saddle(chi), false);
      if (tree.isEmpty()) {
        return Optional.empty();
      }
      ReadoutScale rescaled = ReadoutScale.from(modes.withChi(chi), 1, start);
      start = rescaled.q();
      path.add(levels(chi, lazy, modes.withChi(chi), rescaled, tree.get(), sequence));
    }
    return Optional.of(path);
  }

  private ScaleSolution levels(
      double chi,
      LazySolution lazy,
      LinearModes modes,
      ReadoutScale rescaled,
      PathPoint tree,
      SolveSequence sequence) {
    Map<String, LevelPrediction> levels = new LinkedHashMap<>();
    levels.put(
        ScaleSolution.GAUSSIAN,
        LevelPrediction.exact(lazy.trainPredictions(), lazy.testPredictions()));
    levels.put(ScaleSolution.TREE, new LevelPrediction(tree.train(), tree.test()));
    levels.put(ScaleSolution.RESCALED, rescaled(modes, rescaled.q()));
    Map<String, Predictor> predictors = new LinkedHashMap<>();
    if (sequence.restored()) {
      levels.put(ScaleSolution.ONE_LOOP, LevelPrediction.unpacked(sequence.attached()));
    } else {
      AdaptiveNbkSolution solution = sequence.solution();
      predictors.put(ScaleSolution.TREE, solution.predictor());
      if (solution.predictor() instanceof SampledPredictor sampled) {
        LevelPrediction loop = oneLoop(solution, sampled, chi);
        levels.put(ScaleSolution.ONE_LOOP, loop);
        sequence.attach(loop.packed());
      }
    }
    return new ScaleSolution(
        chi,
        levels,
        tree.kernels().get(0),
        predictors,
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        rescaled.stationaryPoints(),
        Optional.of(tree));
  }

  private LazySolution lazy() {
    return new LazySolver(
            backend,
            LazyProblem.of(
                    problem.network(),
                    KernelKind.NNGP,
                    problem.kappa(),
                    problem.inputs(),
                    problem.targets())
                .withTestInputs(problem.testInputs()))
        .solve();
  }

  /** The NNGP kernel times the scale q of largest density. */
  private LevelPrediction rescaled(LinearModes modes, double q) {
    Level level = LinearLoops.ofScale(modes, q);
    int others = problem.testInputs().rows();
    double[] cross =
        others == 0
            ? new double[0]
            : new LazyKernel(problem.network(), KernelKind.NNGP)
                .cross(backend, problem.testInputs(), problem.inputs());
    return LevelPrediction.exact(level.train(), level.predict(cross, others));
  }

  /**
   * Tree level plus the one-loop term of the neurons at S samples; its error is that of the tree
   * level and the spread of the term over parts of the neurons.
   */
  private LevelPrediction oneLoop(AdaptiveNbkSolution tree, SampledPredictor sampled, double chi) {
    // neurons at S come first, then a quarter as many at S/4
    int count = sampled.neurons().length / sampled.rank() * 4 / 5;
    List<double[]> train = new ArrayList<>();
    List<double[]> test = new ArrayList<>();
    for (int part = 0; part < PARTS; part++) {
      int first = (int) ((long) part * count / PARTS);
      int last = (int) ((long) (part + 1) * count / PARTS);
      add(tree, sampled, chi, first, last - first, train, test);
    }
    SampledVector trainParts = SampledVector.of(train);
    SampledVector testParts = SampledVector.of(test);
    train.clear();
    test.clear();
    add(tree, sampled, chi, 0, count, train, test);
    return new LevelPrediction(
        tree.train().plus(trainParts.about(train.get(0))),
        tree.test().plus(testParts.about(test.get(0))));
  }

  private void add(
      AdaptiveNbkSolution tree,
      SampledPredictor sampled,
      double chi,
      int first,
      int count,
      List<double[]> train,
      List<double[]> test) {
    int rank = sampled.rank();
    NeuronOutputs neurons =
        new NeuronOutputs(
            backend,
            problem.network(),
            sampled.projector(),
            rank,
            Arrays.copyOfRange(sampled.neurons(), first * rank, (first + count) * rank));
    SampledOneLoop loop =
        SampledOneLoop.of(
            backend,
            neurons,
            problem.inputs(),
            tree.dual(),
            problem.readoutVariance(),
            chi,
            problem.width(),
            problem.kappa());
    train.add(loop.trainChange(chi, problem.kappa()));
    test.add(neurons.read(problem.testInputs(), loop.readout()));
  }
}
