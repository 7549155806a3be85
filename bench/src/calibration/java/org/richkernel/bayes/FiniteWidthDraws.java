package org.richkernel.bayes;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.richkernel.calibration.PosteriorChains;
import org.richkernel.calibration.RankCalibration;
import org.richkernel.calibration.SimulatedData;
import org.richkernel.compute.Backend;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.RunControl;

/**
 * The sampler of preactivations at S = N samples, as simulation-based calibration sees it: with
 * determinant weight 1 it draws from the posterior of a network of width N.
 *
 * @param determinantWeight d, positive
 */
public record FiniteWidthDraws(double determinantWeight) implements RankCalibration.Sampler {
  /** A tolerance that no run meets, so that every run uses its sweeps. */
  private static final double NEVER = 1e-12;

  @Override
  public PosteriorChains draw(Backend backend, SimulatedData data, long seed, int sweeps) {
    SimulatedData.Law law = data.law();
    SaddleOptions options =
        new SaddleOptions(
            law.gamma(), 1 / law.kappa(), law.width(), determinantWeight, seed, NEVER, sweeps);
    InputFactor input =
        InputFactor.of(
            backend, law.network(), data.inputs().toArray(), law.points(), law.dimension());
    try (SaddleSampler sampler =
        new SaddleSampler(backend, law.network(), input, data.targets().toArray(), options, null)) {
      sampler.run(RunControl.silent());
      PosteriorChains chains = new PosteriorChains();
      for (int l = 1; l <= law.network().hiddenLayers(); l++) {
        int layer = l;
        double g = law.network().weightVariance(l);
        chains.add("y.Phi" + l + ".y", g * data.fit(l), series(sampler, c -> c.layer(layer).fit()));
        chains.add("tr Phi" + l, g * data.trace(l), series(sampler, c -> c.layer(layer).trace()));
      }
      chains.add("y.v", data.dualFit(), series(sampler, SamplingChain::dualFit));
      return chains;
    }
  }

  private static List<double[]> series(
      SaddleSampler sampler, Function<SamplingChain, MonteCarloSeries> scalar) {
    return Arrays.stream(sampler.chains().large())
        .map(chain -> scalar.apply(chain).values())
        .toList();
  }
}
