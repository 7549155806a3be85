package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.junit.jupiter.api.Test;

class IndependentEstimatesTest {
  @Test
  void meanAndErrorOfEachComponentAreThoseOfStatistics() {
    Random random = new Random(1);
    List<double[]> estimates = new ArrayList<>();
    SummaryStatistics[] expected = {new SummaryStatistics(), new SummaryStatistics()};
    for (int r = 0; r < 5; r++) {
      double[] estimate = {3 + random.nextGaussian(), 1e8 + 1e-3 * random.nextGaussian()};
      estimates.add(estimate);
      expected[0].addValue(estimate[0]);
      expected[1].addValue(estimate[1]);
    }
    IndependentEstimates all = new IndependentEstimates(estimates);
    for (int i = 0; i < 2; i++) {
      // t_{0.975}(4) / z_{0.975} = 2.7764 / 1.95996
      double error = 1.41657 * expected[i].getStandardDeviation() / Math.sqrt(5);
      assertThat(all.mean()[i]).isCloseTo(expected[i].getMean(), within(1e-15 * all.mean()[i]));
      assertThat(all.standardError()[i]).isCloseTo(error, within(1e-4 * error));
    }
  }

  @Test
  void equalEstimatesHaveNoErrorOfRounding() {
    double[] equal = {0.2461529621038629, 0.2461529621038629, 0.2461529621038629};
    assertThat(IndependentEstimates.mean(equal)).isEqualTo(equal[0]);
    assertThat(IndependentEstimates.standardError(equal)).isZero();
  }

  @Test
  void errorOfASingleEstimateIsUnknown() {
    IndependentEstimates one = new IndependentEstimates(List.of(new double[] {2}));
    assertThat(one.mean()).containsExactly(2);
    assertThat(one.standardError()[0]).isNaN();
    assertThatThrownBy(() -> new IndependentEstimates(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
