package org.richkernel.fit;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.bayes.SampledPredictor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.dynamics.AlternatingSolution;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.FixedPointSolution;
import org.richkernel.dynamics.FlowNeurons;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.dynamics.KernelHistory;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.Predictor;
import org.richkernel.network.SiteReadout;
import org.richkernel.solver.StopReason;

/**
 * Result of any solver of the dynamics.
 *
 * @param outcome reason for the end of the run, in one line
 * @param residual by which it is judged: it converged where this is at most the tolerance and, for
 *     the causal solver, enough of the past was kept; empty where it is not known, as after a
 *     divergence
 * @param time training time eta t of each row of the outputs
 * @param outputs f(t) - f(0), row-major times x M x K, training points first
 * @param outputErrors their standard errors
 * @param trainLoss at each time, with its standard error
 * @param testLoss at each time, empty without test targets
 * @param recorded training time of each of the kernels
 * @param kernels of all points at the recorded times
 * @param numbers of the kernels of the training points at the recorded times
 * @param numberErrors their standard errors, where they are known
 * @param kernelErrors standard errors of the kernels at the last recorded time, where they are
 *     known
 * @param certificate convergence criteria of the numbers, by name
 */
@SuppressWarnings("ArrayRecordComponent")
public record DynamicsCourse(
    DynamicsProblem problem,
    StopReason reason,
    String outcome,
    OptionalDouble residual,
    double[] time,
    double[] outputs,
    double[] outputErrors,
    double[] trainLoss,
    double[] trainLossError,
    double[] testLoss,
    double[] testLossError,
    double[] recorded,
    List<LayerKernels> kernels,
    KernelCourse numbers,
    Optional<KernelCourse> numberErrors,
    Optional<LayerKernels> kernelErrors,
    Optional<KernelHistory> history,
    Optional<Predictor> predictor,
    Map<String, Object> certificate) {

  /** A trajectory of discrete steps. */
  static DynamicsCourse of(DynamicsSolution solution) {
    Map<String, Object> certificate = new LinkedHashMap<>();
    certificate.put("outcome", solution.outcome());
    solution.divergence().ifPresent(step -> certificate.put("divergedAtStep", step));
    return of(solution, solution.outcome(), solution.relativeError(), certificate);
  }

  /** Result of the alternating iteration. */
  static DynamicsCourse of(AlternatingSolution solution) {
    Map<String, Object> certificate = new LinkedHashMap<>();
    certificate.put("outcome", solution.outcome());
    certificate.put(
        "passes", solution.residuals().stream().map(changes -> changes.length).toList());
    solution.divergedPass().ifPresent(pass -> certificate.put("divergedInPass", pass));
    // the passes may rest where the samples are too few
    certificate.put("relativeError", solution.dynamics().relativeError());
    return of(solution.dynamics(), solution.outcome(), solution.residual(), certificate);
  }

  private static DynamicsCourse of(
      DynamicsSolution solution, String outcome, double residual, Map<String, Object> certificate) {
    DynamicsProblem problem = solution.problem();
    double eta = problem.options().stepSize();
    double[] time = new double[solution.times()];
    Arrays.setAll(time, t -> t * eta);
    List<LayerKernels> kernels = solution.mean().kernels();
    KernelCourse numbers = solution.mean().course();
    boolean measured = !numbers.isNone();
    certificate.put("leftOut", solution.jitter());
    boolean judged = solution.reason() != StopReason.DIVERGED && Double.isFinite(residual);
    return new DynamicsCourse(
        problem,
        solution.reason(),
        outcome,
        judged ? OptionalDouble.of(residual) : OptionalDouble.empty(),
        time,
        solution.mean().outputs(),
        solution.standardError().outputs(),
        solution.trainLoss(),
        solution.trainLossStandardError(),
        solution.testLoss(),
        solution.testLossStandardError(),
        kernels.stream().mapToDouble(k -> k.step() * eta).toArray(),
        kernels,
        measured ? numbers : KernelCourse.of(kernels, problem),
        measured ? Optional.of(solution.standardError().course()) : Optional.empty(),
        TrainingKernels.lastErrors(solution),
        solution.history(),
        Optional.empty(),
        certificate);
  }

  /**
   * A gradient flow, judged by how well it rests at the end. Its last numbers are those of the rest
   * if it is there, with its distance in their errors; otherwise those of the time at which it
   * ended, with sampling errors only.
   */
  static DynamicsCourse of(FixedPointSolution solution, Backend backend) {
    DynamicsCourse course =
        of(
            solution.reason() == StopReason.CONVERGED ? solution.rest() : solution.course(),
            outcome(solution),
            solution.residual(),
            identities(solution, backend));
    return new DynamicsCourse(
        course.problem,
        course.reason,
        course.outcome,
        course.residual,
        course.time,
        course.outputs,
        course.outputErrors,
        course.trainLoss,
        course.trainLossError,
        course.testLoss,
        course.testLossError,
        course.recorded,
        course.kernels,
        course.numbers,
        course.numberErrors,
        course.kernelErrors,
        course.history,
        Optional.of(predictor(solution)),
        course.certificate);
  }

  /** The network of the trained neurons, f(x) = c sum_{s a} z_{s a} phi(h_{s a}) / (gamma S). */
  private static Predictor predictor(FixedPointSolution solution) {
    DynamicsProblem problem = solution.problem();
    FlowNeurons neurons = solution.neurons();
    int samples = neurons.weights().length / neurons.rank();
    // pooled fields of a readout for all sites are means
    NetworkSites sites = problem.sites();
    double factor = sites.readout() == SiteReadout.GAP ? 1 : sites.readoutScale();
    float scale = (float) (factor / (problem.options().gamma() * samples));
    float[] readout = neurons.readouts().clone();
    for (int i = 0; i < readout.length; i++) {
      readout[i] *= scale;
    }
    return new SampledPredictor(
        problem.network(),
        problem.trainInputs().shape(),
        neurons.rank(),
        neurons.basis(),
        neurons.weights(),
        readout,
        neurons.restShare());
  }

  private static String outcome(FixedPointSolution solution) {
    String text =
        switch (solution.reason()) {
          case CONVERGED -> "at rest after the training time %.4g, to within %.1e";
          case DIVERGED ->
              "diverged after the training time %.4g, where no step is short enough; lower --gamma,"
                  + " or scale inputs and targets to order 1";
          default ->
              "not at rest after the training time %.4g: "
                  + criterion(solution)
                  + "; raise --steps %3$d or --step-size %4$.4g, and give both with --solver"
                  + " one-hidden, or raise --tolerance";
        };
    DynamicsOptions options = solution.problem().options();
    return String.format(
        Locale.ROOT,
        text,
        solution.time(),
        solution.distance(),
        options.steps(),
        options.stepSize());
  }

  /** Failed criteria of a flow that is not at rest. */
  private static String criterion(FixedPointSolution solution) {
    double residual = Math.max(solution.readoutResidual(), solution.tangentResidual());
    if (solution.distance() < residual) {
      return String.format(Locale.ROOT, "the fixed-point equations are missed by %.1e", residual);
    }
    return Double.isInfinite(solution.distance())
        ? "its distance from rest is not known"
        : "outputs or kernels are about %2$.1e of their size away from rest";
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
    certificate.put("readoutResidual", solution.readoutResidual());
    certificate.put("tangentResidual", solution.tangentResidual());
    if (Double.isFinite(solution.distance())) {
      certificate.put("restDistance", solution.distance());
    }
    DynamicsProblem problem = solution.problem();
    if (problem.options().weightDecay() > 0 && solution.reason() != StopReason.DIVERGED) {
      certificate.put("featureIdentity", distance(solution, solution.featurePredictor(backend)));
      Activation activation = problem.network().activation();
      if (problem.outputs() == 1 && activation.isHomogeneous()) {
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
