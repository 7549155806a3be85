package org.richkernel.bayes;

import java.util.List;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.sampling.CountSketch;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.PhiOverlaps;
import org.richkernel.stack.PointRun;

/** Peak memory of a solve with the chains of a layout. */
final class EnsembleMemory {
  private final EnsembleLayout layout;
  private final int points;
  private final int outputs;

  EnsembleMemory(EnsembleLayout layout) {
    this.layout = layout;
    points = layout.points();
    outputs = layout.outputs();
  }

  /** The plan, device by device. */
  MemoryPlan plan() {
    MemoryPlan plan = new MemoryPlan();
    addLanes(plan);
    layout.chains().forEach(chain -> addChain(plan, chain));
    addSpread(plan);
    addHarvest(plan);
    return plan.addHost(hostBytes());
  }

  private void addLanes(MemoryPlan plan) {
    for (int place = 0; place < layout.places(); place++) {
      int home = place % layout.homes();
      String lane = layout.lanes() == 1 ? "" : "lane " + (place / layout.homes() + 1) + ": ";
      for (int d = 0; d < layout.spread(); d++) {
        MemoryPlan shared = new MemoryPlan();
        ChainLane.plan(shared, layout, layout.home(place), d);
        plan.onDevice(home * layout.spread() + d).addAll(lane, shared);
      }
    }
  }

  private void addChain(MemoryPlan plan, EnsembleLayout.Chain chain) {
    plan.onDevice(chain.device());
    int samples = chain.samples();
    String name = "chain " + chain.index() + ", S=" + samples + ": ";
    SamplingChain.plan(plan, name, points, outputs, layout.tests());
    layout
        .convolution()
        .ifPresent(shape -> SiteAverages.plan(plan, name + "sites: ", shape, outputs, samples));
    if (layout.isDual() && layout.convolution().isPresent()) {
      FieldPopulation.planChannels(
          plan, name, samples, layout.widths(), points, outputs, features(samples));
    } else if (layout.isDual()) {
      FieldPopulation.planDual(plan, name, samples, layout.widths(), points, outputs);
    } else {
      FieldPopulation.planPrimal(
          plan, name, samples, layout.widths(), points, outputs, layout.hasWeights());
    }
    for (int l = 1; l <= layout.depth(); l++) {
      addAverages(plan, name + "layer " + l + ": ", chain, l);
    }
  }

  private int features(int samples) {
    return layout
        .convolution()
        .map(shape -> ConvolutionLayers.features(shape, samples))
        .orElse(samples);
  }

  private void addAverages(MemoryPlan plan, String name, EnsembleLayout.Chain chain, int layer) {
    int width = layout.widths().widths(chain.samples())[layer - 1];
    boolean weights = layout.hasWeights() && layer > 1;
    if (layout.isDual() && layout.convolution().isPresent()) {
      ConvolutionShape shape = layout.convolution().orElseThrow();
      LayerAverages.planChannels(plan, name, shape, layer, chain.samples(), outputs);
    } else if (layout.isDual()) {
      LayerAverages.planDual(
          plan, name, width, weights ? points : 0, outputs, chain.samples(), chain.blockRows());
    } else {
      LayerAverages.plan(plan, name, width, points, outputs, chain.blockRows(), weights);
    }
  }

  private void addSpread(MemoryPlan plan) {
    if (!layout.comparesPopulations()) {
      return;
    }
    int samples = layout.options().samples();
    PhiOverlaps.planSums(plan.onDevice(0), samples);
    List<PointRun.Extent> extents = ChainLane.holders(layout.home(0)).extents(points);
    for (int d = 0; d < extents.size(); d++) {
      PhiOverlaps.planPoints(plan.onDevice(d), extents.get(d), samples);
    }
  }

  private void addHarvest(MemoryPlan plan) {
    boolean dualKernels = layout.isDual() && layout.formsKernels();
    if (!layout.hasNeurons() && dualKernels) {
      KernelHarvest.plan(plan.onDevice(0), points);
    }
    if (layout.harvestsNeurons()) {
      int panel = layout.panelRows(layout.devices().get(0));
      NeuronHarvest.plan(plan.onDevice(0), points, layout.rank(), outputs, panel, layout.isDual());
    }
  }

  private long hostBytes() {
    // Means of all chains and the extrapolated pair on the host, at each test.
    long square = (long) points * points;
    long kernel = layout.isDual() ? 0 : square;
    long averages = layout.depth() * kernel + (long) layout.tests() * outputs;
    long kept = layout.snapshots() * layout.fieldFloats();
    // A checkpoint copies the fields, the kernels and their sums to the host; at the end the kept
    // populations become the predictor.
    long grams =
        layout.isDual() && layout.convolution().isEmpty()
            ? layout.chains().stream().mapToLong(c -> (long) c.samples() * c.samples()).sum()
            : 0;
    long checkpoint =
        Float.BYTES * layout.fieldFloats()
            + 8 * averages * 2 * layout.chains().size()
            + 8 * layout.depth() * grams;
    long features = layout.chains().stream().mapToLong(c -> features(c.samples())).sum();
    long readout = layout.snapshots() * features * outputs;
    long predictor = Float.BYTES * (layout.snapshots() * layout.keptFloats() + readout);
    return 8 * averages * (2L * ChainEnsemble.CHAINS + 2)
        + imageBytes()
        + inputBytes()
        + (layout.isDual() && layout.formsKernels() ? 2 * 8 * layout.depth() * square : 0)
        + Float.BYTES * kept
        + Math.max(checkpoint, predictor);
  }

  /** Where the test points lie, and F, which the dual form leaves to its backends. */
  private long inputBytes() {
    long sites = layout.convolution().map(shape -> shape.sites(1)).orElse(1);
    long rows = layout.isDual() ? 0 : points * sites;
    long tests = layout.convolution().isPresent() ? 0 : layout.tests();
    return Float.BYTES * rows * layout.rank() + Double.BYTES * tests * (layout.rank() + 1L);
  }

  /**
   * Images of kernels along the chains, kept v of the primal form, and the larger of two: images of
   * the batches of one chain in the test of S, or at the end v of all batches and the training
   * predictions from them.
   */
  private long imageBytes() {
    long vector = (long) points * outputs;
    int chains = layout.chains().size();
    long sketches = BatchMeans.bytes(new CountSketch(points * outputs).to());
    long kept = layout.isDual() ? 0 : Double.BYTES * layout.snapshots() * vector;
    long batches = BatchMeans.most(vector);
    long test = Double.BYTES * (batches + 3) * vector;
    long end = Double.BYTES * 2 * batches * vector * chains;
    return chains * (2 * sketches + kept) + Math.max(test, end);
  }
}
