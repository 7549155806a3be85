package org.richkernel.dynamics;

import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.SiteMap;

/**
 * Sizes of a {@link FieldHistory}.
 *
 * @param columns largest r
 * @param fields columns of the field, M s
 * @param ownColumns largest r', that of the Gaussian field
 * @param ownFields columns of the Gaussian field
 * @param offsets k of weights shared by sites; 0 if each site reads itself alone
 * @param extras X, largest number of columns of the Gaussian field that leave no past
 */
record HistorySize(
    int columns, int fields, int ownColumns, int ownFields, int offsets, int extras) {

  /**
   * Sizes of the history of a field.
   *
   * @param most largest number of directions kept
   * @param times number of points that leave a past, summed over all times
   * @param points M
   * @param sites of the field
   * @param ownSites of the Gaussian field
   * @param map of the weights
   * @param extras points that leave no past
   */
  static HistorySize of(
      int most, long times, int points, int sites, int ownSites, SiteMap map, int extras) {
    int columns = (int) Math.min(most, times * sites);
    int fields = Math.multiplyExact(points, sites);
    if (PatchMap.isPointwise(map)) {
      return new HistorySize(columns, fields, columns, fields, 0, extras * sites);
    }
    long patches = Math.min((long) columns * map.offsets(), times * ownSites);
    int ownColumns = (int) Math.min(most, patches);
    int ownFields = Math.multiplyExact(points, ownSites);
    if ((double) map.offsets() * columns * ownFields > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          "convolutions",
          map,
          "the past of "
              + points
              + " points is too large for the theory; use fewer points or sites, or train networks"
              + " with finite --method gd");
    }
    return new HistorySize(
        columns, fields, ownColumns, ownFields, map.offsets(), extras * ownSites);
  }

  /**
   * Number of entries of the patches of all rows at one time, k r times the columns of the Gaussian
   * field.
   */
  int patches() {
    return Math.multiplyExact(height(), ownFields);
  }

  /** Number of rows of the directions of patches, k r. */
  int height() {
    return Math.multiplyExact(offsets, columns);
  }
}
