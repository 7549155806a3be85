package org.richkernel.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.bayes.FiniteWidthDraws;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.finite.Readout;
import org.richkernel.finite.WeightPosteriorDraws;
import org.richkernel.network.NetworkSpec;

/**
 * Simulation-based calibration of the samplers of networks of finite width, small (the program is
 * org.richkernel.bench.SimulationCalibration): networks from the prior, data from each, and ranks
 * of their numbers among draws of the posterior. Width 8 and five outputs, so that few data sets
 * tell a wrong posterior.
 */
class SimulationCalibrationTest {
  private static final SimulatedData.Law LAW =
      new SimulatedData.Law(
          "tanh", NetworkSpec.of(1, Activation.TANH).withBiasVariance(0.2), 8, 0.7, 0.1, 4, 2, 5);

  /** Below this probability of its ranks a sampler is wrong. */
  private static final double WRONG = 0.001;

  static Stream<RankCalibration.Sampler> samplers() {
    return Stream.of(
        new WeightPosteriorDraws(Readout.INTEGRATED),
        new WeightPosteriorDraws(Readout.SAMPLED),
        new FiniteWidthDraws(1));
  }

  private static RankCalibration calibrate(
      RankCalibration.Sampler sampler, int sets, double noiseFactor) {
    RankCalibration calibration = new RankCalibration(sampler, 60);
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {})) {
      calibration.run(backend, LAW, 0, sets, noiseFactor);
    }
    return calibration;
  }

  /** Of three to four numbers the least probable may have a hundredth. */
  @ParameterizedTest
  @MethodSource("samplers")
  void ranksOfTheTruthAreUniform(RankCalibration.Sampler sampler) {
    RankCalibration calibration = calibrate(sampler, 24, 1);
    assertThat(calibration.worstBand()).as(calibration.rows("")).isGreaterThan(0.01);
  }

  /** Data whose noise has 1.3 times the variance that the likelihood has. */
  @Test
  void aWrongTemperatureIsFound() {
    RankCalibration calibration = calibrate(new WeightPosteriorDraws(Readout.SAMPLED), 40, 1.3);
    assertThat(calibration.worstBand()).as(calibration.rows("")).isLessThan(WRONG);
  }

  @Test
  void aMissingDeterminantIsFound() {
    RankCalibration calibration = calibrate(new FiniteWidthDraws(1e-9), 40, 1);
    assertThat(calibration.worstBand()).as(calibration.rows("")).isLessThan(WRONG);
  }
}
