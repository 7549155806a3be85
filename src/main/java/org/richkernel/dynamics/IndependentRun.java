package org.richkernel.dynamics;

import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/** One population of {@link GradientIndependenceSolver}. */
final class IndependentRun extends CausalRun {
  private final DynamicsProblem problem;
  private final TrajectoryRecorder recorder;
  private final double[] inputKernel;
  private final double[] f; // M

  /** Arguments as for {@link CausalRun}. */
  IndependentRun(
      DynamicsProblem problem,
      CausalOptions causal,
      Backend backend,
      Workspace memory,
      TrajectoryRecorder recorder,
      @Nullable HistoryKeeper keeper,
      long firstSample,
      int samples) {
    super(
        problem,
        causal,
        backend,
        memory,
        recorder,
        keeper,
        firstSample,
        samples,
        IndependentWeights::new);
    this.problem = problem;
    this.recorder = recorder;
    inputKernel = problem.inputKernel(backend);
    f = new double[problem.points()];
  }

  /** f, integrated with the kernels of earlier times. */
  @Override
  double[] outputs(int[] order) {
    return f.clone();
  }

  @Override
  boolean measuresKernels(int step) {
    return true;
  }

  /** f(t+1) = f(t) + eta K(t, t) Delta(t), K the tangent kernel of the present time. */
  @Override
  void measured(LayerKernels kernels) {
    if (recorder.keepsKernels(kernels.step())) {
      recorder.keep(kernels);
    }
    double[] k = kernels.tangentKernel(inputKernel);
    double[] delta = recorder.pull();
    double eta = problem.options().stepSize();
    for (int mu = 0; mu < f.length; mu++) {
      for (int nu = 0; nu < delta.length; nu++) {
        f[mu] += eta * k[mu * f.length + nu] * delta[nu];
      }
    }
  }

  @Override
  void save(SolverState state) {
    super.save(state);
    state.put("integrated_outputs", f.clone());
  }

  @Override
  void restore(SolverState state) {
    super.restore(state);
    System.arraycopy(state.doubles("integrated_outputs"), 0, f, 0, f.length);
  }
}
