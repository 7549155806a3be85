package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyProblem;
import org.richkernel.lazy.LazySolver;
import org.richkernel.metrics.FilterCovariance;
import org.richkernel.metrics.LayerSites;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.PosteriorParameters;

/** Sites and filters of sampled convolutional networks, against loops and a closed form. */
class SiteAveragesTest {
  private static final int POINTS = 4;
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
    Inputs images = ConvolutionOracle.images(POINTS);
    Inputs none = Inputs.of(new double[0], 0, images.dimension()).withShape(images.shape());
    return new AdaptiveProblem(network, options, images, Targets.of(Y), none);
  }

  /** The numbers of one population by their definition; fewer samples than points, and more. */
  @ParameterizedTest
  @CsvSource({"3, FLATTEN", "20, FLATTEN", "20, GAP"})
  void numbersOfAPopulationAreThoseOfTheDefinition(int samples, SiteReadout readout) {
    AdaptiveProblem problem = problem("3x3,3x3/2", readout, Activation.TANH, SaddleOptions.usual());
    SampledInputs inputs = SampledInputs.of(backend, problem);
    ConvolutionShape shape = inputs.convolution().orElseThrow();
    PosteriorParameters parameters =
        new PosteriorParameters(
            1, 0.1, ConvolutionLayers.readoutVariance(problem.network(), shape), 0);
    double[] projector = inputs.factor().projector();
    try (ConvolutionPosterior posterior =
            new ConvolutionPosterior(
                backend, problem.network(), shape, inputs.factor(), Y, parameters, samples);
        FieldPopulation population = posterior.newPopulation(samples, 1);
        SiteAverages averages =
            new SiteAverages(backend, shape, posterior, Y, projector, samples)) {
      backend.fillGaussian(5, 76, 0, population.xi());
      posterior.refresh(population);
      posterior.complete(population);
      averages.measure(population);

      double[] measured = averages.sites().mean();
      int at = 0;
      for (int l = 1; l <= 2; l++) {
        int sites = shape.sites(l);
        double[] expected = loops(floats(posterior.activations(l)), samples, sites);
        for (int i = 0; i < expected.length; i++) {
          assertThat(measured[at + i]).isCloseTo(expected[i], within(1e-5 * (1 + expected[i])));
        }
        at += expected.length;
      }
      assertThat(at).isEqualTo(measured.length);
      assertFilters(averages.filters().mean(), floats(population.xi(1)), projector, samples);
    }
  }

  private float[] floats(Matrix matrix) {
    float[] values = new float[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  /** tr Phi_aa / P, y^T Phi_aa y, |Phi_aa|^2 from phi with columns (site, image). */
  private static double[] loops(float[] phi, int samples, int sites) {
    double[] numbers = new double[3 * sites];
    for (int a = 0; a < sites; a++) {
      for (int mu = 0; mu < POINTS; mu++) {
        for (int nu = 0; nu < POINTS; nu++) {
          double kernel = 0;
          for (int i = 0; i < samples; i++) {
            int row = (i * sites + a) * POINTS;
            kernel += (double) phi[row + mu] * phi[row + nu] / samples;
          }
          numbers[a] += mu == nu ? kernel / POINTS : 0;
          numbers[sites + a] += Y[mu] * Y[nu] * kernel;
          numbers[2 * sites + a] += kernel * kernel;
        }
      }
    }
    return numbers;
  }

  private static void assertFilters(double[] lower, float[] xi, double[] basis, int samples) {
    int rank = xi.length / samples;
    int n = basis.length / rank;
    int at = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++, at++) {
        double expected = 0;
        for (int s = 0; s < samples; s++) {
          double left = 0;
          double right = 0;
          for (int k = 0; k < rank; k++) {
            left += xi[s * rank + k] * basis[i * rank + k];
            right += xi[s * rank + k] * basis[j * rank + k];
          }
          expected += left * right / samples;
        }
        assertThat(lower[at]).isCloseTo(expected, within(1e-5 * (1 + Math.abs(expected))));
      }
    }
  }

  /**
   * One flattened linear layer: the covariance of filters is (1 - gamma^2 M)^{-1} with M = sum_a
   * p_a p_a^T / s of the patches weighted by v, and v is that of a descent that samples nothing.
   */
  @Test
  void filtersOfALinearLayerAreThoseOfTheClosedForm() {
    double gamma = 1;
    double kappa = 0.1;
    SaddleOptions options =
        SaddleOptions.usual()
            .withGamma(gamma)
            .withBeta(1 / kappa)
            .withSamples(64)
            .withTolerance(0.02)
            .withMaxSweeps(400);
    AdaptiveProblem problem = problem("3x3", SiteReadout.FLATTEN, Activation.LINEAR, options);
    SiteMap map = SampledInputs.maps(problem.network(), problem.trainInputs()).get(0);
    double[] v =
        LinearConvolutionSaddle.solve(
                backend,
                ConvolutionOracle.byImage(backend, problem.network(), map, POINTS),
                List.of(map),
                new double[] {1, 1},
                false,
                Y,
                POINTS,
                gamma,
                kappa)
            .dual();
    double[][] expected = tilted(v, map, gamma);

    SampledInputs inputs = SampledInputs.of(backend, problem);
    FilterCovariance found;
    LayerSites sites;
    double[] trace;
    try (SaddleSampler sampler =
        new SaddleSampler(backend, problem.network(), inputs, Y, options, null, 0)) {
      sampler.run(RunControl.silent());
      SiteFeatures features = SiteFeatures.of(sampler.estimate(), Y, inputs.factor()).orElseThrow();
      found = features.filters().orElseThrow();
      sites = features.layers().get(0);
      trace =
          new double[] {
            sampler.estimate().scalar(chain -> chain.layer(1).trace()).value() / POINTS,
            sampler.estimate().scalar(chain -> chain.layer(1).trace()).error() / POINTS
          };
    }
    assertCovers(
        found.covariance(), Arrays.stream(expected).flatMapToDouble(Arrays::stream).toArray());
    // tr Phi / P is the mean of the variance over sites
    assertThat(Arrays.stream(sites.variance().value()).average().orElseThrow())
        .isCloseTo(trace[0], within(4 * trace[1]));
    // the largest eigenvalue of the closed form, by its direction here
    double[] u = Arrays.copyOf(found.eigenvectors(), expected.length);
    double along = 0;
    for (int i = 0; i < u.length; i++) {
      for (int j = 0; j < u.length; j++) {
        along += u[i] * expected[i][j] * u[j];
      }
    }
    assertThat(found.eigenvalues()[0])
        .isGreaterThan(1.5)
        .isCloseTo(along, within(4 * found.eigenvalueErrors()[0]));
  }

  /** Hardly rich networks have the sites of the kernel at initialisation, which is not sampled. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void sitesOfLazyNetworksAreThoseOfTheRecursion(SiteReadout readout) {
    SaddleOptions options =
        SaddleOptions.usual()
            .withGamma(1e-3)
            .withBeta(10)
            .withSamples(64)
            .withTolerance(0.05)
            .withMaxSweeps(80);
    AdaptiveProblem problem = problem("3x3,3x3/2", readout, Activation.RELU, options);
    List<LayerSites> exact =
        new LazySolver(
                backend,
                LazyProblem.of(
                    problem.network(),
                    KernelKind.NNGP,
                    0.1,
                    problem.trainInputs(),
                    problem.trainTargets()))
            .solve()
            .gram()
            .sites();
    SampledInputs inputs = SampledInputs.of(backend, problem);
    try (SaddleSampler sampler =
        new SaddleSampler(backend, problem.network(), inputs, Y, options, null, 0)) {
      sampler.run(RunControl.silent());
      List<LayerSites> found =
          SiteFeatures.of(sampler.estimate(), Y, inputs.factor()).orElseThrow().layers();
      for (int l = 0; l < 2; l++) {
        assertThat(found.get(l).height()).isEqualTo(exact.get(l).height());
        assertCovers(found.get(l).variance(), exact.get(l).variance().value());
        assertCovers(found.get(l).alignment(), exact.get(l).alignment().value());
      }
    }
  }

  /** (1 - gamma^2 M)^{-1}. */
  private static double[][] tilted(double[] v, SiteMap map, double gamma) {
    int n = map.offsets() * ConvolutionOracle.CHANNELS;
    int sites = map.outputSites();
    double[] rows = ImagePatches.byImage(ConvolutionOracle.images(POINTS), map);
    double[][] matrix = new double[n][n];
    for (int a = 0; a < sites; a++) {
      double[] p = new double[n];
      for (int mu = 0; mu < POINTS; mu++) {
        for (int i = 0; i < n; i++) {
          p[i] += v[mu] * rows[(mu * sites + a) * n + i] / Math.sqrt(n);
        }
      }
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          matrix[i][j] -= gamma * gamma * p[i] * p[j] / sites;
        }
      }
    }
    for (int i = 0; i < n; i++) {
      matrix[i][i] += 1;
    }
    return new LUDecomposition(new Array2DRowRealMatrix(matrix)).getSolver().getInverse().getData();
  }

  /** Every entry within five standard errors, at least half of them within one. */
  private static void assertCovers(SampledVector found, double[] expected) {
    double[] errors = found.standardError();
    int close = 0;
    for (int i = 0; i < expected.length; i++) {
      double z = (found.value()[i] - expected[i]) / errors[i];
      assertThat(Math.abs(z)).as("entry %d of %d", i, expected.length).isLessThan(5);
      close += Math.abs(z) < 1 ? 1 : 0;
    }
    assertThat(close).isGreaterThanOrEqualTo(expected.length / 2);
  }
}
