package org.richkernel.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Step adaptation on acceptance curves whose right step is known. */
class DualAveragingTest {
  private static final double TARGET = 0.8;

  /** Steps that are right from a fifth to ten times the first one. */
  @ParameterizedTest
  @CsvSource({"0.02", "0.1", "0.5", "1.0"})
  void settlesWhereTheAcceptanceIsTheTarget(double scale) {
    DualAveraging adaptation = new DualAveraging(TARGET, 0.05, 1);
    for (int i = 0; i < 400; i++) {
      adaptation.observe(smooth(adaptation.current(), scale));
    }
    assertThat(smooth(adaptation.settled(), scale)).isCloseTo(TARGET, within(0.05));
  }

  private static double smooth(double step, double scale) {
    return Math.exp(-step * step / (scale * scale));
  }

  /** Trajectories are accepted with an energy error that fluctuates, as those of the sampler. */
  @ParameterizedTest
  @CsvSource({"0.02, 1", "0.1, 2", "0.6, 3"})
  void settlesWithNoisyAcceptances(double scale, long seed) {
    Random random = new Random(seed);
    DualAveraging adaptation = new DualAveraging(TARGET, 0.05, 1);
    for (int i = 0; i < 1000; i++) {
      adaptation.observe(acceptance(adaptation.current(), scale, random));
    }
    double sum = 0;
    for (int i = 0; i < 20_000; i++) {
      sum += acceptance(adaptation.settled(), scale, random);
    }
    assertThat(sum / 20_000).isCloseTo(TARGET, within(0.04));
  }

  /** Energy errors are normal with mean half their variance when the step is small. */
  private static double acceptance(double step, double scale, Random random) {
    double variance = Math.pow(step / scale, 4);
    double error = 0.5 * variance + Math.sqrt(variance) * random.nextGaussian();
    return Math.min(1, Math.exp(-error));
  }

  @Test
  void stepNeverExceedsTheLargest() {
    DualAveraging adaptation = new DualAveraging(TARGET, 0.05, 1);
    for (int i = 0; i < 200; i++) {
      adaptation.observe(1);
      assertThat(adaptation.current()).isLessThanOrEqualTo(1 + 1e-12);
    }
    assertThat(adaptation.settled()).isCloseTo(1, within(0.05));
  }

  @Test
  void restoredAdaptationGoesOnBitForBit() {
    DualAveraging whole = new DualAveraging(TARGET, 0.05, 1);
    DualAveraging resumed = new DualAveraging(TARGET, 0.3, 1);
    for (int i = 0; i < 50; i++) {
      if (i == 17) {
        resumed.restore(whole.state());
      }
      whole.observe(0.5 + 0.4 * Math.sin(i));
      if (i >= 17) {
        resumed.observe(0.5 + 0.4 * Math.sin(i));
      }
    }
    assertThat(resumed.current()).isEqualTo(whole.current());
    assertThat(resumed.settled()).isEqualTo(whole.settled());
  }
}
