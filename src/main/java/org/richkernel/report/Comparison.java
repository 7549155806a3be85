package org.richkernel.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;
import org.richkernel.metrics.KernelSimilarity;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Result;

/** Two results on the same training points, and how alike their layer kernels are. */
public final class Comparison {
  private final Result own;
  private final Result other;
  private final String ownName;
  private final String otherName;
  private final List<Layer> layers;
  private final Optional<String> doubt;

  /**
   * A kernel that both results hold.
   *
   * @param name as in the arrays, for example "phi_1"
   * @param similarity of the first result's kernel to the second's
   * @param noise root of the summed squared standard errors of the entries of both, relative to the
   *     norm of the second: the relative error that equal kernels would show; NaN where not known
   */
  public record Layer(String name, KernelSimilarity similarity, double noise) {
    /** The noise in words. */
    String noiseText() {
      return Double.isNaN(noise) ? "not known" : String.format(Locale.ROOT, "%.5f", noise);
    }
  }

  private Comparison(
      Result own,
      Result other,
      String ownName,
      String otherName,
      List<Layer> layers,
      Optional<String> doubt) {
    this.doubt = doubt;
    this.own = own;
    this.other = other;
    this.ownName = ownName;
    this.otherName = otherName;
    this.layers = layers;
  }

  /**
   * Compares two results.
   *
   * @param folder where the first one lies, for messages and names
   * @param otherFolder where the second one lies
   * @throws InvalidDataException if they are not about the same training and test points
   */
  static Comparison of(Path folder, Result own, Path otherFolder, Result other) {
    double[] y = targets(folder, own);
    requireSameOutputs(folder, own, otherFolder, other);
    if (!Arrays.equals(y, targets(otherFolder, other))) {
      throw new InvalidDataException(
          otherFolder.toString(),
          "its training targets are not those of " + folder,
          "compare results on the same training points");
    }
    Optional<double[]> tests = own.array("y_test").map(Table::values);
    Optional<double[]> otherTests = other.array("y_test").map(Table::values);
    if (tests.isPresent()
        && otherTests.isPresent()
        && !Arrays.equals(tests.get(), otherTests.get())) {
      throw new InvalidDataException(
          otherFolder.toString(),
          "its test targets ("
              + otherTests.get().length
              + ") are not those of "
              + folder
              + " ("
              + tests.get().length
              + ")",
          "compare results on the same test points");
    }
    Optional<String> doubt = new SameData(folder, own, otherFolder, other).check();
    List<Layer> layers = new ArrayList<>();
    for (KernelSet.Kernel kernel : KernelSet.of(own).all()) {
      Optional<Table> beside = other.array(kernel.name());
      if (beside.isPresent() && beside.get().values().length == kernel.phi().values().length) {
        layers.add(
            new Layer(
                kernel.name(),
                KernelSimilarity.of(kernel.phi().values(), beside.get().values()),
                noise(kernel.name(), own, other)));
      }
    }
    String ownName = Wording.of(own.summary().command()).name();
    String otherName = Wording.of(other.summary().command()).name();
    if (ownName.equals(otherName)) {
      ownName = folder.toAbsolutePath().normalize().getFileName().toString();
      otherName = otherFolder.toAbsolutePath().normalize().getFileName().toString();
    }
    return new Comparison(own, other, ownName, otherName, List.copyOf(layers), doubt);
  }

  private static void requireSameOutputs(Path folder, Result own, Path otherFolder, Result other) {
    int mine = own.array("y_train").map(Table::columns).orElse(1);
    int theirs = other.array("y_train").map(Table::columns).orElse(1);
    if (mine != theirs) {
      throw new InvalidDataException(
          otherFolder.toString(),
          "it has " + theirs + " outputs, " + folder + " has " + mine,
          "compare results with the same --classes and --one-hot");
    }
  }

  private static double noise(String name, Result own, Result other) {
    double variance = squaredErrors(name, own) + squaredErrors(name, other);
    double norm = 0;
    for (double value : other.array(name).orElseThrow().values()) {
      norm += value * value;
    }
    return Math.sqrt(variance / norm);
  }

  private static double squaredErrors(String name, Result result) {
    Optional<Table> errors = result.array(name + "_standard_error");
    if (errors.isEmpty()) {
      return Differences.error(result.summary(), OptionalDouble.empty());
    }
    double sum = 0;
    for (double error : errors.get().values()) {
      sum += error * error;
    }
    return sum;
  }

  /**
   * Reads and compares the results of two folders.
   *
   * @throws InvalidDataException if one holds no sound result, or they are not about the same
   *     training and test points
   */
  public static Comparison read(Path folder, Path otherFolder) {
    return of(
        folder,
        org.richkernel.result.ResultFolder.read(folder, Comparison::isCompared),
        otherFolder,
        org.richkernel.result.ResultFolder.read(otherFolder, Comparison::isCompared));
  }

  private static boolean isCompared(String name) {
    return name.equals("y_train")
        || name.equals("y_test")
        || name.matches("phi_[0-9]+(_standard_error)?")
        || name.equals("ntk");
  }

  private static double[] targets(Path folder, Result result) {
    return result
        .array("y_train")
        .map(Table::values)
        .orElseThrow(
            () ->
                new InvalidDataException(
                    folder.toString(),
                    "it holds no array y_train",
                    "name the --out folder of a fit"));
  }

  Result own() {
    return own;
  }

  Result other() {
    return other;
  }

  String ownName() {
    return ownName;
  }

  String otherName() {
    return otherName;
  }

  /** The kernels that both results hold. */
  public List<Layer> layers() {
    return layers;
  }

  /** The options that the two runs differ in. */
  public List<OptionDifference> differences() {
    return OptionDifference.between(own.summary(), other.summary());
  }

  /** Points that nothing says are the same, in words. */
  Optional<String> doubt() {
    return doubt;
  }

  /**
   * One line for each kernel and for each number that both have, one for the options that differ,
   * and one for points that may differ, for a terminal.
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-8s %10s %12s %14s %10s   (%s against %s)",
            "kernel",
            "cosine",
            "norm ratio",
            "relative error",
            "of it noise",
            ownName,
            otherName));
    for (Layer layer : layers) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-8s %10.5f %12.5f %14.5f %11s",
              layer.name(),
              layer.similarity().cosine(),
              layer.similarity().frobeniusRatio(),
              layer.similarity().relativeError(),
              layer.noiseText()));
    }
    for (Differences.Row row : Differences.between(own, other)) {
      lines.add(
          Numbers.ascii(
              String.format(
                  Locale.ROOT,
                  "%-19s %s against %s: %s%s",
                  row.name(),
                  row.own(),
                  row.other(),
                  row.differenceText(),
                  row.inErrors().isEmpty() ? "" : " (" + row.inErrors() + " errors)")));
    }
    List<OptionDifference> differences = differences();
    lines.add(
        differences.isEmpty()
            ? "options   the same"
            : "options   "
                + differences.stream()
                    .map(OptionDifference::toString)
                    .collect(Collectors.joining("; ")));
    doubt.ifPresent(words -> lines.add("points    " + words));
    return lines;
  }
}
