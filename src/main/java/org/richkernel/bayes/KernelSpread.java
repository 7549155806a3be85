package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.sampling.SampleMean;
import org.richkernel.solver.SolverState;
import org.richkernel.stack.PhiOverlaps;

/**
 * Spread of the kernels of a posterior around their mean, where no P x P matrix is held:
 *
 * <pre>  &lt;|Phi - &lt;Phi&gt;|^2&gt; = &lt;|Phi_a - Phi_b|^2&gt; / 2</pre>
 *
 * <p>over the present populations a and b of two independent chains. It turns the norms of single
 * kernels, known at every sweep, into that of the mean kernel, |&lt;Phi&gt;|^2 = &lt;|Phi|^2&gt; -
 * spread. At finite width S no extrapolation does this.
 */
final class KernelSpread implements AutoCloseable {
  /** Sweeps between two measurements, each of which costs about two gradients a layer. */
  private static final int INTERVAL = 5;

  private final DualPosterior posterior;
  private final NetworkSpec network;
  private final PhiOverlaps overlaps;
  private final List<MonteCarloSeries> layers = new ArrayList<>(); // of g_l Phi^l

  /**
   * Allocates the scratch in advance.
   *
   * @param samples S
   */
  KernelSpread(DualPosterior posterior, NetworkSpec network, int samples) {
    this.posterior = posterior;
    this.network = network;
    overlaps = posterior.overlaps(samples);
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      layers.add(new MonteCarloSeries());
    }
  }

  /** Measures the present populations of two chains, if that is due. */
  void measure(SamplingChain one, SamplingChain other) {
    if (one.measured() % INTERVAL == 0) {
      measure(one.fields(), other.fields());
    }
  }

  /** Measures two independent populations, fields row-major. */
  void measure(float[] one, float[] other) {
    for (int l = 1; l <= layers.size(); l++) {
      int layer = l;
      double g = network.weightVariance(l);
      posterior.exactly(() -> layers.get(layer - 1).add(0.5 * g * g * apart(layer, one, other)));
    }
  }

  /** |Phi_a - Phi_b|^2. */
  private double apart(int layer, float[] one, float[] other) {
    posterior.holdFields(one);
    overlaps.keep(layer);
    double ofOne = overlaps.withPresent(layer);
    posterior.holdFields(other);
    double mixed = overlaps.withPresent(layer);
    overlaps.keep(layer);
    return ofOne + overlaps.withPresent(layer) - 2 * mixed;
  }

  /**
   * Spread of g_l Phi^l in squared Frobenius norm.
   *
   * @param layer l = 1 to L
   */
  SampleMean of(int layer) {
    return SaddleEstimate.mean(layers.get(layer - 1));
  }

  /** Discards all measurements. */
  void clear() {
    layers.forEach(MonteCarloSeries::clear);
  }

  /** Adds the measurements to a checkpoint. */
  void save(SolverState state) {
    for (int l = 1; l <= layers.size(); l++) {
      state.put(name(l), layers.get(l - 1).values());
    }
  }

  /** Restores saved measurements. */
  void restore(SolverState state) {
    for (int l = 1; l <= layers.size(); l++) {
      layers.get(l - 1).restore(state.doubles(name(l)));
    }
  }

  private static String name(int layer) {
    return "spread_layer_" + layer;
  }

  @Override
  public void close() {
    overlaps.close();
  }
}
