package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.richkernel.sampling.Mixing;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.sampling.SampleMean;

/** Convergence tests that compare the averages of the chains of a solve. */
final class ConvergenceTests {
  /** R-hat above the chance level of short chains in equilibrium. */
  private static final double PLAIN_RHAT = 1.2;

  private final SaddleEstimate estimate;
  private final int depth;

  ConvergenceTests(SaddleEstimate estimate) {
    this.estimate = estimate;
    depth = estimate.large().get(0).population().layers();
  }

  /**
   * All tests together.
   *
   * @param wells number of wells of the jumps; empty without a search
   * @param sampleSize test of S; empty without an extrapolation
   */
  Certificate certificate(OptionalInt wells, Optional<Certificate.SampleSize> sampleSize) {
    List<Certificate.Layer> layers = new ArrayList<>();
    Certificate.Layer worst = layer(1);
    for (int l = 1; l <= depth; l++) {
      Certificate.Layer layer = layer(l);
      layers.add(layer);
      if (layer.excess() > worst.excess()) {
        worst = layer;
      }
    }
    return new Certificate(
        worst.residual(),
        worst.residualError(),
        meanAtS(chain -> chain.readout().largestShare()).value(),
        estimate.large().get(0).measured(),
        mixing(series -> series),
        layers,
        wells,
        sampleSize);
  }

  private Certificate.Layer layer(int l) {
    SampleMean mismatch = meanAtS(chain -> chain.layer(l).equilibrium().mismatch());
    double scale = meanAtS(chain -> chain.layer(l).equilibrium().spread()).value();
    return new Certificate.Layer(
        l, Math.abs(mismatch.value()) / scale, mismatch.standardError() / scale);
  }

  private SampleMean meanAtS(Function<SamplingChain, MonteCarloSeries> measured) {
    return SaddleEstimate.mean(estimate.large(), measured);
  }

  /**
   * Mixing of the chains by the worst of the monitored scalars.
   *
   * @param part selects a part of a series
   */
  private Mixing mixing(UnaryOperator<MonteCarloSeries> part) {
    Mixing mixing = Mixing.none();
    for (List<SamplingChain> group : estimate.groups()) {
      String at = " at S=" + group.get(0).samples();
      for (Map.Entry<String, Function<SamplingChain, MonteCarloSeries>> scalar :
          scalars().entrySet()) {
        mixing =
            mixing.with(
                scalar.getKey() + at, group.stream().map(scalar.getValue()).map(part).toList());
      }
    }
    return mixing;
  }

  /**
   * Monitored scalars by name. The largest share is not among them: with a homogeneous activation
   * the number of neurons that carry the fit is undetermined, and while one neuron slowly
   * accumulates it no other scalar changes (bench/results/sampler.md).
   */
  private Map<String, Function<SamplingChain, MonteCarloSeries>> scalars() {
    Map<String, Function<SamplingChain, MonteCarloSeries>> scalars = new LinkedHashMap<>();
    scalars.put("y.v", SamplingChain::dualFit);
    scalars.put("v.v", SamplingChain::dualSquare);
    for (int l = 1; l <= depth; l++) {
      int layer = l;
      String of = " of layer " + l;
      scalars.put("the alignment" + of, chain -> chain.layer(layer).alignment());
      scalars.put("the trace" + of, chain -> chain.layer(layer).trace());
      scalars.put("the Frobenius norm" + of, chain -> chain.layer(layer).frobenius());
      scalars.put("y.Phi.y" + of, chain -> chain.layer(layer).fit());
    }
    return scalars;
  }

  /**
   * Whether the chains disagree clearly over all measured sweeps and agree over the later half, so
   * that the earlier ones belong to the burn-in.
   */
  boolean isStillBurningIn() {
    return !(mixing(series -> series).rHat() < PLAIN_RHAT)
        && mixing(MonteCarloSeries::laterHalf).rHat() < Mixing.LARGEST_RHAT;
  }
}
