package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OwnedResources;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PointRun;
import org.richkernel.stack.PointSums;
import org.richkernel.stack.SampleReadout;

/** The points of a {@link DualPosterior} on their devices, with the scratch of each. */
final class HeldPoints implements AutoCloseable {
  private final OwnedResources owned = new OwnedResources();
  private final PointRun first;
  private final PointSums sums;

  /**
   * Distributes the points.
   *
   * @param holders of the points; the first device also holds all other arrays
   * @param memory of the first device, planned by {@link DualPosterior#plan}
   * @param y targets, row-major P x K
   * @param samples S of each size of population, the largest first
   * @param blockRows rows of the largest block
   */
  HeldPoints(
      PointHolders holders,
      Workspace memory,
      NetworkSpec network,
      FieldShape shape,
      InputFactor input,
      double[] y,
      int[] samples,
      int blockRows) {
    List<PointRun> runs = new ArrayList<>();
    List<PointRun.Extent> extents = holders.extents(input.points());
    try {
      for (int d = 0; d < extents.size(); d++) {
        Backend device = holders.devices().get(d);
        Workspace own = memory;
        if (d > 0) {
          MemoryPlan plan = new MemoryPlan();
          planFurther(plan, shape, extents.get(d), y.length / input.points(), samples, blockRows);
          own = owned.own(new Workspace(device, plan));
          device.upload(extents.get(d).of(input.factor()), own.get("F"));
        }
        runs.add(new PointRun(device, network, shape, own, extents.get(d), y));
      }
      first = runs.get(0);
      sums = owned.own(new PointSums(runs, holders.group()));
    } catch (RuntimeException e) {
      throw owned.closedAfter(e);
    }
  }

  /**
   * Adds the scratch of a device after the first to a plan.
   *
   * @param extent its points
   */
  static void planFurther(
      MemoryPlan plan,
      FieldShape shape,
      PointRun.Extent extent,
      int outputs,
      int[] samples,
      int blockRows) {
    PointRun.plan(plan, shape, extent, outputs, samples[0], blockRows);
    for (int s : samples) {
      SampleReadout.planShared(plan, s, outputs);
    }
  }

  /** Points of the first device. */
  PointRun first() {
    return first;
  }

  /** Sums over all points. */
  PointSums sums() {
    return sums;
  }

  /** Frees the scratch of the devices after the first. */
  @Override
  public void close() {
    owned.close();
  }
}
