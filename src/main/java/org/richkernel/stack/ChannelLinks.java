package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/** Links of convolutional layers by the weights between their channels, {@link ConvolutionLink}. */
public final class ChannelLinks implements SiteLinks {
  private final Backend backend;
  private final NetworkSpec network;
  private final ConvolutionShape shape;
  private final Workspace memory;

  /**
   * @param memory with the matrices of {@link #plan} and {@link SiteLinks#planShared}
   */
  public ChannelLinks(
      Backend backend, NetworkSpec network, ConvolutionShape shape, Workspace memory) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    this.memory = memory;
  }

  /**
   * Adds the patches of every layer above the first to a plan.
   *
   * @param samples most channels
   */
  public static void plan(MemoryPlan plan, ConvolutionShape shape, int samples) {
    for (int l = 2; l <= shape.layers(); l++) {
      int rows = shape.features(l, samples);
      plan.add("patches of layer " + l, Precision.FLOAT32, rows, shape.columns(l));
    }
  }

  /** sqrt(g_{l-1} / (k S)), of the weights of layer l. */
  public static double scale(NetworkSpec network, ConvolutionShape shape, int l, int samples) {
    double inputs = (double) shape.maps().get(l - 1).offsets() * samples;
    return Math.sqrt(network.weightVariance(l - 1) / inputs);
  }

  private double scale(int l, int samples) {
    return scale(network, shape, l, samples);
  }

  private Matrix patches(int l, int samples) {
    return memory.get("patches of layer " + l).rowRange(0, shape.features(l, samples));
  }

  @Override
  public Link link(int l, MovingFields fields, List<LayerFields> layers) {
    int samples = fields.rows();
    return new ConvolutionLink(
        backend,
        scale(l, samples),
        memory.get(SiteLinks.inputs(l)),
        memory.get(SiteLinks.outputs(l)),
        layers.get(l - 2),
        patches(l, samples),
        layers.get(l - 1),
        fields.position(l),
        fields.gradient(l),
        SiteLinks.pull(memory, shape, l, samples));
  }

  /** Sets the constant features of the biases. */
  @Override
  public void prepare(int samples) {
    if (!shape.biases()) {
      return;
    }
    for (int l = 2; l <= shape.layers(); l++) {
      try (Matrix bias = patches(l, samples).rowRange(shape.features(l, samples) - 1, 1)) {
        backend.fill(WeightLink.biasFeature(scale(l, samples), network.biasVariance()), bias);
      }
    }
  }

  @Override
  public FeatureRows features(int l, int samples) {
    return new FeatureRows(patches(l, samples), Transpose.NO);
  }
}
