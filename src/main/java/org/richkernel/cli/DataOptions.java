package org.richkernel.cli;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.data.Standardization;
import org.richkernel.data.Standardize;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which points a command works on. */
@HelpGroup(HelpGroup.DATA)
final class DataOptions {
  /** Names of the options that name files of points. */
  static final Set<String> FILES = Set.of("train-x", "train-y", "test-x", "test-y");

  private static final String KINDS =
      " a .npy, .npz (file.npz:name for one of several arrays), HDF5 (file.h5:/path), IDX or "
          + "text file (.csv, .tsv or .txt; commas, semicolons, tabs or blanks between numbers, # "
          + "before comments), .gz allowed.";

  @Option(
      names = "--train-x",
      paramLabel = "FILE",
      description =
          "Training inputs, one point a row:"
              + KINDS
              + " Or inputs with their labels: a text file with --label-column, a CIFAR-10 or "
              + "CIFAR-100 batch (.bin) or the folder of its batches, or a folder or .zip whose "
              + "folders of PNG or JPEG images are the classes. Required.")
  private @Nullable String trainX;

  @Option(
      names = "--train-y",
      paramLabel = "FILE",
      description =
          "Training labels, one for each point; the same kinds of files, and text with one word a "
              + "line. Default: those in --train-x.")
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
      names = "--label-column",
      paramLabel = "COLUMN",
      description =
          "Column of a text file of inputs that holds the labels, by its name or its number, an "
              + "integer from 0 (-1 is the last); of CIFAR-100 fine or coarse. Default: none, and fine.")
  private @Nullable String labelColumn;

  @Option(
      names = "--classes",
      paramLabel = "A,B",
      description =
          "Keep two classes of integer labels or words and map them to -1 and +1; A,B,C keeps "
              + "several with an output each, A,C/B,D groups. Default: all rows, numbers as real "
              + "numbers, words as classes.")
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
      names = "--random",
      negatable = true,
      description =
          "Take random points, those of --seed, in place of the first ones for --train-size and "
              + "--test-size. Default: off.")
  private boolean random;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Option(
      names = "--standardize",
      paramLabel = "HOW",
      description =
          "What to do to the inputs: none, global (bytes to [0,1], then the overall mean "
              + "and standard deviation of the training inputs), or MEAN,STD in units of the "
              + "inputs. Default: global for IDX images, none for other files.")
  private @Nullable String standardize;

  @Mixin private ImageOptions images = new ImageOptions();

  /** Describes the data to read; refuses options that do not fit together. */
  DatasetReader reader() {
    String x = require("train-x", trainX);
    DatasetReader reader = trainY == null ? DatasetReader.train(x) : DatasetReader.train(x, trainY);
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
    if (labelColumn != null) {
      reader = reader.labelColumn(labelColumn);
    }
    if (random) {
      if (trainSize == null && testSize == null) {
        throw new InvalidProblemException(
            "random", "given", "say with --train-size or --test-size how many points to take");
      }
      reader = reader.random(seed());
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

  /** The seed of the command that these options are mixed into. */
  private long seed() {
    OptionSpec seed = command == null ? null : command.findOption("--seed");
    return seed != null && seed.getValue() instanceof Number number ? number.longValue() : 0;
  }

  private static String require(String option, @Nullable String value) {
    if (value == null) {
      throw new InvalidProblemException(option, "missing", "name a file");
    }
    return value;
  }

  /** Replaces defaults that depend on the files by their values. */
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
