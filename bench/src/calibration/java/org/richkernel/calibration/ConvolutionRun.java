package org.richkernel.calibration;

import java.util.List;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.LinearSaddle;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.SampledLinear;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.SampledVector;

/**
 * The sampler of convolutional networks on a {@link MeanPatchNetwork}, at infinite width against
 * the closed form of the fully connected network that it is, or at finite width against the exact
 * integral.
 */
public final class ConvolutionRun implements CoverageRun {
  private static final double GAMMA = 0.5;
  private static final double KAPPA = 0.01;

  private final boolean finite;
  private final SaddleOptions options;

  /**
   * @param finite whether the width is the number of samples
   */
  public ConvolutionRun(boolean finite, int samples, double tolerance) {
    this.finite = finite;
    options =
        SaddleOptions.of(GAMMA, 1 / KAPPA)
            .withSamples(samples)
            .withTolerance(tolerance)
            .withDeterminantWeight(finite ? 1 : 0);
  }

  @Override
  public String name() {
    return (finite ? "N=" : "S=") + options.samples() + " linear 3x3 gap";
  }

  private AdaptiveProblem problem(long seed) {
    return new AdaptiveProblem(
        NetworkSpec.of(1, Activation.LINEAR).withConvolutions(MeanPatchNetwork.convolution()),
        options.withSeed(seed),
        MeanPatchNetwork.images(0, MeanPatchNetwork.TRAIN),
        Targets.of(MeanPatchNetwork.targets()),
        MeanPatchNetwork.images(MeanPatchNetwork.TRAIN, MeanPatchNetwork.TEST));
  }

  @Override
  public void add(Backend backend, long seed, Coverage coverage) {
    AdaptiveProblem problem = problem(seed);
    AdaptiveNbkSolution seen = SampledLinear.solve(backend, problem);
    if (!coverage.countRun(seen.converged(), seen.certificate().errorsHold(), seen.iterations())) {
      return;
    }
    MeanPatchNetwork.Means truth = finite ? finiteWidth() : infiniteWidth(backend, seen, coverage);
    coverage.add("y.v", seen.dualFit().value(), truth.dualFit(), seen.dualFit().error());
    double[] y = MeanPatchNetwork.targets();
    coverage.addOutputs("train", seen.train(), y, truth.train(KAPPA));
    coverage.add("f_test", seen.test().value(), truth.test(), seen.test().standardError());
    List<double[]> parts = seen.predictor().predictParts(backend, problem.testInputs());
    SampledVector kept = SampledVector.of(parts);
    coverage.add("f_test, saved", kept.value(), truth.test(), kept.standardError());
  }

  private MeanPatchNetwork.Means finiteWidth() {
    double chi = GAMMA * GAMMA * options.samples();
    return MeanPatchNetwork.posterior(options.samples(), chi, KAPPA);
  }

  /** Means of the saddle point; adds the numbers of the kernel, which it knows too. */
  private MeanPatchNetwork.Means infiniteWidth(
      Backend backend, AdaptiveNbkSolution seen, Coverage coverage) {
    int points = MeanPatchNetwork.TRAIN;
    double[] c = new double[points * points];
    for (int i = 0; i < c.length; i++) {
      c[i] = MeanPatchNetwork.kernel().getEntry(i / points, i % points);
    }
    double[] y = MeanPatchNetwork.targets();
    LinearSaddle saddle = LinearSaddle.solve(backend, c, y, 1, GAMMA, KAPPA);
    KernelMetrics kernel = KernelMetrics.of(saddle.kernel(1), Targets.of(y));
    AdaptiveNbkSolution.Layer layer = seen.layers().get(0);
    coverage.add(
        "alignment", layer.alignment().value(), kernel.alignment(), layer.alignment().error());
    coverage.add("trace", layer.trace().value(), kernel.trace(), layer.trace().error());
    coverage.add(
        "|Phi|_F", layer.frobenius().value(), kernel.frobenius(), layer.frobenius().error());
    double[] test = new double[MeanPatchNetwork.TEST];
    for (int x = 0; x < test.length; x++) {
      for (int i = 0; i < points; i++) {
        test[x] +=
            saddle.rescaling()
                * MeanPatchNetwork.kernel().getEntry(points + x, i)
                * saddle.dual()[i];
      }
    }
    return new MeanPatchNetwork.Means(saddle.dual(), test);
  }
}
