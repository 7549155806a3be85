package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteMap.Padding;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PosteriorParameters;

/**
 * The saddle of a linear convolutional network by its matrix recursion in float64,
 *
 * <pre>  Phi^l = (1 + Sigma^l Phihat^l)^{-1} Sigma^l,  Sigma^{l+1} = F Phi^l,
 *   Phihat^{l-1} = F*[(1 + Phihat^l Sigma^l)^{-1} Phihat^l],  Phihat^L = -gamma^2 v v^T (x) R,
 * </pre>
 *
 * as whitened fields with exactly xi^T xi / S = (1 + F_l^T Phihat^l F_l)^{-1}: there the gradient
 * of E = |xi|^2 / 2 + V obeys equipartition, (xi^l)^T dE/dxi^l / S = 1, in every layer. It tests F,
 * its adjoint, the adjoint of the Cholesky factor, the readout and v at once.
 */
class EquipartitionTest {
  private static final int POINTS = 4;
  private static final int SAMPLES = 80;
  private static final double[] Y = {1, -1, 1, -1};
  private static final SiteMap SAME = SiteMap.of(4, 4, 3, 3, 1, Padding.SAME);
  private static final SiteMap STRIDE = SiteMap.of(4, 4, 3, 3, 2, Padding.SAME);
  private static final SiteMap VALID = SiteMap.of(2, 2, 2, 1, 1, Padding.VALID);

  /** Rows and columns are ordered (site, image). */
  private record Saddle(
      List<RealMatrix> sigma, List<RealMatrix> phi, List<RealMatrix> conjugate, RealMatrix v) {}

  /** F or its adjoint on kernels ordered (site, image), by the site map's own loops. */
  private static RealMatrix mapped(SiteMap map, RealMatrix kernel, boolean adjoint) {
    int before = adjoint ? map.outputSites() : map.inputSites();
    int after = adjoint ? map.inputSites() : map.outputSites();
    double[] from = new double[POINTS * before * POINTS * before];
    double[] to = new double[POINTS * after * POINTS * after];
    int n = POINTS * before;
    for (int i = 0; i < from.length; i++) {
      int p = i / n;
      int q = i % n;
      from[i] = kernel.getEntry(p % before * POINTS + p / before, q % before * POINTS + q / before);
    }
    if (adjoint) {
      map.adjoint(from, POINTS, POINTS, to);
    } else {
      map.covariance(from, POINTS, POINTS, to);
    }
    int m = POINTS * after;
    RealMatrix result = new Array2DRowRealMatrix(m, m);
    for (int i = 0; i < to.length; i++) {
      int p = i / m;
      int q = i % m;
      result.setEntry(p % after * POINTS + p / after, q % after * POINTS + q / after, to[i]);
    }
    return result;
  }

  private static RealMatrix inverse(RealMatrix a) {
    return new LUDecomposition(a).getSolver().getInverse();
  }

  private static double weight(SiteReadout readout, int sites, int a, int b) {
    return readout == SiteReadout.GAP ? 1.0 / (sites * sites) : a == b ? 1.0 / sites : 0;
  }

  private static RealMatrix pooled(RealMatrix phi, SiteReadout readout) {
    int sites = phi.getRowDimension() / POINTS;
    RealMatrix kernel = new Array2DRowRealMatrix(POINTS, POINTS);
    for (int p = 0; p < phi.getRowDimension(); p++) {
      for (int q = 0; q < phi.getRowDimension(); q++) {
        double r = weight(readout, sites, p / POINTS, q / POINTS);
        kernel.addToEntry(p % POINTS, q % POINTS, r * phi.getEntry(p, q));
      }
    }
    return kernel;
  }

  /** Damped sweeps; the richness rises over the first of them. */
  private static Saddle solve(
      RealMatrix first, List<SiteMap> maps, SiteReadout readout, double gamma, double kappa) {
    int depth = maps.size();
    RealMatrix y = new Array2DRowRealMatrix(Y);
    RealMatrix unit = MatrixUtils.createRealIdentityMatrix(POINTS);
    List<RealMatrix> conjugate = new ArrayList<>();
    for (SiteMap map : maps) {
      int n = POINTS * map.outputSites();
      conjugate.add(new Array2DRowRealMatrix(n, n));
    }
    RealMatrix v = new Array2DRowRealMatrix(POINTS, 1);
    Saddle saddle = null;
    for (int sweep = 0; sweep < 600; sweep++) {
      double richness = gamma * Math.min(1, sweep / 60.0);
      List<RealMatrix> sigma = new ArrayList<>();
      List<RealMatrix> phi = new ArrayList<>();
      for (int l = 0; l < depth; l++) {
        sigma.add(l == 0 ? first : mapped(maps.get(l), phi.get(l - 1), false));
        RealMatrix tilt = sigma.get(l).multiply(conjugate.get(l));
        RealMatrix one = MatrixUtils.createRealIdentityMatrix(tilt.getRowDimension());
        phi.add(inverse(one.add(tilt)).multiply(sigma.get(l)));
      }
      RealMatrix k = pooled(phi.get(depth - 1), readout);
      RealMatrix next = inverse(k.add(unit.scalarMultiply(kappa))).multiply(y);
      saddle = new Saddle(sigma, phi, new ArrayList<>(conjugate), v);
      if (sweep > 70 && next.subtract(v).getFrobeniusNorm() < 1e-11 * v.getFrobeniusNorm()) {
        break;
      }
      v = v.scalarMultiply(0.7).add(next.scalarMultiply(0.3));
      int sites = maps.get(depth - 1).outputSites();
      RealMatrix top = new Array2DRowRealMatrix(POINTS * sites, POINTS * sites);
      for (int p = 0; p < POINTS * sites; p++) {
        for (int q = 0; q < POINTS * sites; q++) {
          double r = weight(readout, sites, p / POINTS, q / POINTS);
          double vv = v.getEntry(p % POINTS, 0) * v.getEntry(q % POINTS, 0);
          top.setEntry(p, q, -richness * richness * r * vv);
        }
      }
      conjugate.set(depth - 1, top);
      for (int l = depth - 1; l > 0; l--) {
        RealMatrix tilt = conjugate.get(l).multiply(sigma.get(l));
        RealMatrix one = MatrixUtils.createRealIdentityMatrix(tilt.getRowDimension());
        RealMatrix b = inverse(one.add(tilt)).multiply(conjugate.get(l));
        conjugate.set(l - 1, mapped(maps.get(l), b, true));
      }
    }
    return saddle;
  }

  /** sqrt(S) times an orthogonal design times a factor of (1 + F^T Phihat F)^{-1}. */
  private static RealMatrix fields(RealMatrix factor, RealMatrix conjugate, long seed) {
    int n = factor.getColumnDimension();
    Random random = new Random(seed);
    RealMatrix draw = new Array2DRowRealMatrix(SAMPLES, n);
    for (int i = 0; i < SAMPLES; i++) {
      for (int j = 0; j < n; j++) {
        draw.setEntry(i, j, random.nextGaussian());
      }
    }
    RealMatrix design = new QRDecomposition(draw).getQ().getSubMatrix(0, SAMPLES - 1, 0, n - 1);
    RealMatrix tilted =
        MatrixUtils.createRealIdentityMatrix(n)
            .add(factor.transpose().multiply(conjugate).multiply(factor));
    RealMatrix covariance = inverse(tilted);
    covariance = covariance.add(covariance.transpose()).scalarMultiply(0.5);
    RealMatrix lower = new CholeskyDecomposition(covariance, 1e-9, 1e-14).getL();
    return design.multiply(lower.transpose()).scalarMultiply(Math.sqrt(SAMPLES));
  }

  @ParameterizedTest
  @CsvSource({
    "1, flatten, 0.25, 0.00625, 6.071758",
    "1, flatten, 1, 0.00625, 9.487767",
    "1, gap, 0.1, 0.01, 0",
    "2, flatten, 0.25, 0.025, 1.206485",
    "2, gap, 0.1, 0.1, 0.082548",
    "3, flatten, 0.3, 0.05, 0",
    "3, gap, 0.1, 0.1, 0"
  })
  void gradientAtTheSaddleObeysEquipartition(
      int depth, String pooling, double gamma, double kappa, double trace) {
    SiteReadout readout = SiteReadout.valueOf(pooling.toUpperCase(Locale.ROOT));
    List<SiteMap> maps = List.of(SAME, STRIDE, VALID).subList(0, depth);
    NetworkSpec network = NetworkSpec.of(depth, Activation.LINEAR);
    try (Backend backend = Backends.cpu()) {
      InputFactor patches = ConvolutionOracle.bySite(backend, network, SAME, POINTS);
      int rows = POINTS * SAME.outputSites();
      RealMatrix first = new Array2DRowRealMatrix(rows, patches.rank());
      for (int i = 0; i < patches.factor().length; i++) {
        first.setEntry(i / patches.rank(), i % patches.rank(), patches.factor()[i]);
      }
      Saddle saddle = solve(first.multiply(first.transpose()), maps, readout, gamma, kappa);
      RealMatrix kernel = pooled(saddle.phi.get(depth - 1), readout);
      if (trace > 0) {
        // plain normalization of the flattened readout
        int sites = readout == SiteReadout.GAP ? 1 : maps.get(depth - 1).outputSites();
        assertThat(sites * kernel.getTrace() / POINTS).isCloseTo(trace, within(2e-6));
      }
      ConvolutionShape shape =
          new ConvolutionShape(
              maps, readout, POINTS, patches.rank(), patches.rank(), false, FieldForm.WHITENED);
      PosteriorParameters parameters =
          new PosteriorParameters(
              gamma, kappa, ConvolutionLayers.readoutVariance(network, shape), 0);
      try (ConvolutionPosterior posterior =
              new ConvolutionPosterior(backend, network, shape, patches, Y, parameters, SAMPLES);
          FieldPopulation population = posterior.newPopulation(SAMPLES, 1)) {
        RealMatrix xi = new Array2DRowRealMatrix(SAMPLES, shape.width(SAMPLES));
        int column = 0;
        for (int l = 0; l < depth; l++) {
          RealMatrix factor =
              l == 0 ? first : new CholeskyDecomposition(saddle.sigma.get(l), 1e-9, 1e-14).getL();
          RealMatrix layer = fields(factor, saddle.conjugate.get(l), 5 + l);
          xi.setSubMatrix(layer.getData(), 0, column);
          column += factor.getColumnDimension();
        }
        double[] flat = new double[SAMPLES * column];
        for (int i = 0; i < flat.length; i++) {
          flat[i] = xi.getEntry(i / column, i % column);
        }
        backend.upload(flat, population.xi());
        posterior.refresh(population);
        posterior.begin(0);
        posterior.potential();
        double[] g = new double[flat.length];
        backend.download(posterior.gradient(), g);

        double[] v = new double[POINTS];
        backend.download(population.dual(), v);
        for (int i = 0; i < POINTS; i++) {
          assertThat(v[i])
              .isCloseTo(saddle.v.getEntry(i, 0), within(1e-5 * saddle.v.getFrobeniusNorm()));
        }
        RealMatrix force = xi.copy();
        for (int i = 0; i < g.length; i++) {
          force.addToEntry(i / column, i % column, g[i]);
        }
        assertIdentity(xi, force, shape.widths(SAMPLES));
      }
    }
  }

  /**
   * Fields are float32, rounded to 6e-8; 1e-6 of the pull of the targets is the worst of these
   * cases.
   */
  private static void assertIdentity(RealMatrix xi, RealMatrix force, int[] widths) {
    int first = 0;
    for (int l = 0; l < widths.length; l++) {
      int last = first + widths[l] - 1;
      RealMatrix x = xi.getSubMatrix(0, SAMPLES - 1, first, last);
      RealMatrix f = force.getSubMatrix(0, SAMPLES - 1, first, last);
      RealMatrix product = x.transpose().multiply(f).scalarMultiply(1.0 / SAMPLES);
      double worst = 0;
      double pull = 0; // what the force of the targets contributes to the identity
      for (int i = 0; i < widths[l]; i++) {
        for (int j = 0; j < widths[l]; j++) {
          double expected = i == j ? 1 : 0;
          worst = Math.max(worst, Math.abs(product.getEntry(i, j) - expected));
          double own = x.getColumnVector(i).dotProduct(x.getColumnVector(j)) / SAMPLES;
          pull = Math.max(pull, Math.abs(own - expected));
        }
      }
      assertThat(pull).as("pull of layer %d", l + 1).isGreaterThan(1e-2);
      assertThat(worst).as("layer %d", l + 1).isLessThan(3e-6 * pull);
      first = last + 1;
    }
  }
}
