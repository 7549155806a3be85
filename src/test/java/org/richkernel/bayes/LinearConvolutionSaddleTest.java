package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteMap.Padding;

/** The saddle of linear convolutional networks, against closed forms that share nothing with it. */
class LinearConvolutionSaddleTest {
  private static final int POINTS = 4;
  private static final double[] Y = {1, -1, 1, -1};
  private static final SiteMap SAME = SiteMap.of(4, 4, 3, 3, 1, Padding.SAME);
  private static final SiteMap CIRCULAR = SiteMap.of(4, 4, 3, 3, 1, Padding.CIRCULAR);
  private static final SiteMap STRIDE = SiteMap.of(4, 4, 3, 3, 2, Padding.SAME);

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** Plain flatten of s sites with gamma and kappa is the normalized one with these. */
  private LinearConvolutionSaddle flatten(List<SiteMap> maps, double gamma, double kappa) {
    int sites = maps.get(maps.size() - 1).outputSites();
    return solve(maps, false, gamma * Math.sqrt(sites) / sites, kappa / sites);
  }

  private LinearConvolutionSaddle solve(
      List<SiteMap> maps, boolean average, double gamma, double kappa) {
    double[] ones = new double[maps.size() + 1];
    java.util.Arrays.fill(ones, 1);
    return LinearConvolutionSaddle.solve(
        backend, patches(maps.get(0)), maps, ones, average, Y, POINTS, gamma, kappa);
  }

  private InputFactor.Exact patches(SiteMap map) {
    return ConvolutionOracle.byImage(backend, NetworkSpec.of(1, Activation.LINEAR), map, POINTS);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /**
   * TrK/P, y'Ky/P^2, y.v of the plain flatten or gap, from the matrix recursion of an independent
   * program; cases where plain sweeps take long are among them.
   */
  @Test
  void numbersOfTheMatrixRecursion() {
    assertNumbers(flatten(List.of(SAME), 1, 0.1), 16, 6.071758, 1.565956, 0.628555);
    assertNumbers(flatten(List.of(SAME), 4, 0.1), 16, 9.487767, 2.639294, 0.375406);
    LinearConvolutionSaddle strided = flatten(List.of(SAME, STRIDE), 0.5, 0.1);
    assertNumbers(strided, 4, 1.206485, 0.339631, 2.743357);
    assertThat(16 * trace(strided, 1)).isCloseTo(6.091739, within(2e-6));
    LinearConvolutionSaddle pooled = solve(List.of(SAME, STRIDE), true, 0.1, 0.1);
    assertNumbers(pooled, 1, 0.082548, 0.020736, 22.870186);
    assertNumbers(
        solve(List.of(CIRCULAR, CIRCULAR), true, 0.5, 0.01), 1, 0.043089, 0.016067, 256.9527);
  }

  private static void assertNumbers(
      LinearConvolutionSaddle saddle, int sites, double trace, double fit, double dualFit) {
    double[] k = saddle.kernels().get(saddle.kernels().size() - 1);
    double quadratic = 0;
    for (int i = 0; i < k.length; i++) {
      quadratic += Y[i / POINTS] * Y[i % POINTS] * k[i] * sites / (POINTS * POINTS);
    }
    assertThat(saddle.residual()).isLessThan(1e-8);
    assertThat(sites * trace(saddle, saddle.kernels().size())).isCloseTo(trace, within(1e-6));
    assertThat(quadratic).isCloseTo(fit, within(1e-6));
    assertThat(dot(Y, saddle.dual()) / sites).isCloseTo(dualFit, within(6e-5));
  }

  private static double trace(LinearConvolutionSaddle saddle, int layer) {
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      sum += saddle.kernels().get(layer - 1)[i * (POINTS + 1)] / POINTS;
    }
    return sum;
  }

  /** Site means of one layer see the mean patch alone, whatever the map. */
  @Test
  void oneLayerOfSiteMeansIsTheNetworkOfMeanPatches() {
    for (SiteMap map : List.of(SAME, STRIDE, SiteMap.of(4, 4, 3, 2, 1, Padding.VALID))) {
      int width = map.offsets() * ConvolutionOracle.CHANNELS;
      double[] rows = ImagePatches.byImage(ConvolutionOracle.images(POINTS), map);
      double[][] means = new double[POINTS][width];
      for (int i = 0; i < rows.length; i++) {
        means[i / width / map.outputSites()][i % width] +=
            rows[i] / map.outputSites() / Math.sqrt(width);
      }
      assertFullyConnected(solve(List.of(map), true, 0.7, 0.02), means, 1, 0.7, 0.02);
    }
  }

  /** On a circle the zero mode is closed under convolution: site means are a deep network. */
  @Test
  void siteMeansOnACircleAreADeepNetwork() {
    double[][] means = new double[POINTS][ConvolutionOracle.CHANNELS];
    for (int mu = 0; mu < POINTS; mu++) {
      for (int i = 0; i < 16 * ConvolutionOracle.CHANNELS; i++) {
        int c = i / 16;
        means[mu][c] +=
            ConvolutionOracle.pixel(mu, c, i % 16 / 4, i % 4)
                / 16
                / Math.sqrt(ConvolutionOracle.CHANNELS);
      }
    }
    for (int depth = 1; depth <= 3; depth++) {
      LinearConvolutionSaddle saddle =
          solve(java.util.Collections.nCopies(depth, CIRCULAR), true, 0.3, 0.05);
      assertFullyConnected(saddle, means, depth, 0.3, 0.05);
    }
  }

  private void assertFullyConnected(
      LinearConvolutionSaddle saddle, double[][] rows, int depth, double gamma, double kappa) {
    double[] c = new double[POINTS * POINTS];
    for (int i = 0; i < c.length; i++) {
      c[i] = dot(rows[i / POINTS], rows[i % POINTS]);
    }
    LinearSaddle expected = LinearSaddle.solve(backend, c, Y, depth, gamma, kappa);
    for (int l = 1; l <= depth; l++) {
      double[] kernel = expected.kernel(l);
      for (int i = 0; i < c.length; i++) {
        assertThat(saddle.kernels().get(l - 1)[i]).isCloseTo(kernel[i], within(1e-6));
      }
    }
    double scale = dot(expected.dual(), expected.dual());
    for (int i = 0; i < POINTS; i++) {
      assertThat(saddle.dual()[i]).isCloseTo(expected.dual()[i], within(1e-6 * Math.sqrt(scale)));
    }
  }

  /**
   * One flattened layer: the maximum over v of gamma^2 v.y - gamma^2 kappa |v|^2 / 2 + ln det(1 -
   * gamma^2 M(v)) / 2, M = sum_a p_a p_a^T with the patches p_a weighted by v; a concave function
   * of four numbers.
   */
  @Test
  void oneFlattenedLayerIsTheMaximumOfAConcaveFunction() {
    int sites = STRIDE.outputSites();
    int width = STRIDE.offsets() * ConvolutionOracle.CHANNELS;
    double[] rows = ImagePatches.byImage(ConvolutionOracle.images(POINTS), STRIDE);
    double gamma = 1.3;
    double kappa = 0.07;
    LinearConvolutionSaddle saddle = solve(List.of(STRIDE), false, gamma, kappa);

    double best = concave(saddle.dual(), rows, sites, width, gamma, kappa);
    Random random = new Random(3);
    for (int trial = 0; trial < 200; trial++) {
      double[] other = saddle.dual().clone();
      double size = Math.pow(10, -1 - 4 * random.nextDouble());
      for (int i = 0; i < POINTS; i++) {
        other[i] *= 1 + size * random.nextGaussian();
      }
      assertThat(concave(other, rows, sites, width, gamma, kappa)).isLessThan(best);
    }
    double h = 1e-5;
    for (int i = 0; i < POINTS; i++) {
      double[] up = saddle.dual().clone();
      double[] down = saddle.dual().clone();
      up[i] += h;
      down[i] -= h;
      double slope =
          concave(up, rows, sites, width, gamma, kappa)
              - concave(down, rows, sites, width, gamma, kappa);
      assertThat(slope / (2 * h)).isCloseTo(0, within(1e-7));
    }
    // the action is the maximum, where 1 replaces |T|^2 / 2 at initialisation
    assertThat(saddle.action() - 0.5 * saddleRank(STRIDE)).isCloseTo(best, within(1e-8));
  }

  private int saddleRank(SiteMap map) {
    return patches(map).rank();
  }

  private static double concave(
      double[] v, double[] rows, int sites, int width, double gamma, double kappa) {
    double[][] tilt = new double[width][width];
    for (int a = 0; a < sites; a++) {
      double[] p = new double[width];
      for (int mu = 0; mu < POINTS; mu++) {
        for (int i = 0; i < width; i++) {
          p[i] += v[mu] * rows[(mu * sites + a) * width + i] / Math.sqrt(width);
        }
      }
      for (int i = 0; i < width; i++) {
        for (int j = 0; j < width; j++) {
          tilt[i][j] -= gamma * gamma * p[i] * p[j] / sites;
        }
      }
    }
    for (int i = 0; i < width; i++) {
      tilt[i][i] += 1;
    }
    double determinant =
        new org.apache.commons.math3.linear.LUDecomposition(
                new org.apache.commons.math3.linear.Array2DRowRealMatrix(tilt))
            .getDeterminant();
    return gamma * gamma * (dot(v, Y) - 0.5 * kappa * dot(v, v)) + 0.5 * Math.log(determinant);
  }

  /** What is predicted at a training point is y - kappa v, which takes another way through it. */
  @Test
  void predictionsAtTrainingPointsFollowFromTheDual() {
    for (boolean average : new boolean[] {false, true}) {
      List<SiteMap> maps = List.of(SAME, STRIDE, SiteMap.of(2, 2, 2, 2, 1, Padding.SAME));
      double[] y = {1, 0.3, -1, 0.5, 1, -0.2, -1, 1};
      double kappa = 0.05;
      LinearConvolutionSaddle saddle =
          LinearConvolutionSaddle.solve(
              backend,
              patches(SAME),
              maps,
              new double[] {1.2, 0.9, 1.1, 1.3},
              average,
              y,
              POINTS,
              0.6,
              kappa);
      double[] r = patches(SAME).factor();
      for (int k = 0; k < 2; k++) {
        double[] c = saddle.coefficients().get(k);
        for (int mu = 0; mu < POINTS; mu++) {
          double f = 0;
          for (int i = 0; i < c.length; i++) {
            f += r[mu * c.length + i] * c[i];
          }
          double expected = y[mu * 2 + k] - kappa * saddle.dual()[mu * 2 + k];
          assertThat(f).isCloseTo(expected, within(1e-6));
        }
      }
    }
  }
}
