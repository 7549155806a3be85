package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Routine;
import org.richkernel.group.RankGroup;

/**
 * Holders of the points of a problem: the devices of this process, and the other ranks of its
 * group.
 *
 * @param devices of this process, at least one; the first also holds all arrays without a point
 *     index
 * @param group ranks, each with a share of the points
 */
public record PointHolders(List<Backend> devices, RankGroup group) {
  /** Copies the list. */
  public PointHolders {
    devices = List.copyOf(devices);
  }

  /** A single device. */
  public static PointHolders of(Backend device) {
    return new PointHolders(List.of(device), RankGroup.alone());
  }

  /**
   * Largest number of devices over which each rank of a group can spread its points.
   *
   * @param points P
   */
  public static int mostDevices(int points, RankGroup group) {
    return new PointBlocks(points).count() / group.size();
  }

  /** The device of all arrays without a point index. */
  public Backend first() {
    return devices.get(0);
  }

  /**
   * The points of each device.
   *
   * @param points P
   * @throws IllegalArgumentException if a device or a rank would hold no block
   */
  public List<PointRun.Extent> extents(int points) {
    return PointSums.extents(new PointBlocks(points), group, devices.size());
  }

  /** Records a routine if one device holds all points; otherwise the work is issued each time. */
  public Routine routine(Runnable work) {
    return devices.size() == 1 && group.size() == 1
        ? first().routine("leapfrog step", work)
        : Routine.of(work);
  }
}
