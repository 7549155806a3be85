package org.richkernel.finite;

import java.util.List;
import org.richkernel.bayes.InputFactor;
import org.richkernel.calibration.PosteriorChains;
import org.richkernel.calibration.RankCalibration;
import org.richkernel.calibration.SimulatedData;
import org.richkernel.compute.Backend;
import org.richkernel.solver.RunControl;

/**
 * The sampler of the weights of a finite network, as simulation-based calibration sees it: every
 * scalar that it monitors.
 *
 * @param readout integrated out or sampled
 */
public record WeightPosteriorDraws(Readout readout) implements RankCalibration.Sampler {
  private static final int CHAINS = 2;

  /** A tolerance that no run meets, so that every run uses its sweeps. */
  private static final double NEVER = 1e-12;

  @Override
  public PosteriorChains draw(Backend backend, SimulatedData data, long seed, int sweeps) {
    SimulatedData.Law law = data.law();
    LangevinOptions options =
        new LangevinOptions(
            law.gamma(), 1 / law.kappa(), law.width(), CHAINS, readout, seed, NEVER, sweeps);
    PosteriorProblem problem =
        PosteriorProblem.of(law.network(), options, data.inputs(), data.targets());
    InputFactor input =
        InputFactor.of(
            backend, law.network(), data.inputs().toArray(), law.points(), law.dimension());
    int layers = law.network().hiddenLayers();
    WeightLayout layout =
        new WeightLayout(
            layers,
            law.width(),
            input.rank(),
            law.network().biasVariance() > 0,
            readout == Readout.SAMPLED ? law.outputs() : 0);
    boolean sampled = readout == Readout.SAMPLED;
    try (PosteriorSampler sampler =
        new PosteriorSampler(
            backend,
            problem,
            layout,
            new PosteriorInputs(input.factor(), input.rank(), input.projector(), null))) {
      sampler.run(RunControl.silent());
      PosteriorChains chains = new PosteriorChains();
      for (int l = 1; l <= layers; l++) {
        chains.add("y.Phi" + l + ".y", data.fit(l), series(sampler, 2 * l - 2));
        chains.add("tr Phi" + l, data.trace(l), series(sampler, 2 * l - 1));
      }
      chains.add(
          "y.v",
          sampled ? data.residualFit() : data.dualFit(),
          series(sampler, PosteriorAverages.dualFit(layers)));
      chains.add(
          sampled ? "loss" : "evidence",
          sampled ? data.residualPotential() : data.evidencePotential(),
          series(sampler, PosteriorAverages.dualFit(layers) + 1));
      return chains;
    }
  }

  private static List<double[]> series(PosteriorSampler sampler, int scalar) {
    return sampler.chains().stream().map(chain -> chain.scalar(scalar).values()).toList();
  }
}
