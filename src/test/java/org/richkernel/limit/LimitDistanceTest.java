package org.richkernel.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.richkernel.network.InvalidProblemException;

/** Distances of made-up networks to a limit that is known up to noise. */
class LimitDistanceTest {
  private static final int POINTS = 4;
  private static final int NETWORKS = 8;
  private static final int[] WIDTHS = {64, 128, 256, 512};
  private static final double[] LIMIT = {0.4, -0.3, 0.7, 0.1};

  /** Networks with f = offset + f_inf + n^power N(0, 1), a common part of which all points have. */
  private static List<CoordinateRun> runs(double power, double offset, Random random) {
    List<CoordinateRun> runs = new ArrayList<>();
    for (int width : WIDTHS) {
      for (int seed = 0; seed < NETWORKS; seed++) {
        double common = random.nextGaussian();
        double[] f = new double[2 * POINTS];
        for (int p = 0; p < POINTS; p++) {
          double noise = (common + random.nextGaussian()) / Math.sqrt(2);
          f[POINTS + p] = LIMIT[p] + offset + Math.pow(width, power) * noise;
        }
        runs.add(
            new CoordinateRun(
                width,
                seed,
                List.of(0, 5),
                POINTS,
                List.of(new double[2 * POINTS]),
                f,
                Optional.empty(),
                List.of()));
      }
    }
    return runs;
  }

  private static double[] noisy(double error, Random random) {
    double[] limit = LIMIT.clone();
    for (int p = 0; p < POINTS; p++) {
      limit[p] += error * random.nextGaussian();
    }
    return limit;
  }

  @Test
  void networksThatTendToTheLimitAreRarelyFlaggedAndOthersMostly() {
    int seeds = 300;
    double error = 0.01;
    double[] errors = {error, error, error, error};
    int flagged = 0;
    int elsewhere = 0;
    int stuck = 0;
    int inside = 0;
    for (int seed = 0; seed < seeds; seed++) {
      Random random = new Random(seed);
      LimitDistance right = LimitDistance.of(runs(-0.5, 0, random), noisy(error, random), errors);
      flagged += right.tendsToLimit() ? 0 : 1;
      double off = Math.abs(right.rows().get(0).distance() - 0.125);
      inside += off <= 2 * right.rows().get(0).standardError() ? 1 : 0;
      elsewhere +=
          LimitDistance.of(runs(-0.5, 0.3, random), noisy(error, random), errors).tendsToLimit()
              ? 0
              : 1;
      stuck +=
          LimitDistance.of(runs(0, 0, random), noisy(error, random), errors).tendsToLimit() ? 0 : 1;
    }
    assertThat(flagged).isLessThanOrEqualTo(seeds / 100);
    assertThat(elsewhere).isGreaterThan(95 * seeds / 100);
    assertThat(stuck).isGreaterThan(60 * seeds / 100);
    // eight networks of four points, whose squares are skew
    assertThat(inside / (double) seeds).isBetween(0.85, 0.99);
  }

  @Test
  void errorOfTheLimitIsTakenOut() {
    Random random = new Random(1);
    List<CoordinateRun> runs = runs(-0.5, 0, random);
    LimitDistance exact = LimitDistance.of(runs, LIMIT, new double[POINTS]);
    assertThat(exact.step()).isEqualTo(5);
    assertThat(exact.limitStandardError()).isZero();
    double error = 0.02;
    LimitDistance.Row plain = exact.rows().get(3);
    LimitDistance.Row less =
        LimitDistance.of(runs, LIMIT, new double[] {error, error, error, error}).rows().get(3);
    assertThat(less.distance() * less.distance())
        .isCloseTo(plain.distance() * plain.distance() - error * error, within(1e-12));
  }

  @Test
  void pointsOfAnotherTaskAreRefused() {
    assertThatThrownBy(
            () -> LimitDistance.of(runs(-0.5, 0, new Random(1)), new double[3], new double[3]))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("3 points");
  }
}
