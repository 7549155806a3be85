package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.random.Well19937c;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LossErrorTest {
  private static final int RUNS = 4000;
  private static final int PARTS = 8;

  /**
   * Points whose errors are independent or shared, and a single one that the truth meets, where the
   * loss is of second order: the error must not be too small there.
   */
  @ParameterizedTest
  @CsvSource({"40, 0, 1, 0.93, 0.97", "40, 1, 1, 0.93, 0.97", "1, 1, 0, 0.94, 1"})
  void twoErrorsHoldTheLossInNinetyFiveOfAHundred(
      int points, double shared, double distance, double least, double most) {
    Well19937c random = new Well19937c(5);
    double[] y = new double[points];
    double[] truth = new double[points];
    for (int i = 0; i < points; i++) {
      truth[i] = y[i] + distance * (i % 2 == 0 ? 0.5 : 0.8);
    }
    int held = 0;
    for (int run = 0; run < RUNS; run++) {
      List<double[]> parts = new ArrayList<>();
      for (int b = 0; b < PARTS; b++) {
        double common = 0.1 * random.nextGaussian();
        double[] part = truth.clone();
        for (int i = 0; i < points; i++) {
          part[i] += shared * common + (1 - shared) * 0.1 * random.nextGaussian();
        }
        parts.add(part);
      }
      double[] mean = new IndependentEstimates(parts).mean();
      double error = LossError.of(y, mean, parts);
      held += Math.abs(loss(y, mean) - loss(y, truth)) <= 1.96 * error ? 1 : 0;
    }
    assertThat(held / (double) RUNS).isBetween(least, most);
  }

  private static double loss(double[] y, double[] f) {
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += (y[i] - f[i]) * (y[i] - f[i]) / y.length;
    }
    return sum;
  }

  @Test
  void timesAreTakenOneByOne() {
    double[] y = {1, 2};
    // three points at two times; the targets are those of the last two points
    List<double[]> parts =
        List.of(new double[] {9, 0, 1, 9, 2, 3}, new double[] {7, 1, 1, 7, 2, 4});
    double[] mean = new IndependentEstimates(parts).mean();
    double[] errors = LossError.alongTime(y, mean, parts, 1, 3);
    assertThat(errors).hasSize(2);
    assertThat(errors[1])
        .isCloseTo(
            LossError.of(
                y, new double[] {2, 3.5}, List.of(new double[] {2, 3}, new double[] {2, 4})),
            within(1e-15));
  }

  @Test
  void aSinglePartHasNoErrorAndNoPointsHaveNone() {
    assertThat(LossError.of(new double[1], new double[1], List.of(new double[1]))).isNaN();
    assertThat(LossError.of(new double[0], new double[0], List.of(new double[0]))).isZero();
  }
}
