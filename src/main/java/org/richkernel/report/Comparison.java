package org.richkernel.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;
import org.richkernel.metrics.KernelSimilarity;
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
   */
  public record Layer(String name, KernelSimilarity similarity) {}

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
                kernel.name(), KernelSimilarity.of(kernel.phi().values(), beside.get().values())));
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
        || name.matches("phi_[0-9]+")
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
   * One line for each kernel, one for the options that differ, and one for points that may differ,
   * for a terminal.
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-8s %10s %12s %14s   (%s against %s)",
            "kernel",
            "cosine",
            "norm ratio",
            "relative error",
            ownName,
            otherName));
    for (Layer layer : layers) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-8s %10.5f %12.5f %14.5f",
              layer.name(),
              layer.similarity().cosine(),
              layer.similarity().frobeniusRatio(),
              layer.similarity().relativeError()));
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
