package org.richkernel.study;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.fraction.BigFraction;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.dynamics.CausalSolver;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.limit.Classification;
import org.richkernel.limit.CoordinateRun;
import org.richkernel.limit.LimitDistance;
import org.richkernel.limit.Optimizer;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.result.ParametrizationFile;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Training task of networks of all widths, for the computation of their limit: gradient descent on
 * sum (f - y)^2 / 2P over the P dumped points, all in every step.
 *
 * @param stepSize eta at n = 1
 * @param x P x d, row-major
 * @param y P
 */
@SuppressWarnings("ArrayRecordComponent")
record TrainedTask(Activation activation, double stepSize, double[] x, double[] y) {

  static TrainedTask of(ParametrizationFile.Task task) {
    return new TrainedTask(
        Activation.named(task.activation()), task.stepSize(), task.x(), task.y());
  }

  ParametrizationFile.Task described() {
    return new ParametrizationFile.Task(activation.id(), stepSize, x, y);
  }

  /**
   * Distances of networks to the limit that their parametrization has: the dynamical mean-field
   * theory of maximal updates (Bordelon and Pehlevan, arXiv:2205.09653).
   *
   * @param decays whether weights decay
   * @param samples neurons of the theory
   * @param seed of them
   * @return empty if the limit did not converge
   * @throws InvalidProblemException if the parametrization has another limit
   */
  Optional<LimitDistance> distance(
      Classification classification,
      boolean decays,
      List<CoordinateRun> runs,
      int samples,
      long seed,
      Backend backend) {
    requireMaximal(classification, decays);
    List<Integer> times = runs.get(0).times();
    int points = y.length;
    int dimension = x.length / points;
    double[] scaled = x.clone();
    for (int i = 0; i < scaled.length; i++) {
      // the theory has h^1 = W^1 x / sqrt(d)
      scaled[i] *= Math.sqrt(dimension);
    }
    DynamicsProblem problem =
        DynamicsProblem.of(
            NetworkSpec.of(classification.parametrization().depth(), activation),
            DynamicsOptions.of(1, times.get(times.size() - 1), stepSize / points)
                .withSamples(samples)
                .withSeed(seed),
            Inputs.of(scaled, points, dimension),
            Targets.of(y));
    CausalSolver solver = new CausalSolver();
    solver.plan(problem).requireFits(backend, "dump fewer points or steps, or lower --samples");
    DynamicsSolution limit = solver.solve(problem, backend, RunControl.silent());
    int last = limit.times() - 1;
    if (limit.reason() == StopReason.DIVERGED || last < problem.options().steps()) {
      return Optional.empty();
    }
    double[] errors =
        Arrays.copyOfRange(limit.standardError().outputs(), last * points, (last + 1) * points);
    return Optional.of(LimitDistance.of(runs, limit.trainOutputs(last), errors));
  }

  private static void requireMaximal(Classification classification, boolean decays) {
    boolean maximal =
        classification.parametrization().optimizer() == Optimizer.SGD
            && classification.isInitialized()
            && classification.featureExponents().stream().allMatch(r -> r.equals(BigFraction.ZERO))
            && classification.readoutMaximallyUpdated()
            && classification.readoutMaximallyInitialized();
    if (!maximal || decays) {
      throw new InvalidProblemException(
          "limit",
          "given",
          "it is computed for gradient descent under maximal update parametrization without weight"
              + " decay, and these runs are declared otherwise");
    }
  }
}
