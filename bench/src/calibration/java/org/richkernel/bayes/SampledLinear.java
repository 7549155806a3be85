package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/** Problems that have a closed form, sampled all the same. */
public final class SampledLinear {
  private SampledLinear() {}

  /** The saddle point by sampling. */
  public static AdaptiveNbkSolution solve(Backend backend, AdaptiveProblem problem) {
    SampledInputs inputs = SampledInputs.of(backend, problem);
    double[] y = problem.trainTargets().toArray();
    try (SaddleSampler sampler =
        new SaddleSampler(backend, problem.network(), inputs, y, problem.options(), null, 0)) {
      StopReason stop = sampler.run(RunControl.silent());
      return SampledSolution.of(problem, sampler, stop);
    }
  }
}
