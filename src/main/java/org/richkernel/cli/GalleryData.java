package org.richkernel.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** Data of a gallery; its pages choose the number of points. */
@HelpGroup(HelpGroup.DATA)
final class GalleryData {
  @Option(
      names = "--train-x",
      paramLabel = "FILE",
      description =
          "Training inputs, as for bayes, in place of the digits 0 and 1 of test-data. Default:"
              + " none.")
  private @Nullable String trainX;

  @Option(names = "--train-y", paramLabel = "FILE", description = "Training labels. Default: none.")
  private @Nullable String trainY;

  @Option(names = "--test-x", paramLabel = "FILE", description = "Test inputs. Default: none.")
  private @Nullable String testX;

  @Option(names = "--test-y", paramLabel = "FILE", description = "Test labels. Default: none.")
  private @Nullable String testY;

  @Option(
      names = "--classes",
      paramLabel = "A,B",
      description =
          "With --train-x: two classes of integer labels, mapped to -1 and +1. Default: labels as"
              + " real numbers.")
  private @Nullable String classes;

  /**
   * The options again, for the commands of the pages.
   *
   * @throws InvalidProblemException if some but not all files are named
   */
  List<String> arguments() {
    Map<String, @Nullable String> files = new LinkedHashMap<>();
    files.put("train-x", trainX);
    files.put("train-y", trainY);
    files.put("test-x", testX);
    files.put("test-y", testY);
    List<String> arguments = new ArrayList<>();
    files.forEach(
        (name, file) -> {
          if (file != null) {
            arguments.add("--" + name + "=" + file);
          }
        });
    if (arguments.isEmpty()) {
      if (classes != null) {
        throw new InvalidProblemException(
            "classes", classes, "name the data with --train-x, --train-y, --test-x and --test-y");
      }
      return TestData.digitsInBrief();
    }
    files.forEach(
        (name, file) -> {
          if (file == null) {
            throw new InvalidProblemException(
                name,
                "missing",
                "name all of --train-x, --train-y, --test-x and --test-y, or none");
          }
        });
    if (classes != null) {
      arguments.add("--classes=" + classes);
    }
    return arguments;
  }
}
