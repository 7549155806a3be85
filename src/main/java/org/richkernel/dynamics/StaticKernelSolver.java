package org.richkernel.dynamics;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Targets;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * The lazy approximation: all kernels keep their initial values, f(t+1) = rho f(t) + eta K_0
 * Delta(t) with the tangent kernel K_0 (Jacot et al., arXiv:1806.07572).
 *
 * <p>Without weight decay (rho = 1) it is the limit gamma to 0 of the full theory, step by step.
 * With weight decay it is a network that is linear in its weights, with decay towards the initial
 * weights and not towards zero, so the kernel does not decay. Its fixed point is the kernel ridge
 * regression K_0 (K_0 + lambda)^{-1} y. There is no sampling. It accepts any number of outputs and
 * any batches.
 */
public final class StaticKernelSolver {
  private static final String KERNEL = "tangent kernel";
  private static final String PULL = "pull";
  private static final String OUTPUTS = "outputs";

  private final int substeps;

  /** A solver with the steps of the problem. */
  public StaticKernelSolver() {
    this(1);
  }

  /**
   * A solver for gradient flow with full batches only.
   *
   * @param substeps number of small, stable steps in one of the problem
   */
  public StaticKernelSolver(int substeps) {
    this.substeps = substeps;
  }

  /** Peak memory of a solve: of the kernels first, then of the steps. */
  public MemoryPlan plan(DynamicsProblem problem) {
    MemoryPlan kernels = InitialKernels.plan(problem);
    return MemoryPlan.largest(kernels, matrices(problem).addHost(kernels.hostBytes()));
  }

  private static MemoryPlan matrices(DynamicsProblem problem) {
    int outputs = problem.trainTargets().outputs();
    MemoryPlan plan = new MemoryPlan();
    plan.add(KERNEL, Precision.FLOAT64, problem.points(), problem.trainPoints())
        .add(PULL, Precision.FLOAT64, problem.trainPoints(), outputs)
        .add(OUTPUTS, Precision.FLOAT64, problem.points(), outputs);
    return plan.addHost(4 * Trajectory.bytes(problem));
  }

  /**
   * Solves up to the last step, a divergence or a stop.
   *
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    plan(problem).requireFits(backend, "lower the number of points");
    TrajectoryRecorder recorder = new TrajectoryRecorder(problem);
    InitialKernels kernels = InitialKernels.of(problem, backend);
    int steps = problem.options().steps();
    boolean finished = false;
    try (Workspace memory = new Workspace(backend, matrices(problem))) {
      Matrix kernel = memory.get(KERNEL);
      Matrix f = memory.get(OUTPUTS);
      backend.upload(trainColumns(kernels.wholeTangent(), problem), kernel);
      double[] outputs = new double[(int) f.size()];
      for (int t = 0; t <= steps && !control.stop().isRaised() && recorder.observe(outputs); t++) {
        if (recorder.keepsKernels(t)) {
          recorder.keep(kernels.at(t));
        }
        advance(problem, backend, memory, recorder.pull());
        backend.download(f, outputs);
        for (int i = 1; i < substeps; i++) {
          advance(problem, backend, memory, errors(problem, outputs));
          backend.download(f, outputs);
        }
        finished = t == steps;
        control.listener().progress(progress(problem, t));
      }
    }
    StopReason reason =
        finished
            ? StopReason.CONVERGED
            : recorder.divergence().isPresent() ? StopReason.DIVERGED : StopReason.INTERRUPTED;
    Trajectory exact = recorder.trajectory();
    Trajectory zero = Trajectory.combine(List.of(exact), values -> 0);
    return new DynamicsSolution(problem, reason, recorder.divergence(), exact, zero, zero, 0);
  }

  /** Delta of the training points at some outputs, full batch, row-major P x K. */
  private static double[] errors(DynamicsProblem problem, double[] outputs) {
    double[] delta = problem.trainTargets().toArray();
    double weight = problem.options().loss().pull(problem.trainPoints());
    for (int i = 0; i < delta.length; i++) {
      delta[i] = weight * (delta[i] - outputs[i]);
    }
    return delta;
  }

  /** f = rho f + eta K_0 Delta. */
  private void advance(DynamicsProblem problem, Backend backend, Workspace memory, double[] delta) {
    DynamicsOptions options = problem.options();
    backend.upload(delta, memory.get(PULL));
    backend.gemm(
        Transpose.NO,
        Transpose.NO,
        options.stepSize() / substeps,
        memory.get(KERNEL),
        memory.get(PULL),
        1 - options.stepSize() * options.weightDecay() / substeps,
        memory.get(OUTPUTS));
  }

  private static Progress progress(DynamicsProblem problem, int step) {
    return new Progress(
        "static kernel", 0, step, problem.options().steps(), Double.NaN, Double.NaN);
  }

  /** The columns of the training points of an M x M kernel, row-major M x P. */
  static double[] trainColumns(double[] kernel, DynamicsProblem problem) {
    int points = problem.points();
    int train = problem.trainPoints();
    double[] columns = new double[points * train];
    for (int i = 0; i < points; i++) {
      System.arraycopy(kernel, i * points, columns, i * train, train);
    }
    return columns;
  }

  /**
   * The largest step size at which the lazy approximation does not diverge, 2 / lambda_max of the
   * tangent kernel of the training points (for a mean loss, times their number).
   */
  public double largestStableStep(DynamicsProblem problem, Backend backend) {
    int train = problem.trainPoints();
    DynamicsProblem alone =
        new DynamicsProblem(
            problem.network(),
            problem.options(),
            problem.trainInputs(),
            problem.trainTargets(),
            problem.testInputs().none(),
            Targets.of(new double[0]));
    double[] kernel = InitialKernels.of(alone, backend).wholeTangent();
    double[] eigenvalues = new double[train];
    MemoryPlan plan = new MemoryPlan().addEigenproblem(KERNEL, "eigenvalues", train);
    try (Workspace memory = new Workspace(backend, plan)) {
      Matrix k = memory.get(KERNEL);
      Matrix values = memory.get("eigenvalues");
      backend.upload(kernel, k);
      backend.eigenSymmetric(k, values);
      backend.download(values, eigenvalues);
    }
    double largest = eigenvalues[train - 1] * problem.options().loss().pull(train);
    return largest > 0 ? 2 / largest : Double.POSITIVE_INFINITY;
  }
}
