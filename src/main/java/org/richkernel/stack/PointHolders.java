package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Routine;
import org.richkernel.group.RankGroup;

/**
 * Who holds the points of a problem: the devices of this process, and the other ranks of its group.
 *
 * @param devices of this process, at least one; the first also has everything that is not a point's
 * @param group the ranks that have a share of the points each
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
   * Most devices that each rank of a group can spread its points over.
   *
   * @param points P
   */
  public static int mostDevices(int points, RankGroup group) {
    return new PointBlocks(points).count() / group.size();
  }

  /** The device of everything else. */
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

  /**
   * A routine, where all of it happens on one device; sums over several are asked for each time.
   */
  public Routine routine(Runnable work) {
    return devices.size() == 1 && group.size() == 1
        ? first().routine("leapfrog step", work)
        : Routine.of(work);
  }
}
