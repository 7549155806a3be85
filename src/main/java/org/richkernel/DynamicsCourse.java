package org.richkernel;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.dynamics.AlternatingSolution;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.FixedPointSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.dynamics.KernelHistory;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.metrics.Scores;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.solver.StopReason;

/**
 * What a solver of the dynamics found, whichever it was.
 *
 * @param outcome one line for a person: what ended the run
 * @param residual by which it is judged, if by one
 * @param time training time eta t of each row of the outputs
 * @param outputs f(t) - f(0), row-major times x M x K, training points first
 * @param trainLoss at each time, with its standard error
 * @param testLoss at each time, empty without test targets
 * @param recorded training time of each of the kernels
 * @param kernels of all points at the recorded times
 * @param numbers of the kernels of the training points at the recorded times
 * @param numberErrors their standard errors, where they are known
 * @param certificate by what the numbers are to be trusted, by name
 */
@SuppressWarnings("ArrayRecordComponent")
record DynamicsCourse(
    DynamicsProblem problem,
    StopReason reason,
    String outcome,
    OptionalDouble residual,
    double[] time,
    double[] outputs,
    double[] trainLoss,
    double[] trainLossError,
    double[] testLoss,
    double[] testLossError,
    double[] recorded,
    List<LayerKernels> kernels,
    KernelCourse numbers,
    Optional<KernelCourse> numberErrors,
    Optional<KernelHistory> history,
    Optional<Predictor> predictor,
    Map<String, Object> certificate) {

  /** A trajectory of discrete steps. */
  static DynamicsCourse of(DynamicsSolution solution) {
    Map<String, Object> certificate = new LinkedHashMap<>();
    certificate.put("outcome", solution.outcome());
    solution.divergence().ifPresent(step -> certificate.put("divergedAtStep", step));
    return of(solution, solution.outcome(), certificate);
  }

  /** What the alternating iteration found. */
  static DynamicsCourse of(AlternatingSolution solution) {
    Map<String, Object> certificate = new LinkedHashMap<>();
    certificate.put("outcome", solution.outcome());
    certificate.put(
        "passes", solution.residuals().stream().map(changes -> changes.length).toList());
    solution.divergedPass().ifPresent(pass -> certificate.put("divergedInPass", pass));
    return of(solution.dynamics(), solution.outcome(), certificate);
  }

  private static DynamicsCourse of(
      DynamicsSolution solution, String outcome, Map<String, Object> certificate) {
    DynamicsProblem problem = solution.problem();
    double eta = problem.options().stepSize();
    double[] time = new double[solution.times()];
    Arrays.setAll(time, t -> t * eta);
    List<LayerKernels> kernels = solution.mean().kernels();
    KernelCourse numbers = solution.mean().course();
    boolean measured = !numbers.isNone();
    certificate.put("leftOut", solution.jitter());
    double error = solution.relativeError();
    return new DynamicsCourse(
        problem,
        solution.reason(),
        outcome,
        Double.isNaN(error) ? OptionalDouble.empty() : OptionalDouble.of(error),
        time,
        solution.mean().outputs(),
        solution.trainLoss(),
        solution.trainLossStandardError(),
        solution.testLoss(),
        solution.testLossStandardError(),
        kernels.stream().mapToDouble(k -> k.step() * eta).toArray(),
        kernels,
        measured ? numbers : KernelCourse.of(kernels, problem),
        measured ? Optional.of(solution.standardError().course()) : Optional.empty(),
        solution.history(),
        Optional.empty(),
        certificate);
  }

  /**
   * A gradient flow: its start and where it came to rest.
   *
   * @param start kernels before training
   */
  static DynamicsCourse of(FixedPointSolution solution, LayerKernels start, Backend backend) {
    DynamicsProblem problem = solution.problem();
    int last = problem.points();
    double[] outputs = new double[2 * last];
    System.arraycopy(solution.trainOutputs(), 0, outputs, last, problem.trainPoints());
    System.arraycopy(
        solution.testOutputs(), 0, outputs, last + problem.trainPoints(), problem.testPoints());
    List<LayerKernels> kernels =
        List.of(
            start,
            new LayerKernels(
                problem.options().steps(),
                solution.kernels().feature(),
                solution.kernels().gradient()));
    double[] time = {0, solution.time()};
    double[] unknown = {0, Double.NaN};
    boolean tested = problem.testTargets().rows() > 0;
    return new DynamicsCourse(
        problem,
        solution.reason(),
        outcome(solution),
        OptionalDouble.of(solution.residual()),
        time,
        outputs,
        losses(problem.trainTargets(), outputs, problem, 0),
        unknown,
        tested
            ? losses(problem.testTargets(), outputs, problem, problem.trainPoints())
            : new double[0],
        tested ? unknown : new double[0],
        time,
        kernels,
        KernelCourse.of(kernels, problem),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        identities(solution, backend));
  }

  private static String outcome(FixedPointSolution solution) {
    String text =
        solution.reason() == StopReason.CONVERGED
            ? "at rest after the training time %.4g"
            : "not at rest after the training time %.4g; raise --steps or --step-size";
    return String.format(Locale.ROOT, text, solution.time());
  }

  /** Mean of (y - f)^2 at each time. */
  private static double[] losses(
      Targets targets, double[] outputs, DynamicsProblem problem, int first) {
    int width = problem.points() * problem.outputs();
    double[] losses = new double[outputs.length / width];
    for (int t = 0; t < losses.length; t++) {
      int from = t * width + first * problem.outputs();
      int count = targets.rows() * targets.outputs();
      losses[t] = Scores.of(targets, Arrays.copyOfRange(outputs, from, from + count)).loss();
    }
    return losses;
  }

  /**
   * How far f is from the kernel predictors that it must equal at the fixed point, relative to the
   * targets: f = Phi (Phi + lambda)^{-1} y, and for homogeneous activations f = K (K + 2
   * lambda)^{-1} y.
   */
  private static Map<String, Object> identities(FixedPointSolution solution, Backend backend) {
    Map<String, Object> certificate = new LinkedHashMap<>();
    certificate.put("outcome", outcome(solution));
    certificate.put("trainingTime", solution.time());
    certificate.put("evaluations", solution.evaluations());
    DynamicsProblem problem = solution.problem();
    if (problem.options().weightDecay() > 0) {
      certificate.put("featureIdentity", distance(solution, solution.featurePredictor(backend)));
      Activation activation = problem.network().activation();
      if (activation == Activation.RELU || activation == Activation.LINEAR) {
        certificate.put("tangentIdentity", distance(solution, solution.tangentPredictor(backend)));
      }
    }
    return certificate;
  }

  private static double distance(FixedPointSolution solution, double[] predicted) {
    double[] f = solution.trainOutputs();
    double[] y = solution.problem().trainTargets().toArray();
    double squares = 0;
    double total = 0;
    for (int i = 0; i < f.length; i++) {
      squares += (f[i] - predicted[i]) * (f[i] - predicted[i]);
      total += y[i] * y[i];
    }
    return Math.sqrt(squares / total);
  }

  /** Row-major outputs of the training points at the last time, P x K. */
  double[] trainOutputs() {
    return lastOutputs(0, problem.trainPoints());
  }

  /** Row-major outputs of the test points at the last time, Q x K. */
  double[] testOutputs() {
    return lastOutputs(problem.trainPoints(), problem.testPoints());
  }

  private double[] lastOutputs(int first, int count) {
    int outputs = problem.outputs();
    int start = ((time.length - 1) * problem.points() + first) * outputs;
    return Arrays.copyOfRange(this.outputs, start, start + count * outputs);
  }
}
