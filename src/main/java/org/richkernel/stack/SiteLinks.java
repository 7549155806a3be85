package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/** Links between convolutional layers, in scratch that all numbers of samples share. */
public sealed interface SiteLinks permits ChannelLinks, WhitenedSiteLinks {
  /** The link into layer l = 2 to L. */
  Link link(int l, MovingFields fields, List<LayerFields> layers);

  /** Restores values that stacks of other sizes have overwritten in shared scratch. */
  void prepare(int samples);

  /**
   * The factor of the covariance of layer l = 2 to L, transposed: (columns of its fields) x n_l.
   */
  FeatureRows features(int l, int samples);

  /**
   * Basis rows B of a layer: its preactivations are xi B with fields xi.
   *
   * @param matrix float32
   * @param transpose YES if the basis rows are the columns of the matrix
   */
  record FeatureRows(Matrix matrix, Transpose transpose) {}

  /** Adds the scratch of every form to a plan: the tables of the maps, and a pull. */
  static void planShared(MemoryPlan plan, ConvolutionShape shape, int samples) {
    for (int l = 2; l <= shape.layers(); l++) {
      int offsets = shape.maps().get(l - 1).offsets();
      plan.add(inputs(l), Precision.FLOAT32, shape.columns(l), offsets)
          .add(outputs(l), Precision.FLOAT32, shape.columns(l - 1), offsets);
    }
    int widest = shape.mostColumns(1, shape.layers() - 1);
    plan.add("pull on a layer", Precision.FLOAT32, samples, widest);
  }

  /** Fills the tables of the maps. */
  static void uploadTables(Backend backend, Workspace memory, ConvolutionShape shape) {
    for (int l = 2; l <= shape.layers(); l++) {
      backend.upload(shape.inputTable(l), memory.get(inputs(l)));
      backend.upload(shape.outputTable(l), memory.get(outputs(l)));
    }
  }

  /** Scratch for the pull on the layer below layer l. */
  static Matrix pull(Workspace memory, ConvolutionShape shape, int l, int samples) {
    return memory.get("pull on a layer").view(0, samples, 0, shape.columns(l - 1));
  }

  /** Name of the {@link ConvolutionShape#inputTable} of a layer. */
  static String inputs(int l) {
    return "inputs of layer " + l;
  }

  /** Name of the {@link ConvolutionShape#outputTable} of a layer. */
  static String outputs(int l) {
    return "outputs of layer " + l;
  }
}
