package org.richkernel.calibration;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** A few trained networks against very many: what they give at the end of the training. */
public final class TrainedNetworksRun implements CoverageRun {
  private static final int MANY = 20_000;

  private final DynamicsProblem problem;
  private final int width;
  private final int repeats;
  private final DynamicsSolution truth;

  /**
   * Trains the many networks, on four points in the plane.
   *
   * @param layers L
   * @param width N
   * @param repeats networks of each run that is judged
   * @param steps of size 0.1
   */
  public TrainedNetworksRun(
      Backend backend, int layers, Activation activation, int width, int repeats, int steps) {
    this.width = width;
    this.repeats = repeats;
    problem =
        new DynamicsProblem(
            NetworkSpec.of(layers, activation),
            DynamicsOptions.of(1, steps, 0.1),
            Inputs.of(new double[] {1.2, 0.3, -0.5, 1.1, 0.8, -0.9, -1.0, -0.6}, 4, 2),
            Targets.of(new double[] {1, -1, 0.5, -0.3}),
            Inputs.of(new double[] {0.4, 0.7, -1.3, 0.2, 0.1, -1.5}, 3, 2),
            Targets.of(new double[] {0.2, -0.8, 0.4}));
    truth = train(backend, Long.MAX_VALUE, MANY);
  }

  private DynamicsSolution train(Backend backend, long seed, int networks) {
    return new GradientDescentNetwork(width, networks)
        .solve(problem.withOptions(problem.options().withSeed(seed)), backend, RunControl.silent());
  }

  @Override
  public String name() {
    return repeats
        + " networks, "
        + problem.network().activation().id()
        + " L="
        + problem.network().hiddenLayers()
        + " N="
        + width
        + " "
        + problem.options().steps()
        + " steps";
  }

  @Override
  public void add(Backend backend, long seed, Coverage coverage) {
    DynamicsSolution seen = train(backend, seed, repeats);
    int end = seen.times() - 1;
    coverage.countRun(true, true, end);
    int points = problem.points();
    for (int i = 0; i < points; i++) {
      coverage.add(
          i < problem.trainPoints() ? "f_train" : "f_test",
          seen.mean().outputs()[end * points + i],
          truth.mean().outputs()[end * points + i],
          seen.standardError().outputs()[end * points + i]);
    }
    coverage.add(
        "train loss",
        seen.trainLoss()[end],
        truth.trainLoss()[end],
        seen.trainLossStandardError()[end]);
    coverage.add(
        "test loss",
        seen.testLoss()[end],
        truth.testLoss()[end],
        seen.testLossStandardError()[end]);
    KernelCourse own = KernelCourse.of(seen.mean().kernels(), problem);
    KernelCourse all = KernelCourse.of(truth.mean().kernels(), problem);
    KernelCourse errors = seen.standardError().course();
    int layers = problem.network().hiddenLayers();
    int last = own.trace().length - layers - 1;
    for (int l = 0; l <= layers; l++) {
      String of = l < layers ? " of layer " + (l + 1) : " of the tangent kernel";
      int at = last + l;
      coverage.add(
          "alignment" + of, own.alignment()[at], all.alignment()[at], errors.alignment()[at]);
      coverage.add("trace" + of, own.trace()[at], all.trace()[at], errors.trace()[at]);
      coverage.add("norm" + of, own.frobenius()[at], all.frobenius()[at], errors.frobenius()[at]);
      coverage.add("movement" + of, own.movement()[at], all.movement()[at], errors.movement()[at]);
    }
  }
}
