package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.calibration.MeanPatchNetwork;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.FieldForm;

/**
 * Chains over the weights of convolutional networks, against exact integrals and other samplers.
 */
class ConvolutionSamplingTest {
  private static final double[] Y = {1, -1, 1, -1};

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static AdaptiveProblem problem(
      String layers, SiteReadout readout, Activation activation, SaddleOptions options) {
    Convolutions convolutions = Convolutions.parse(layers).withReadout(readout);
    NetworkSpec network =
        NetworkSpec.of(convolutions.layers().size(), activation).withConvolutions(convolutions);
    Inputs images = ConvolutionOracle.images(6);
    Inputs train = Inputs.of(images.copyRows(0, 4), 4, 32).withShape(images.shape());
    Inputs test = Inputs.of(images.copyRows(4, 2), 2, 32).withShape(images.shape());
    return new AdaptiveProblem(network, options, train, Targets.of(Y), test);
  }

  private SaddleEstimate sampled(AdaptiveProblem problem) {
    SampledInputs inputs = SampledInputs.of(backend, problem);
    try (SaddleSampler sampler =
        new SaddleSampler(backend, problem.network(), inputs, Y, problem.options(), null, 0)) {
      sampler.run(RunControl.silent());
      return sampler.estimate();
    }
  }

  private static SaddleOptions options(double gamma, double kappa, int samples, int sweeps) {
    return SaddleOptions.usual()
        .withGamma(gamma)
        .withBeta(1 / kappa)
        .withSamples(samples)
        .withTolerance(0.02)
        .withMaxSweeps(sweeps);
  }

  private static void assertWithin(double deviations, Estimate sampled, double exact) {
    assertThat(Math.abs(sampled.value() - exact))
        .as("%s against %s", sampled, exact)
        .isLessThan(deviations * sampled.error());
  }

  /** One layer, site means, linear: a network of mean patches, whose posterior is one integral. */
  @Test
  void linearPosteriorAtFiniteWidthIsTheExactIntegral() {
    int width = 64;
    SaddleOptions options = options(1, 0.01, width, 400).withDeterminantWeight(1);
    AdaptiveProblem problem = problem("3x3", SiteReadout.GAP, Activation.LINEAR, options);
    SaddleEstimate estimate = sampled(problem);

    MeanPatchNetwork.Means exact = MeanPatchNetwork.posterior(width, width, 0.01);
    assertWithin(4, estimate.scalar(SamplingChain::dualFit), exact.dualFit());
    SampledVector f = estimate.vector(SamplingChain::testPredictions);
    for (int i = 0; i < 2; i++) {
      assertWithin(4, new Estimate(f.value()[i], f.standardError()[i]), exact.test()[i]);
    }
  }

  private static LargeData fields(FieldForm form) {
    return new LargeData(ReadoutForm.AUTO, form, LargeData.KERNELS_UP_TO);
  }

  /**
   * tanh, 3x3 and 3x3/2, width 200, gamma 1, kappa 0.1: kernel, dual and two predictions from an
   * independent program, by whitened fields, by weights, and by weights with an explicit readout;
   * the first of each with its standard error.
   */
  @ParameterizedTest
  @EnumSource(names = {"WHITENED", "WEIGHTS"})
  void posteriorOfSiteMeansIsThatOfOtherSamplers(FieldForm form) {
    SaddleOptions options =
        options(1, 0.1, 200, 60).withDeterminantWeight(1).withLargeData(fields(form));
    SaddleEstimate estimate =
        sampled(problem("3x3,3x3/2", SiteReadout.GAP, Activation.TANH, options));

    assertNumbers(
        estimate,
        1,
        List.of(
            new double[] {0.1121, 0.0002},
            new double[] {0.0830, 0.0002},
            new double[] {9.589, 0.018},
            new double[] {0.3364, 0.0033},
            new double[] {0.0631, 0.0017}));
  }

  /** The same with a weight for every site, in plain normalization: gamma 1/2, kappa 1/40 here. */
  @ParameterizedTest
  @EnumSource(names = {"WHITENED", "WEIGHTS"})
  void flattenedPosteriorIsThatOfOtherSamplers(FieldForm form) {
    SaddleOptions options =
        options(0.5, 0.025, 200, 60).withDeterminantWeight(1).withLargeData(fields(form));
    SaddleEstimate estimate =
        sampled(problem("3x3,3x3/2", SiteReadout.FLATTEN, Activation.TANH, options));

    assertNumbers(
        estimate,
        4,
        List.of(
            new double[] {0.6302, 0.0012},
            new double[] {0.2676, 0.0006},
            new double[] {3.438, 0.006},
            new double[] {-0.0011, 0.0029},
            new double[] {-0.1008, 0.0030}));
  }

  private static LargeData form(ReadoutForm form) {
    return new LargeData(form, FieldForm.WEIGHTS, LargeData.KERNELS_UP_TO);
  }

  /**
   * The limit of many channels, extrapolated from S = 50 and 200 here and there, in the dual form:
   * kernel, dual and two predictions from an independent program with its standard errors.
   */
  @Test
  void dualFormHasTheSaddlePointOfAnotherSampler() {
    SaddleOptions options = options(1, 0.1, 200, 100).withLargeData(form(ReadoutForm.DUAL));
    SaddleEstimate estimate =
        sampled(problem("3x3,3x3/2", SiteReadout.GAP, Activation.TANH, options));

    assertNumbers(
        estimate,
        1,
        List.of(
            new double[] {0.1121, 0.0004},
            new double[] {0.0828, 0.0003},
            new double[] {9.600, 0.027},
            new double[] {0.330, 0.005},
            new double[] {0.069, 0.003}));
  }

  /** Norms of mean kernels are those of single sweeps, extrapolated, which finite width is not. */
  @Test
  void dualFormHasNoFiniteWidth() {
    SaddleOptions options = options(1, 0.1, 64, 1).withDeterminantWeight(1);
    SaddleOptions dual = options.withLargeData(form(ReadoutForm.DUAL));
    assertThatThrownBy(
            () ->
                new AdaptiveNbkSolver(
                    backend, problem("3x3", SiteReadout.GAP, Activation.TANH, dual)))
        .hasMessageContaining("convolutions at finite width have the primal form alone")
        .hasMessageContaining("use auto or primal");
    AdaptiveProblem auto =
        problem(
            "3x3", SiteReadout.GAP, Activation.TANH, options.withLargeData(form(ReadoutForm.AUTO)));
    assertThat(new AdaptiveNbkSolver(backend, auto).form()).contains(ReadoutForm.PRIMAL);
  }

  /** With a weight for every site the numbers of the dual form are those of the primal one. */
  @Test
  void flattenedDualFormAgreesWithThePrimalOne() {
    SaddleOptions options = options(0.5, 0.025, 64, 100);
    List<SaddleEstimate> both = new ArrayList<>();
    for (ReadoutForm form : List.of(ReadoutForm.DUAL, ReadoutForm.PRIMAL)) {
      SaddleOptions own =
          options.withLargeData(form(form)).withSeed(form == ReadoutForm.DUAL ? 3 : 4);
      both.add(sampled(problem("3x3,3x3/2", SiteReadout.FLATTEN, Activation.TANH, own)));
    }
    SaddleEstimate primal = both.get(1);
    SampledVector f = primal.vector(SamplingChain::testPredictions);
    Estimate trace = primal.scalar(chain -> chain.layer(2).trace());
    Estimate fit = primal.scalar(chain -> chain.layer(2).fit());
    Estimate dual = primal.scalar(SamplingChain::dualFit);
    assertNumbers(
        both.get(0),
        4,
        List.of(
            new double[] {trace.value(), trace.error()},
            new double[] {fit.value() / 4, fit.error() / 4},
            new double[] {dual.value() / 4, dual.error() / 4},
            new double[] {f.value()[0], f.standardError()[0]},
            new double[] {f.value()[1], f.standardError()[1]}));
    Estimate below = primal.scalar(chain -> chain.layer(1).trace());
    Estimate own = both.get(0).scalar(chain -> chain.layer(1).trace());
    assertWithin(
        4, new Estimate(own.value(), Math.hypot(own.error(), below.error())), below.value());
  }

  private static void assertNumbers(SaddleEstimate estimate, int sites, List<double[]> expected) {
    SampledVector f = estimate.vector(SamplingChain::testPredictions);
    List<Estimate> sampled =
        List.of(
            estimate.scalar(chain -> chain.layer(2).trace()).times(sites / 4.0),
            estimate.scalar(chain -> chain.layer(2).fit()).times(sites / 16.0),
            estimate.scalar(SamplingChain::dualFit).times(1.0 / sites),
            new Estimate(f.value()[0], f.standardError()[0]),
            new Estimate(f.value()[1], f.standardError()[1]));
    for (int i = 0; i < expected.size(); i++) {
      double error = Math.hypot(sampled.get(i).error(), expected.get(i)[1]);
      assertWithin(4, new Estimate(sampled.get(i).value(), error), expected.get(i)[0]);
    }
  }
}
