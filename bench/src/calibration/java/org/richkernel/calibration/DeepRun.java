package org.richkernel.calibration;

import java.util.List;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.RunControl;

/**
 * The saddle point of two hidden layers against a long run with many samples, and what its saved
 * populations predict at the same points.
 */
public final class DeepRun implements CoverageRun {
  private static final int MANY = 1600;
  private static final int LONG = 2500;

  private static final Targets Y = Targets.of(new double[] {1, -1, 0.5, -0.3});
  private static final Inputs TEST = Inputs.of(new double[] {0.4, 0.7, -1.3, 0.2, 0.1, -1.5}, 3, 2);
  private static final Targets Y_TEST = Targets.of(new double[] {0.2, -0.8, 0.4});

  private final Activation activation;
  private final int samples;
  private final AdaptiveNbkSolution truth;

  /**
   * Makes the long run, on four points in the plane.
   *
   * @param samples S of the runs that are judged
   */
  public DeepRun(Backend backend, Activation activation, int samples) {
    this.activation = activation;
    this.samples = samples;
    truth =
        solve(
            backend,
            options().withSamples(MANY).withSeed(-1).withTolerance(1e-9).withMaxSweeps(LONG));
  }

  private static SaddleOptions options() {
    return SaddleOptions.of(1, 10).withTolerance(0.02);
  }

  private AdaptiveNbkSolution solve(Backend backend, SaddleOptions options) {
    Inputs train = Inputs.of(new double[] {1.2, 0.3, -0.5, 1.1, 0.8, -0.9, -1.0, -0.6}, 4, 2);
    return new AdaptiveNbkSolver(
            backend, new AdaptiveProblem(NetworkSpec.of(2, activation), options, train, Y, TEST))
        .solve(RunControl.silent());
  }

  @Override
  public String name() {
    return activation.id() + " L=2 S=" + samples;
  }

  @Override
  public void add(Backend backend, long seed, Coverage coverage) {
    AdaptiveNbkSolution seen = solve(backend, options().withSamples(samples).withSeed(seed));
    if (!coverage.countRun(seen.converged(), seen.certificate().errorsHold(), seen.iterations())) {
      return;
    }
    for (int l = 0; l < 2; l++) {
      AdaptiveNbkSolution.Layer own = seen.layers().get(l);
      AdaptiveNbkSolution.Layer all = truth.layers().get(l);
      String of = " of layer " + (l + 1);
      coverage.add("alignment" + of, own.alignment(), all.alignment());
      coverage.add("trace" + of, own.trace(), all.trace());
      coverage.add("norm" + of, own.frobenius(), all.frobenius());
    }
    coverage.add("y.v", seen.dualFit(), truth.dualFit());
    coverage.addOutputs("train", seen.train(), Y.toArray(), truth.trainPredictions());
    coverage.addOutputs("test", seen.test(), Y_TEST.toArray(), truth.testPredictions());
    List<double[]> parts = seen.predictor().predictParts(backend, TEST);
    coverage.addOutputs(
        "saved test", SampledVector.of(parts), Y_TEST.toArray(), truth.testPredictions());
  }
}
