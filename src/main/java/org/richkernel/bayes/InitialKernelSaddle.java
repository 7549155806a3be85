package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyProblem;
import org.richkernel.lazy.LazySolution;
import org.richkernel.lazy.LazySolver;
import org.richkernel.solver.StopReason;

/**
 * The saddle point at gamma = 0, where the prior has no tilt: the NNGP kernel and its predictor.
 */
final class InitialKernelSaddle {
  private InitialKernelSaddle() {}

  private static LazyProblem lazy(AdaptiveProblem problem) {
    return LazyProblem.of(
            problem.network(),
            KernelKind.NNGP,
            problem.options().kappa(),
            problem.trainInputs(),
            problem.trainTargets())
        .withTestInputs(problem.testInputs());
  }

  static MemoryPlan plan(Backend backend, AdaptiveProblem problem) {
    return new LazySolver(backend, lazy(problem)).plan();
  }

  static AdaptiveNbkSolution solve(Backend backend, AdaptiveProblem problem) {
    LazySolution lazy = new LazySolver(backend, lazy(problem)).solve();
    List<double[]> kernels = new ArrayList<>();
    List<AdaptiveNbkSolution.Layer> layers = new ArrayList<>();
    for (int l = 1; l <= problem.network().hiddenLayers(); l++) {
      kernels.add(lazy.gram().feature(l));
      layers.add(AdaptiveNbkSolution.Layer.exact(lazy.layerMetrics().get(l - 1)));
    }
    return AdaptiveNbkSolution.exact(
        StopReason.CONVERGED,
        "initial-kernel",
        lazy.fit().residual(),
        kernels,
        layers,
        lazy.fit().coefficients(),
        problem.trainTargets().toArray(),
        lazy.trainPredictions(),
        lazy.testPredictions(),
        lazy.predictor(),
        List.of(),
        lazy.seconds());
  }
}
