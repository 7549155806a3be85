package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.stack.FieldForm;

/**
 * The predictor of a solve and its kernels, from the kept populations of the chains. All scratch is
 * allocated with the chains, so the end of a solve needs no further memory.
 */
final class Harvest implements AutoCloseable {
  private final ChainEnsemble ensemble;
  private final EnsembleLayout layout;
  private final SampledInputs inputs;
  private final @Nullable NeuronHarvest neurons; // of one hidden layer, if phi is needed
  private final @Nullable KernelHarvest kernels; // of other networks in the dual form

  /**
   * @param lane of the device for the work
   */
  Harvest(ChainEnsemble ensemble, EnsembleLayout layout, ChainLane lane, SampledInputs inputs) {
    this.ensemble = ensemble;
    this.layout = layout;
    this.inputs = inputs;
    KernelProducts dual = lane.posterior() instanceof KernelProducts posterior ? posterior : null;
    neurons =
        layout.harvestsNeurons()
            ? new NeuronHarvest(
                lane.backend(),
                layout.network().activation(),
                lane.posterior().inputFactor(),
                layout.outputs(),
                layout.panelRows(lane.backend()),
                layout.isDual())
            : null;
    kernels =
        dual == null || layout.hasNeurons() || !layout.formsKernels()
            ? null
            : new KernelHarvest(lane.backend(), layout.depth(), dual, layout.points());
  }

  /** Map from inputs to coordinates; without rows of the training points in the dual form. */
  InputFactor input() {
    return inputs.factor();
  }

  /** The predictor from the populations kept so far. */
  Predictor predictor(AdaptiveProblem problem) {
    if (layout.convolution().isPresent()) {
      return channels(problem);
    }
    if (layout.hasNeurons()) {
      return neurons(problem);
    }
    Populations populations = Populations.harvest(problem.options(), ensemble);
    InputFactor input = inputs.factor();
    NetworkSpec network = problem.network();
    return layout.hasWeights()
        ? new WeightPredictor(
            network,
            input.features(),
            input.projector(),
            input.rank(),
            populations,
            readouts(1, this::weights))
        : new DeepPredictor(
            network, input, problem.trainTargets().toArray(), populations, ensemble.jitter());
  }

  /**
   * The predictor of one hidden layer: each population is a network of S neurons with readout g
   * phi(h)^T v / S, which is w in the dual form, and their weighted sum (4/3 at S, -1/3 at S/4) is
   * the extrapolation.
   */
  SampledPredictor neurons(AdaptiveProblem problem) {
    return new SampledPredictor(
        problem.network(),
        inputs.factor().features(),
        inputs.factor().projector(),
        Populations.harvest(problem.options(), ensemble),
        neurons == null || layout.isDual()
            ? readouts(1, this::weights)
            : readouts(problem.network().weightVariance(1), neurons::coefficients));
  }

  /** The readout of a population. */
  @FunctionalInterface
  private interface Readout {
    /** Row-major S x K, with the weight of the population in the extrapolation. */
    float[] of(SamplingChain.Snapshot snapshot, double weight);
  }

  private float[] readouts(double variance, Readout readout) {
    List<float[]> parts = new ArrayList<>();
    ensemble.forEachKept(variance, (snapshot, weight) -> parts.add(readout.of(snapshot, weight)));
    return Populations.concatenated(parts);
  }

  /** S weight w, S x K; both w and the weight contain a factor 1/S. */
  private float[] weights(SamplingChain.Snapshot snapshot, double weight) {
    double[] w = snapshot.readout();
    double factor = weight * (w.length / layout.outputs());
    float[] scaled = new float[w.length];
    for (int i = 0; i < w.length; i++) {
      scaled[i] = (float) (factor * w[i]);
    }
    return scaled;
  }

  private ConvolutionPredictor channels(AdaptiveProblem problem) {
    List<float[]> weights = new ArrayList<>();
    List<float[]> readouts = new ArrayList<>();
    ensemble.forEach(
        chain -> {
          for (int i = 0; i < chain.snapshots().size(); i++) {
            ChannelPosterior.Channels channels = chain.channels(i);
            weights.add(channels.weights());
            readouts.add(channels.readout());
          }
        });
    return new ConvolutionPredictor(
        problem.network(),
        problem.trainInputs().shape(),
        inputs.factor().projector(),
        Populations.of(problem.options(), ensemble, FieldForm.WEIGHTS, weights),
        Populations.concatenated(readouts),
        layout.outputs());
  }

  /** g_l Phi^l, extrapolated, row-major P x P; empty if the dual form does not compute them. */
  List<double[]> kernels() {
    if (kernels != null) {
      return kernels.kernels(ensemble);
    }
    return neurons != null && layout.isDual()
        ? List.of(neurons.kernel(ensemble, layout.parameters().readoutVariance()))
        : List.of();
  }

  @Override
  public void close() {
    if (neurons != null) {
      neurons.close();
    }
    if (kernels != null) {
      kernels.close();
    }
  }
}
