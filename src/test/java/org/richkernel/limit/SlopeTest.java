package org.richkernel.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.solver.RunControl;

class SlopeTest {
  /** Half a unit of an exponent is what tells parametrizations apart. */
  private static final double RESOLVED = 0.25;

  private static List<Slope> slopes(Parametrization p, int step) {
    Classification found = Classification.of(p);
    ScalingOptions options =
        ScalingOptions.usual(p).withNetworks(List.of(64, 128, 256, 512), 6, Activation.TANH);
    try (Backend backend = Backends.cpu()) {
      List<CoordinateRun> runs =
          new ScalingExperiment(p, options).run(backend, RunControl.silent()).orElseThrow();
      return Slope.measure(step == 1 ? found.atFirstStep() : found, runs, step);
    }
  }

  /**
   * Slopes of dh^1, dh^2, df, Delta W x, W_0 Delta x and f_0 by the rules, written down by hand; of
   * unstable ones those of the first step.
   */
  @ParameterizedTest
  @CsvSource({
    "sgd,  '0,0,0',      '0,1/2,1/2',   1,  4, '-1.5 -.5 0 0 0 0'",
    "sgd,  '0,1/2,1/2',  '0,0,0',       0,  4, '-.5 -.5 0 0 0 0'",
    "sgd,  '0,1/2,1/2',  '0,0,0',     1/2,  4, '-1 -1 -.5 -.5 -.5 0'",
    "sgd,  '-1/2,0,1/2', '1/2,1/2,1/2', 0,  4, '0 0 0 0 0 -.5'",
    "sgd,  '0,1/2,3/4',  '0,0,0',    -1/2,  4, '-.25 -.25 0 0 0 -.25'",
    "momentum, '-1/2,0,1/2', '1/2,1/2,1/2', 0, 4, '0 0 0 0 0 -.5'",
    "adam, '0,0,0',      '0,1/2,1/2', 3/2,  4, '-1.5 -.5 0 -.5 0 0'",
    "adam, '0,1/2,1/2',  '0,0,0',       1,  4, '-1 -.5 0 -.5 0 0'",
    "adam, '0,1/2,1/2',  '0,0,0', '1/2,1,1/2', 4, '-.5 -.5 0 0 0 0'",
    "adam, '0,0,1',      '0,1/2,0', '0,1,0', 4, '0 0 0 0 0 -.5'",
    "adam, '0,0,0',      '0,1/2,1/2',   1,  1, '-1 0 .5 0 .5 0'",
    "adam, '0,1/2,1/2',  '0,0,0',     1/2,  1, '-.5 0 .5 0 .5 0'",
    "sgd,  '0,0,0',      '0,1/2,1/2', 1/2,  1, '-1 0 .5 .5 .5 0'",
    "sgd,  '0,1/2,1/2',  '0,0,0',    -1/2,  1, '0 0 .5 .5 .5 0'",
  })
  void networksScaleAsTheRulesSay(
      String optimizer, String a, String b, String c, int step, String predicted) {
    Parametrization p =
        new Parametrization(
            Optimizer.of(optimizer),
            Exponents.parse("a", a),
            Exponents.parse("b", b),
            Exponents.parse("c", c));
    List<Slope> slopes = slopes(p, step);
    assertThat(slopes).hasSize(6);
    String[] exponents = predicted.split(" ", -1);
    for (int i = 0; i < exponents.length; i++) {
      Slope slope = slopes.get(i);
      double exponent = Double.parseDouble(exponents[i]);
      assertThat(slope.predicted().doubleValue()).isEqualTo(exponent);
      double error = slope.law().slopeStandardError();
      assertThat(error).isLessThan(0.15);
      assertThat(slope.law().slope())
          .as(slope.quantity().id())
          .isCloseTo(exponent, within(Math.max(RESOLVED, 3 * error)));
    }
  }

  /**
   * A readout that starts smaller than it becomes: features move from the second step on, and W_0
   * Delta x stays below its bound.
   */
  @Test
  void aSmallReadoutGrowsFirst() {
    Parametrization p =
        new Parametrization(
            Optimizer.SGD,
            Exponents.parse("a", "0,1/2,1"),
            Exponents.parse("b", "0,0,1/2"),
            Exponents.parse("c", "-1"));
    List<Slope> first = slopes(p, 1);
    assertThat(first.get(0).predicted().doubleValue()).isEqualTo(-0.5);
    assertThat(first.get(0).law().slope()).isCloseTo(-0.5, within(0.15));
    assertThat(first.get(4).isBound()).isFalse();
    assertThat(first.get(4).law().slope()).isCloseTo(-1, within(0.25));
    List<Slope> last = slopes(p, 4);
    assertThat(last.get(0).predicted().doubleValue()).isZero();
    assertThat(last.get(0).law().slope()).isCloseTo(0, within(0.15));
    assertThat(last.get(4).isBound()).isTrue();
    assertThat(last.get(4).law().slope()).isLessThan(-0.5);
    assertThat(last.get(4).deviation()).isZero();
  }

  @Test
  void aPowerLawIsFoundExactly() {
    double[] widths = {10, 100, 1000, 2000};
    double[] logs = new double[4];
    for (int i = 0; i < 4; i++) {
      logs[i] = 2 - 0.75 * Math.log(widths[i]);
    }
    PowerLaw law = PowerLaw.fit(widths, logs, new double[] {0.1, 0.3, 0.1, 0.2});
    assertThat(law.slope()).isCloseTo(-0.75, within(1e-12));
    assertThat(law.intercept()).isCloseTo(2, within(1e-12));
    assertThat(law.curvature()).isCloseTo(0, within(1e-12));
    PowerLaw bent =
        PowerLaw.fit(
            new double[] {1, Math.E, Math.exp(2)}, new double[] {0, 1, 1}, new double[] {1, 1, 1});
    assertThat(bent.curvature()).isCloseTo(-1, within(1e-12));
    // -y0 + 2 y1 - y2 with errors of 1
    assertThat(bent.curvatureStandardError()).isCloseTo(Math.sqrt(6), within(1e-12));
  }

  /** Errors mean what they say: of many lines with noise a third lies outside of one of them. */
  @Test
  void errorsOfSlopesAndCurvaturesAreCalibrated() {
    Random random = new Random(3);
    double[] widths = {64, 128, 256, 512, 1024};
    double[] errors = {0.1, 0.2, 0.05, 0.1, 0.1};
    int trials = 2000;
    int slopeOutside = 0;
    int curvatureOutside = 0;
    for (int k = 0; k < trials; k++) {
      double[] logs = new double[5];
      for (int i = 0; i < 5; i++) {
        logs[i] = 0.5 * Math.log(widths[i]) + errors[i] * random.nextGaussian();
      }
      PowerLaw law = PowerLaw.fit(widths, logs, errors);
      slopeOutside += Math.abs(law.slope() - 0.5) > 2 * law.slopeStandardError() ? 1 : 0;
      curvatureOutside += Math.abs(law.curvature()) > law.curvatureStandardError() ? 1 : 0;
    }
    // inflation by chi^2 / dof makes the first a little less than 4.6 %
    assertThat(slopeOutside).isBetween(20, 92);
    // 634 expected of a normal law, deviation 21
    assertThat(curvatureOutside).isBetween(634 - 4 * 21, 634 + 4 * 21);
  }

  /** Without a spread at one width the others tell; without any, errors are of order 1. */
  @Test
  void singleNetworksHaveTheSpreadOfOthers() {
    List<WidthMean> means =
        List.of(
            new WidthMean(10, 1, 1.0, Double.NaN),
            new WidthMean(20, 3, 2.0, 1.0),
            new WidthMean(40, 2, 1.0, 1.0));
    assertThat(WidthMean.relativeDeviation(means))
        .isCloseTo(Math.sqrt((2 * 0.25 + 1) / 3), within(1e-12));
    assertThat(WidthMean.relativeDeviation(means.subList(0, 1))).isEqualTo(1);
  }
}
