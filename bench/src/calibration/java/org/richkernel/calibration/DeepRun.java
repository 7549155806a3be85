package org.richkernel.calibration;

import java.util.List;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.data.Dataset;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.RunControl;

/**
 * The saddle point of two hidden layers, gamma 1, kappa 0.1, against a long run with more samples,
 * and what its saved populations predict at the same points.
 */
public final class DeepRun implements CoverageRun {
  private static final int LAYERS = 2;

  private final String name;
  private final Activation activation;
  private final Points points;
  private final SaddleOptions judged;
  private final AdaptiveNbkSolution truth;

  private record Points(Inputs train, Targets y, Inputs test, Targets yTest) {
    static Points of(Dataset train, Dataset test) {
      return new Points(
          Inputs.of(train.inputs(), train.points(), train.inputDimension()),
          Targets.of(train.targets(), train.points(), 1),
          Inputs.of(test.inputs(), test.points(), test.inputDimension()),
          Targets.of(test.targets(), test.points(), 1));
    }
  }

  private DeepRun(
      Backend backend,
      String name,
      Activation activation,
      Points points,
      SaddleOptions judged,
      int many,
      int sweeps) {
    this.name = activation.id() + " L=" + LAYERS + name + " S=" + judged.samples();
    this.activation = activation;
    this.points = points;
    this.judged = judged;
    truth =
        solve(
            backend,
            judged.withSamples(many).withSeed(-1).withTolerance(1e-9).withMaxSweeps(sweeps));
    System.err.println(this.name + ": the long run, " + truth.layers() + " " + truth.dualFit());
  }

  /** Four training and three test points in the plane. */
  public static DeepRun plane(Backend backend, Activation activation, int samples) {
    Points points =
        new Points(
            Inputs.of(new double[] {1.2, 0.3, -0.5, 1.1, 0.8, -0.9, -1.0, -0.6}, 4, 2),
            Targets.of(new double[] {1, -1, 0.5, -0.3}),
            Inputs.of(new double[] {0.4, 0.7, -1.3, 0.2, 0.1, -1.5}, 3, 2),
            Targets.of(new double[] {0.2, -0.8, 0.4}));
    SaddleOptions options = SaddleOptions.of(1, 10).withSamples(samples).withTolerance(0.02);
    return new DeepRun(backend, "", activation, points, options, 1600, 2500);
  }

  /** The MNIST digits 0 and 1 of test-data, 40 of them for training and 10 for tests. */
  public static DeepRun digits(Backend backend, Activation activation, int samples) {
    Datasets digits =
        DatasetReader.train(
                "test-data/mnist01-train-images-idx3-ubyte.gz",
                "test-data/mnist01-train-labels-idx1-ubyte.gz")
            .test(
                "test-data/mnist01-test-images-idx3-ubyte.gz",
                "test-data/mnist01-test-labels-idx1-ubyte.gz")
            .classes(0, 1)
            .trainSize(40)
            .testSize(10)
            .read();
    Points points = Points.of(digits.train(), digits.test().orElseThrow());
    SaddleOptions options = SaddleOptions.of(1, 10).withSamples(samples);
    return new DeepRun(backend, " MNIST P=40", activation, points, options, 1600, 3000);
  }

  private AdaptiveNbkSolution solve(Backend backend, SaddleOptions options) {
    return new AdaptiveNbkSolver(
            backend,
            new AdaptiveProblem(
                NetworkSpec.of(LAYERS, activation), options, points.train, points.y, points.test))
        .solve(RunControl.silent());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void add(Backend backend, long seed, Coverage coverage) {
    AdaptiveNbkSolution seen = solve(backend, judged.withSeed(seed));
    if (!coverage.countRun(seen.converged(), seen.certificate().errorsHold(), seen.iterations())) {
      return;
    }
    for (int l = 0; l < LAYERS; l++) {
      AdaptiveNbkSolution.Layer own = seen.layers().get(l);
      AdaptiveNbkSolution.Layer all = truth.layers().get(l);
      String of = " of layer " + (l + 1);
      coverage.add("alignment" + of, own.alignment(), all.alignment());
      coverage.add("trace" + of, own.trace(), all.trace());
      coverage.add("norm" + of, own.frobenius(), all.frobenius());
    }
    coverage.add("y.v", seen.dualFit(), truth.dualFit());
    outputs("train", seen.train(), points.y, truth.train(), coverage);
    outputs("test", seen.test(), points.yTest, truth.test(), coverage);
    List<double[]> parts = seen.predictor().predictParts(backend, points.test);
    outputs("saved test", SampledVector.of(parts), points.yTest, truth.test(), coverage);
  }

  /** Predictions and their loss; those of the truth have errors too. */
  private static void outputs(
      String of, SampledVector seen, Targets targets, SampledVector all, Coverage coverage) {
    double[] y = targets.toArray();
    coverage.add(of + " loss", loss(y, seen), loss(y, all));
    double[] errors = seen.standardError().clone();
    for (int i = 0; i < errors.length; i++) {
      errors[i] = Math.hypot(errors[i], all.standardError()[i]);
    }
    coverage.add("f_" + of, seen.value(), all.value(), errors);
  }

  private static Estimate loss(double[] y, SampledVector f) {
    return new Estimate(Coverage.loss(y, f.value()), f.lossError(y));
  }
}
