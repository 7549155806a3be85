package org.richkernel.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.data.DataFile;
import org.richkernel.data.DataOrigin;
import org.richkernel.data.InvalidDataException;
import org.richkernel.result.Provenance;
import org.richkernel.result.Result;

/**
 * Whether two results are about the same points, by the checksums in their summaries: of the points
 * as they were used, and where these differ of the files, since inputs that were standardized
 * differently may be compared.
 */
final class SameData {
  private final Path folder;
  private final Path otherFolder;
  private final DataOrigin own;
  private final DataOrigin other;
  private final List<String> sets = new ArrayList<>();

  SameData(Path folder, Result result, Path otherFolder, Result otherResult) {
    this.folder = folder;
    this.otherFolder = otherFolder;
    own = origin(result);
    other = origin(otherResult);
    for (String set : List.of("train", "test")) {
      if (result.array("y_" + set).isPresent() && otherResult.array("y_" + set).isPresent()) {
        sets.add(set);
      }
    }
  }

  private static DataOrigin origin(Result result) {
    return result.summary().provenance().map(Provenance::data).orElse(DataOrigin.NONE);
  }

  /**
   * Compares the data of both summaries.
   *
   * @return description of the parts that could not be compared, if any
   * @throws InvalidDataException naming both files if they hold different data
   */
  Optional<String> check() {
    List<String> unknown = new ArrayList<>();
    for (String set : sets) {
      String points = own.points().get(set);
      if (points != null && points.equals(other.points().get(set))) {
        continue;
      }
      for (String option : List.of(set + "-x", set + "-y")) {
        if (!isKnownSame(option)) {
          unknown.add("--" + option);
        }
      }
    }
    return unknown.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "not known to be the same in "
                + String.join(", ", unknown)
                + ": no checksums in "
                + silent());
  }

  private boolean isKnownSame(String option) {
    @Nullable DataFile mine = own.files().get(option);
    @Nullable DataFile theirs = other.files().get(option);
    if (mine == null || theirs == null) {
      return false;
    }
    if (!mine.sameContent(theirs)) {
      throw new InvalidDataException(
          otherFolder.toString(),
          String.format(
              "its --%s %s (SHA-256 %s) holds other data than %s (%s) of %s",
              option, theirs, brief(theirs), mine, brief(mine), folder),
          "compare results on the same points");
    }
    return true;
  }

  private static String brief(DataFile file) {
    return file.sha256().substring(0, Math.min(12, file.sha256().length()));
  }

  private String silent() {
    List<String> folders = new ArrayList<>();
    if (own.files().isEmpty()) {
      folders.add(folder.toString());
    }
    if (other.files().isEmpty()) {
      folders.add(otherFolder.toString());
    }
    return String.join(" and ", folders);
  }
}
