package org.richkernel.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.richkernel.finite.Criterion;
import org.richkernel.finite.WidthOptions;
import org.richkernel.finite.WidthScale;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Networks of several widths on the same batches. */
final class WidthScalingOptions {
  /** The options that belong to several widths alone. */
  static final Set<String> NAMES = Set.of("widths", "scaling", "criterion");

  @Option(
      names = "--widths",
      paramLabel = "N1,...",
      description =
          "gd: train networks of several widths on the same batches, and follow loss, kernel movement"
              + " and alignment on the test points. Unit: neurons of a hidden layer. Default: one"
              + " --width.")
  private @Nullable String widths;

  @Option(
      names = "--scaling",
      paramLabel = "NAME",
      description =
          "With --widths: mean-field (--gamma at every width) or ntk (--gamma at the smallest width,"
              + " then falling like 1/sqrt(N)). Default: mean-field.")
  private @Nullable WidthScale scaling;

  @Option(
      names = "--criterion",
      paramLabel = "NAME",
      description =
          "With --widths: squared (errors) or cross-entropy (of --one-hot classes); --loss says"
              + " whether it is added up or averaged over a batch. Default: squared.")
  private @Nullable Criterion criterion;

  /** Whether several widths are requested. */
  boolean given() {
    return widths != null;
  }

  /** The widths, checked. */
  WidthOptions options(int repeats) {
    return new WidthOptions(
        list(),
        repeats,
        scaling == null ? WidthScale.MEAN_FIELD : scaling,
        criterion == null ? Criterion.SQUARED : criterion);
  }

  /** Complains about options that belong to several widths alone. */
  void requireUnused(CommandSpec command) {
    for (String name : new TreeSet<>(NAMES)) {
      if (command.commandLine().getParseResult().hasMatchedOption("--" + name)) {
        throw new InvalidProblemException(
            name, "given", "it belongs to --method gd with --widths; give both or none");
      }
    }
  }

  private List<Integer> list() {
    List<Integer> all = new ArrayList<>();
    for (String part : String.valueOf(widths).split(",", -1)) {
      if (!part.strip().matches("[0-9]{1,9}")) {
        throw new InvalidProblemException(
            "widths", widths, "use whole numbers with commas between, such as 16,32,64");
      }
      all.add(Integer.valueOf(part.strip()));
    }
    return all;
  }
}
