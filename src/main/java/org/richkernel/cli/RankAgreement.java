package org.richkernel.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.compute.BackendInfo;
import org.richkernel.group.RankGroup;
import org.richkernel.model.SavedFit;
import org.richkernel.network.InvalidProblemException;

/** Whether all ranks were started to compute the same thing. */
final class RankAgreement {
  private static final String OTHER_OPTION = "option";

  private final RankGroup ranks;

  RankAgreement(RankGroup ranks) {
    this.ranks = ranks;
  }

  /**
   * Refuses ranks whose computation differs from that of rank 0, on all ranks.
   *
   * @param own values that determine the numbers, by name, with a checksum of the data
   */
  void require(Map<String, Object> own) {
    List<String> found = differences(byContent(own));
    if (!found.isEmpty()) {
      throw new InvalidProblemException(
          "ranks",
          ranks.size(),
          String.join(", ", found)
              + "; start all ranks with the same command, files and version of the program");
    }
  }

  /** The same without the paths of files, which differ where machines mount a disk elsewhere. */
  private static Map<String, Object> byContent(Map<String, Object> own) {
    Map<String, Object> same = new LinkedHashMap<>(own);
    same.keySet().removeAll(DataOptions.FILES); // read already, and in the checksum
    same.computeIfPresent(
        SearchOptions.WARM_START, (name, folder) -> SavedFit.checksum(Path.of(folder.toString())));
    return same;
  }

  /** Where ranks compute on other hardware than rank 0, a line each. */
  List<String> doubts(BackendInfo own) {
    return differences(Map.of("processor", own.device())).stream()
        .map(line -> line + "; a run whose ranks part by that ends at the next sweep")
        .toList();
  }

  /** Values may be arrays. */
  private static String line(String name, Object value) {
    return (name + "=" + Arrays.deepToString(new Object[] {value})).replace('\n', ' ');
  }

  /** For each rank that differs from rank 0 the first thing in which it does. */
  private List<String> differences(Map<String, Object> own) {
    List<String> lines = new ArrayList<>();
    own.forEach((name, value) -> lines.add(line(name, value)));
    byte[] sent = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    byte[] received = ranks.fromFirst(ranks.rank() == 0 ? sent : null);
    List<String> first = List.of(new String(received, StandardCharsets.UTF_8).split("\n", -1));
    int at = 0;
    while (at < first.size() && lines.contains(first.get(at))) {
      at++;
    }
    int[] bounds = new int[ranks.size() + 1];
    Arrays.setAll(bounds, rank -> rank);
    double[] found = new double[ranks.size()];
    found[ranks.rank()] = at == first.size() && lines.size() == at ? -1 : at;
    ranks.gather(found, bounds);
    List<String> differences = new ArrayList<>();
    for (int rank = 1; rank < ranks.size(); rank++) {
      if (found[rank] >= 0) {
        String name =
            found[rank] < first.size() ? first.get((int) found[rank]).split("=")[0] : OTHER_OPTION;
        differences.add("rank " + rank + " has another " + name + " than rank 0");
      }
    }
    return differences;
  }
}
