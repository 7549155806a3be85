package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.sweep.AuditResult.Outcome;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;

/**
 * The audit of one convolution: a kernel of two weights on images of two sites on a circle, whose
 * saddle is a root of two equations with integrals over the plane of the weights.
 */
class ConvolutionAuditTest {
  private static final double[][] IMAGES = {{1.2, -0.5}, {0.4, 0.9}};
  private static final double[] Y = {1, -0.6};
  private static final double KAPPA = 0.2;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static AdaptiveProblem problem(
      String layers, Activation activation, SiteReadout readout, double gamma) {
    Convolutions convolutions =
        Convolutions.parse(layers).withPadding(SiteMap.Padding.CIRCULAR).withReadout(readout);
    return AdaptiveProblem.of(
        NetworkSpec.of(convolutions.layers().size(), activation).withConvolutions(convolutions),
        SaddleOptions.of(gamma, 1 / KAPPA).withSamples(400).withTolerance(0.02),
        Inputs.of(new double[] {1.2, -0.5, 0.4, 0.9}, 2, 2).withShape(new ImageShape(1, 2, 1)),
        Targets.of(Y, 2, 1));
  }

  /** y - kappa v - mean over pooled rows of phi (phi . v), by the trapezoidal rule. */
  private static double[] residual(
      double[] v, Activation activation, SiteReadout readout, double gamma) {
    double[] sum = new double[2];
    double mass = 0;
    double step = 0.05;
    for (double w0 = -9; w0 <= 9; w0 += step) {
      for (double w1 = -9; w1 <= 9; w1 += step) {
        double[][] rows = pooled(w0, w1, activation, readout);
        double energy = -(w0 * w0 + w1 * w1) / 2;
        double[] force = new double[2];
        for (double[] phi : rows) {
          double a = phi[0] * v[0] + phi[1] * v[1];
          energy += gamma * gamma * a * a / 2 / rows.length;
          force[0] += phi[0] * a / rows.length;
          force[1] += phi[1] * a / rows.length;
        }
        double weight = Math.exp(energy);
        mass += weight;
        sum[0] += weight * force[0];
        sum[1] += weight * force[1];
      }
    }
    return new double[] {Y[0] - KAPPA * v[0] - sum[0] / mass, Y[1] - KAPPA * v[1] - sum[1] / mass};
  }

  /** phi of both images at each site, or their means over sites. */
  private static double[][] pooled(
      double w0, double w1, Activation activation, SiteReadout readout) {
    double[][] rows = new double[2][2];
    for (int a = 0; a < 2; a++) {
      for (int mu = 0; mu < 2; mu++) {
        double h = (w0 * IMAGES[mu][a] + w1 * IMAGES[mu][1 - a]) / Math.sqrt(2);
        rows[a][mu] = activation.equals(Activation.RELU) ? Math.max(0, h) : Math.tanh(h);
      }
    }
    return readout == SiteReadout.FLATTEN
        ? rows
        : new double[][] {{(rows[0][0] + rows[1][0]) / 2, (rows[0][1] + rows[1][1]) / 2}};
  }

  /** Newton's method from small v, with differences for slopes and richness in steps. */
  private static double[] dual(Activation activation, SiteReadout readout, double gamma) {
    double[] v = {Y[0] / (KAPPA + 0.3), Y[1] / (KAPPA + 0.3)};
    for (int i = 0; i < 16; i++) {
      double richness = gamma * Math.min(1, i / 8.0);
      double[] e = residual(v, activation, readout, richness);
      double h = 1e-5;
      double[] e0 = residual(new double[] {v[0] + h, v[1]}, activation, readout, richness);
      double[] e1 = residual(new double[] {v[0], v[1] + h}, activation, readout, richness);
      double a = (e0[0] - e[0]) / h;
      double b = (e1[0] - e[0]) / h;
      double c = (e0[1] - e[1]) / h;
      double d = (e1[1] - e[1]) / h;
      double determinant = a * d - b * c;
      v[0] -= (d * e[0] - b * e[1]) / determinant;
      v[1] -= (a * e[1] - c * e[0]) / determinant;
    }
    double[] left = residual(v, activation, readout, gamma);
    assertThat(Math.hypot(left[0], left[1])).isLessThan(1e-6);
    return v;
  }

  private AuditResult audit(AdaptiveProblem problem, double[] exact, double factor) {
    double[] v = {factor * exact[0], factor * exact[1]};
    double fit = v[0] * Y[0] + v[1] * Y[1];
    return new SaddleAudit(backend, problem)
        .solve(v, Estimate.exact(fit), new float[0], RunControl.silent())
        .orElseThrow();
  }

  /** A planted fault of three percent is corrected to first order, and refused. */
  @ParameterizedTest
  @CsvSource({"RELU, FLATTEN, 0.8", "RELU, GAP, 0.8", "TANH, FLATTEN, 1", "TANH, GAP, 1.5"})
  void theExactDualVectorPassesAndAWrongOneDoesNot(String name, SiteReadout readout, double gamma) {
    Activation activation = name.equals("RELU") ? Activation.RELU : Activation.TANH;
    double[] v = dual(activation, readout, gamma);
    AdaptiveProblem problem = problem("1x2", activation, readout, gamma);
    double fit = v[0] * Y[0] + v[1] * Y[1];

    AuditResult right = audit(problem, v, 1);
    AuditResult wrong = audit(problem, v, 1.03);

    assertThat(Math.abs(right.z())).as(right.verdict()).isLessThan(4);
    assertThat(right.outcome()).as(right.verdict()).isEqualTo(Outcome.PASSED);
    assertThat(wrong.outcome())
        .as(wrong.verdict())
        .isEqualTo(activation.isHomogeneous() ? Outcome.FAILED : Outcome.UNDECIDED);
    double error = wrong.correction().error();
    assertThat(error).isLessThan(0.01 * fit);
    assertThat(wrong.correction().value()).isCloseTo(-0.03 * fit, within(4 * error + 0.006 * fit));
  }

  @Test
  void aFitPasses() {
    AdaptiveProblem problem = problem("1x2", Activation.RELU, SiteReadout.FLATTEN, 0.8);
    AdaptiveNbkSolution fit = new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
    double[] v = dual(Activation.RELU, SiteReadout.FLATTEN, 0.8);
    assertThat(fit.dualFit().value())
        .isCloseTo(v[0] * Y[0] + v[1] * Y[1], within(4 * fit.dualFit().error()));
    AuditResult found =
        new SaddleAudit(backend, problem).solve(fit, RunControl.silent()).orElseThrow();
    assertThat(found.outcome()).as(found.verdict()).isEqualTo(Outcome.PASSED);
  }

  @Test
  void deepConvolutionsAreRefused() {
    AdaptiveProblem deep = problem("1x2,1x2", Activation.RELU, SiteReadout.GAP, 1);
    assertThatThrownBy(() -> new SaddleAudit(backend, deep))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageEndingWith("independent neurons exist for one hidden layer; leave it out");
  }
}
