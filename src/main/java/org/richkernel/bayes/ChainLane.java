package org.richkernel.bayes;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OwnedResources;
import org.richkernel.compute.Precision;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PointRun;
import org.richkernel.stack.PosteriorParameters;

/**
 * A lane of a device with the scratch of its chains: they move one after the other, so all share
 * the scratch of a move and of a prediction.
 *
 * @param testPoints null when there are none
 */
record ChainLane(
    Backend backend,
    MarginalPosterior posterior,
    @Nullable TestPoints testPoints,
    @Nullable WellMoves jumps)
    implements AutoCloseable {
  /**
   * Allocates the shared scratch of a lane.
   *
   * @param devices that hold the points; the first also holds all other arrays
   * @param y targets, row-major P x K
   */
  static ChainLane of(
      EnsembleLayout layout, List<Backend> devices, SampledInputs inputs, double[] y) {
    Backend backend = devices.get(0);
    InputFactor input = inputs.factor();
    InputFactor.Coordinates test = inputs.coordinates();
    NetworkSpec network = layout.network();
    int depth = layout.depth();
    PosteriorParameters parameters = layout.parameters();
    int panel = layout.panelRows(backend);
    OwnedResources owned = new OwnedResources();
    try {
      if (layout.convolution().isPresent()) {
        return convolutional(layout, backend, inputs, y, owned);
      }
      if (layout.isDual()) {
        return new ChainLane(
            backend,
            owned.own(
                new DualPosterior(
                    holders(devices),
                    network,
                    input,
                    y,
                    parameters,
                    layout.populationSizes(),
                    layout.sizes().rows())),
            test == null ? null : weightTestPoints(layout, backend, test),
            null);
      }
      if (depth == 1) {
        PrimalPosterior posterior =
            owned.own(
                PrimalPosterior.ofBlocks(
                    backend, network.activation(), input, y, parameters, layout.sizes().rows()));
        WellMoves jumps =
            layout.hasWellMoves()
                ? owned.own(new WellMoves(backend, layout, parameters, posterior))
                : null;
        return new ChainLane(
            backend,
            posterior,
            test == null
                ? null
                : new TestPointKernel(
                    backend, network.activation(), network.weightVariance(1), input, test, panel),
            jumps);
      }
      PrimalPosterior posterior =
          owned.own(
              new PrimalPosterior(
                  backend,
                  network,
                  layout.form().fields(),
                  input,
                  y,
                  parameters,
                  layout.populationSizes()));
      if (layout.hasWeights()) {
        return new ChainLane(
            backend,
            posterior,
            test == null ? null : weightTestPoints(layout, backend, test),
            null);
      }
      return new ChainLane(
          backend,
          posterior,
          test == null
              ? null
              : new DeepTestPoints(backend, network, input, test, posterior::jitter, panel),
          null);
    } catch (RuntimeException e) {
      throw owned.closedAfter(e);
    }
  }

  /** Devices, and the ranks that share the points with this process. */
  static PointHolders holders(List<Backend> devices) {
    return new PointHolders(devices, devices.get(0).ranks());
  }

  private static ChainLane convolutional(
      EnsembleLayout layout,
      Backend backend,
      SampledInputs inputs,
      double[] y,
      OwnedResources owned) {
    ConvolutionShape shape = layout.convolution().orElseThrow();
    InputFactor patches = inputs.factor();
    ChannelPosterior posterior = owned.own(channels(layout, backend, shape, patches, y));
    ConvolutionTestPoints images =
        inputs.images() == null || inputs.tests() == 0
            ? null
            : owned.own(
                new ConvolutionTestPoints(
                    backend,
                    layout.network(),
                    shape,
                    patches.projector(),
                    inputs.images(),
                    layout.options().samples(),
                    layout.outputs(),
                    posterior));
    return new ChainLane(backend, posterior, images, null);
  }

  private static ChannelPosterior channels(
      EnsembleLayout layout,
      Backend backend,
      ConvolutionShape shape,
      InputFactor patches,
      double[] y) {
    NetworkSpec network = layout.network();
    PosteriorParameters parameters = layout.parameters();
    int[] sizes = layout.populationSizes();
    return layout.isDual()
        ? new DualConvolutionPosterior(backend, network, shape, patches, y, parameters, sizes)
        : new ConvolutionPosterior(backend, network, shape, patches, y, parameters, sizes);
  }

  private static void planConvolutional(MemoryPlan plan, EnsembleLayout layout, Backend backend) {
    ConvolutionShape shape = layout.convolution().orElseThrow();
    int samples = layout.options().samples();
    int columns = shape.columns(1);
    int width = shape.rank();
    for (int l = 2; l <= shape.layers(); l++) {
      columns = Math.max(columns, shape.columns(l));
      width = Math.max(width, shape.factorizes() ? shape.columns(l) : shape.features(l, samples));
    }
    planFactors(plan, backend, samples, columns, width);
    int outputs = layout.outputs();
    if (layout.isDual()) {
      DualConvolutionPosterior.plan(plan, shape, outputs, layout.populationSizes());
    } else {
      boolean determinant = !layout.options().extrapolates();
      ConvolutionPosterior.plan(backend, plan, shape, outputs, samples, determinant);
    }
    if (layout.tests() > 0) {
      ConvolutionTestPoints.plan(plan, shape, layout.tests(), samples, outputs);
    }
  }

  private static TestPoints weightTestPoints(
      EnsembleLayout layout, Backend backend, InputFactor.Coordinates test) {
    return new WeightTestPoints(
        backend,
        layout.network(),
        layout.shape(),
        test,
        layout.options().samples(),
        layout.outputs(),
        layout.panelRows(backend));
  }

  /**
   * Adds the shared scratch of a lane to a plan.
   *
   * @param devices that hold the points
   * @param device index of the device of the plan
   */
  static void plan(MemoryPlan plan, EnsembleLayout layout, List<Backend> devices, int device) {
    Backend backend = devices.get(device);
    int points = layout.points();
    int rank = layout.rank();
    int outputs = layout.outputs();
    boolean determinant = !layout.options().extrapolates();
    int panel = layout.panelRows(backend);
    int rows = layout.sizes().rows();
    if (layout.convolution().isPresent()) {
      planConvolutional(plan, layout, backend);
      return;
    }
    int samples = layout.options().samples();
    int widest = layout.depth() == 1 ? rank : Math.max(layout.shape().widest(samples), points);
    planFactors(plan, backend, rows, points, widest);
    if (layout.isDual()) {
      PointRun.Extent own = holders(devices).extents(points).get(device);
      if (device > 0) {
        HeldPoints.planFurther(plan, layout.shape(), own, outputs, layout.populationSizes(), rows);
        return;
      }
      DualPosterior.plan(plan, layout.shape(), own, outputs, layout.populationSizes(), rows);
    } else {
      PrimalPosterior.plan(backend, plan, layout.shape(), outputs, rows, determinant);
    }
    if (layout.hasWellMoves()) {
      WellMoves.plan(plan, points, rank, outputs, samples);
    }
    if (layout.tests() == 0) {
      return;
    }
    if (layout.isDual() || layout.hasWeights()) {
      WeightTestPoints.plan(plan, layout.shape(), samples, outputs, layout.tests(), panel);
    } else if (layout.depth() == 1) {
      TestPointKernel.plan(plan, points, rank, layout.tests(), panel);
    } else {
      DeepTestPoints.plan(plan, points, rank, layout.tests(), panel);
    }
  }

  /** Scratch memory of the products of a step: of fields, of gradients, and of Gram matrices. */
  private static void planFactors(
      MemoryPlan plan, Backend backend, long rows, long points, long width) {
    long left = backend.factorScratchBytes(rows * Math.max(points, width));
    long right = backend.factorScratchBytes(Math.max(rows, width) * points);
    if (left + right > 0) {
      plan.add("factors in parts", Precision.FLOAT32, 1, (int) ((left + right) / Float.BYTES));
    }
  }

  @Override
  public void close() {
    try {
      if (testPoints != null) {
        testPoints.close();
      }
      if (jumps != null) {
        jumps.close();
      }
    } finally {
      posterior.close();
    }
  }
}
