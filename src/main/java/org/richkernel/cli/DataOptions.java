package org.richkernel.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.data.Standardization;
import org.richkernel.data.Standardize;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which points a command works on. */
@HelpGroup(HelpGroup.DATA)
final class DataOptions {
  private static final String KINDS =
      " a .npy, .npz (file.npz:name for one of several arrays), IDX or text file (.csv, .tsv or "
          + ".txt; commas, semicolons, tabs or blanks between numbers, # before comments), .gz "
          + "allowed.";

  @Option(
      names = "--train-x",
      paramLabel = "FILE",
      description =
          "Training inputs, one point a row:" + KINDS + " Required.")
  private @Nullable String trainX;

  @Option(
      names = "--train-y",
      paramLabel = "FILE",
      description = "Training labels, one for each point; the same kinds of files. Required.")
  private @Nullable String trainY;

  @Option(names = "--test-x", paramLabel = "FILE", description = "Test inputs. Default: none.")
  private @Nullable String testX;

  @Option(
      names = "--test-y",
      paramLabel = "FILE",
      description =
          "Test labels. Default: none, which predicts the points of --test-x without a test loss.")
  private @Nullable String testY;

  @Option(
      names = "--classes",
      paramLabel = "A,B",
      description =
          "Keep two classes of integer labels and map them to -1 and +1. Default: all rows, "
              + "labels as real numbers.")
  private @Nullable String classes;

  @Option(
      names = "--one-hot",
      negatable = true,
      description =
          "One output for each class of integer labels, 1 for the class of the point and 0 "
              + "for the others. Default: off.")
  private boolean oneHot;

  @Option(
      names = "--train-size",
      paramLabel = "N",
      description =
          "Take the first N training points, with --classes as many of each class. Unit: "
              + "points. Default: all.")
  private @Nullable Integer trainSize;

  @Option(
      names = "--test-size",
      paramLabel = "N",
      description = "The same for test points. Unit: points. Default: all.")
  private @Nullable Integer testSize;

  @Option(
      names = "--standardize",
      paramLabel = "HOW",
      description =
          "What to do to the inputs: none, global (bytes to [0,1], then the overall mean "
              + "and standard deviation of the training inputs), or MEAN,STD in units of the "
              + "inputs. Default: global for IDX images, none for other files.")
  private @Nullable String standardize;

  @Mixin private ImageOptions images = new ImageOptions();

  /** Describes what to read; complains about options that do not fit together. */
  DatasetReader reader() {
    DatasetReader reader =
        DatasetReader.train(require("train-x", trainX), require("train-y", trainY));
    if (testX != null && testY == null) {
      reader = reader.test(testX);
    } else if (testY != null) {
      reader = reader.test(require("test-x", testX), testY);
    } else if (testSize != null) {
      throw new InvalidProblemException(
          "test-size", testSize, "name the test points with --test-x");
    }
    if (classes != null) {
      reader = reader.classes(classes);
    }
    if (oneHot) {
      reader = reader.oneHot();
    }
    if (trainSize != null) {
      reader = reader.trainSize(trainSize);
    }
    if (testSize != null) {
      reader = reader.testSize(testSize);
    }
    reader = reader.images(images.images());
    return standardize == null ? reader : reader.standardize(Standardize.parse(standardize));
  }

  private static String require(String option, @Nullable String value) {
    if (value == null) {
      throw new InvalidProblemException(option, "missing", "name a file");
    }
    return value;
  }

  /** Replaces defaults that depend on the files by what they came to. */
  void resolve(Map<String, Object> options, Datasets data) {
    options.put("train-size", data.train().points());
    data.test().ifPresent(test -> options.put("test-size", test.points()));
    ImageOptions.resolve(options, data.images());
    if (standardize == null) {
      boolean none = data.standardization().equals(Standardization.IDENTITY);
      options.put("standardize", none ? "none" : "global");
    }
  }
}
