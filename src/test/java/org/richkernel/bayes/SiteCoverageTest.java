package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.calibration.Coverage;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.metrics.FilterCovariance;
import org.richkernel.metrics.LayerSites;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * The printed errors of sites and filters over many short runs. One flattened linear layer of a
 * kernel of two weights on three sites of a circle has filters of covariance (1 - gamma^2 sum_a p_a
 * p_a^T / s)^{-1}, p_a = sum_mu v_mu z_{mu a} with z the patches over 2^{1/2}, and v of a descent
 * that samples nothing. More seeds with {@code -Drichkernel.seeds=40}.
 */
class SiteCoverageTest {
  private static final int FEW = 12;
  private static final int SITES = 3;
  private static final double[][] IMAGES = {{1.1, -0.4, 0.5}, {0.3, 0.9, -0.7}, {-0.8, 0.6, 0.2}};
  private static final double[] Y = {1, -0.6, 0.4};
  private static final double GAMMA = 1.5;
  private static final double KAPPA = 0.1;

  private static AdaptiveProblem problem(long seed) {
    double[] x = new double[9];
    for (int i = 0; i < x.length; i++) {
      x[i] = IMAGES[i / SITES][i % SITES];
    }
    Convolutions layer = Convolutions.parse("1x2").withPadding(SiteMap.Padding.CIRCULAR);
    return AdaptiveProblem.of(
        NetworkSpec.of(1, Activation.LINEAR).withConvolutions(layer),
        SaddleOptions.of(GAMMA, 1 / KAPPA)
            .withSamples(64)
            .withTolerance(0.05)
            .withMaxSweeps(400)
            .withSeed(seed),
        Inputs.of(x, 3, SITES).withShape(new ImageShape(1, SITES, 1)),
        Targets.of(Y));
  }

  /** Two numbers of a patch, over 2^{1/2}. */
  private static double[] patch(SiteMap map, int mu, int a) {
    return new double[] {
      IMAGES[mu][map.input(a, 0)] / Math.sqrt(2), IMAGES[mu][map.input(a, 1)] / Math.sqrt(2)
    };
  }

  /** The inverse of 1 - gamma^2 M, row-major. */
  private static double[] filters(SiteMap map, double[] v) {
    double[] m = {1, 0, 0, 1};
    for (int a = 0; a < SITES; a++) {
      double[] p = new double[2];
      for (int mu = 0; mu < v.length; mu++) {
        double[] z = patch(map, mu, a);
        p[0] += v[mu] * z[0];
        p[1] += v[mu] * z[1];
      }
      for (int i = 0; i < 4; i++) {
        m[i] -= GAMMA * GAMMA * p[i / 2] * p[i % 2] / SITES;
      }
    }
    double determinant = m[0] * m[3] - m[1] * m[2];
    return new double[] {
      m[3] / determinant, -m[1] / determinant, -m[2] / determinant, m[0] / determinant
    };
  }

  /** tr Phi_aa / P, then y^T Phi_aa y / (|Phi_aa|_F |y|^2). */
  private static double[][] sites(SiteMap map, double[] filters) {
    double[] variance = new double[SITES];
    double[] alignment = new double[SITES];
    double targets = 0;
    for (double y : Y) {
      targets += y * y;
    }
    for (int a = 0; a < SITES; a++) {
      double fit = 0;
      double square = 0;
      for (int mu = 0; mu < Y.length; mu++) {
        for (int nu = 0; nu < Y.length; nu++) {
          double[] left = patch(map, mu, a);
          double[] right = patch(map, nu, a);
          double kernel = 0;
          for (int i = 0; i < 4; i++) {
            kernel += left[i / 2] * filters[i] * right[i % 2];
          }
          variance[a] += mu == nu ? kernel / Y.length : 0;
          fit += Y[mu] * Y[nu] * kernel;
          square += kernel * kernel;
        }
      }
      alignment[a] = fit / (Math.sqrt(square) * targets);
    }
    return new double[][] {variance, alignment};
  }

  @Test
  void intervalsHoldAsManyTruthsAsTheyPromise() {
    int seeds = Integer.getInteger("richkernel.seeds", FEW);
    Coverage coverage = new Coverage();
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {})) {
      AdaptiveProblem any = problem(0);
      SiteMap map = SampledInputs.maps(any.network(), any.trainInputs()).get(0);
      InputFactor.Exact byImage =
          InputFactor.Exact.of(
              backend, any.network(), ImagePatches.byImage(any.trainInputs(), map), 9, 2);
      double[] v =
          LinearConvolutionSaddle.solve(
                  backend, byImage, List.of(map), new double[] {1, 1}, false, Y, 3, GAMMA, KAPPA)
              .dual();
      double[] filters = filters(map, v);
      assertThat(Math.max(filters[0], filters[3])).isGreaterThan(1.5);
      double[][] sites = sites(map, filters);
      for (int seed = 1; seed <= seeds; seed++) {
        AdaptiveProblem problem = problem(seed);
        SampledInputs inputs = SampledInputs.of(backend, problem);
        try (SaddleSampler sampler =
            new SaddleSampler(backend, problem.network(), inputs, Y, problem.options(), null, 0)) {
          boolean certified = sampler.run(RunControl.silent()) == StopReason.CONVERGED;
          boolean vouched = sampler.certificate().errorsHold(problem.options().tolerance());
          if (!coverage.countRun(certified, vouched, sampler.iterations())) {
            continue;
          }
          SiteFeatures seen = SiteFeatures.of(sampler.estimate(), Y, inputs.factor()).orElseThrow();
          FilterCovariance found = seen.filters().orElseThrow();
          LayerSites layer = seen.layers().get(0);
          coverage.add(
              "filters", found.covariance().value(), filters, found.covariance().standardError());
          coverage.add(
              "site variance",
              layer.variance().value(),
              sites[0],
              layer.variance().standardError());
          coverage.add(
              "site alignment",
              layer.alignment().value(),
              sites[1],
              layer.alignment().standardError());
        }
      }
    }
    if (seeds > FEW) {
      System.out.print(coverage.rows("1x2 linear flatten"));
    }
    assertThat(coverage.vouched()).isGreaterThan(9 * seeds / 10);
    for (String number : coverage.numbers()) {
      assertThat(coverage.within(number, 1.96)).as("95 %% of %s", number).isGreaterThan(0.85);
      assertThat(coverage.within(number, 0.5)).as("0.5 errors of %s", number).isLessThan(0.65);
      assertThat(coverage.spread(number)).as("spread of %s", number).isBetween(0.6, 1.4);
    }
  }
}
