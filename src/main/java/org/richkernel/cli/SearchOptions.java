package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.richkernel.bayes.GammaPath;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.Search;
import org.richkernel.data.Images;
import org.richkernel.data.Standardization;
import org.richkernel.model.SavedFit;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.option.Words;
import picocli.CommandLine.Option;

/** Options of the additional solves of a Bayesian fit: a path, a second start, a selection. */
@HelpGroup("Paths, starts and choices")
final class SearchOptions {
  /** Options with a default that mean nothing to a theory of finite width. */
  static final Set<String> OF_INFINITE_WIDTH = Set.of("second-start");

  /** Name of the option that names a saved result. */
  static final String WARM_START = "warm-start";

  private static final String VALIDATION = "validation";
  private static final double VALIDATION_FRACTION = 0.2;

  @Option(
      names = "--gamma-path",
      paramLabel = "A:B:N",
      description =
          "N richnesses, pure numbers from A to B, solved one after the other, each from the "
              + "last; the result is "
              + "that of B, which replaces --gamma, with a table of all. Default: none.")
  private @Nullable String gammaPath;

  @Option(
      names = "--warm-start",
      paramLabel = "DIR",
      description =
          "Start from the populations of a saved result of the same network, --pool-input and "
              + "standardization, of the same training inputs or of others, fewer for example; "
              + "deep networks need --fields weights for others. Default: none.")
  private @Nullable Path warmStart;

  @Option(
      names = "--second-start",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description =
          "Solve again from an aligned state and compare the actions, for two hidden layers or "
              + "more: yes, no, or auto, which does so where the linear network of the same "
              + "initial kernel has, or almost has, several solutions. Default: ${DEFAULT-VALUE}.")
  private String secondStart = "auto";

  @Option(
      names = "--select",
      paramLabel = "WHAT",
      description =
          "Choose gamma, beta or gamma,beta among the richnesses of --gamma-path and the numbers "
              + "of --betas. Default: nothing.")
  private @Nullable String select;

  @Option(
      names = "--select-by",
      paramLabel = "WHAT",
      description =
          "evidence, of a network of width --evidence-width, or validation, the loss on training "
              + "points held out. Default: validation.")
  private @Nullable String selectBy;

  @Option(
      names = "--betas",
      paramLabel = "B,B...",
      description = "Inverse noises to choose among, in units of 1/target^2. Default: none.")
  private @Nullable String betas;

  @Option(
      names = "--evidence-width",
      paramLabel = "N",
      description =
          "Width of the network whose evidence is compared, a number of neurons. Default: none.")
  private @Nullable Integer evidenceWidth;

  @Option(
      names = "--validation-fraction",
      paramLabel = "F",
      description = "Share of the training points that is held out, a pure number. Default: 0.2.")
  private @Nullable Double validationFraction;

  @Option(
      names = "--cross-check",
      negatable = true,
      description =
          "Solve by sweeps over the layers with conjugate kernels too, a route that shares no "
              + "density with the sampler, and record how far the kernels of the two are apart; "
              + "tanh and erf only. Default: off.")
  private boolean crossCheck;

  @Option(
      names = "--audit",
      negatable = true,
      description =
          "Test the converged solution by neurons that are drawn independently of it at its tilt, "
              + "and count it as not converged if y.v leaves their error or --tolerance; undecided, and "
              + "without effect, where these neurons may not have reached all of the density; one hidden layer only. Default: off.")
  private boolean audit;

  /** The search, checked. */
  Search search(SaddleOptions options) {
    Optional<GammaPath> path = Optional.ofNullable(gammaPath).map(GammaPath::parse);
    Search.SecondStart second =
        Words.constant("second-start", Search.SecondStart.class, secondStart);
    Optional<Search.Selection> selection =
        select == null ? notSelected() : Optional.of(selection(select, path, options));
    if (selection.isPresent() && warmStart != null) {
      throw new InvalidProblemException(
          WARM_START, warmStart, "a selection starts from the prior; leave it out");
    }
    return new Search(
        selection.isPresent() ? Optional.empty() : path,
        Optional.ofNullable(warmStart).map(SavedFit::start),
        second,
        selection,
        crossCheck,
        audit);
  }

  /** Refuses a warm start from inputs that were pooled or standardized otherwise. */
  void requirePreprocessing(Images images, Standardization own) {
    if (warmStart != null) {
      SavedFit.requirePreprocessing(warmStart, images, own);
    }
  }

  /** Refuses options that do not apply to a solver of finite width. */
  void refuseAtFiniteWidth() {
    String mend = "leave it out: networks of finite width are solved at one gamma and beta";
    if (gammaPath != null) {
      throw new InvalidProblemException("gamma-path", gammaPath, mend);
    }
    if (warmStart != null) {
      throw new InvalidProblemException(WARM_START, warmStart, mend);
    }
    if (select != null) {
      throw new InvalidProblemException("select", select, mend);
    }
    if (crossCheck) {
      throw new InvalidProblemException("cross-check", "given", mend);
    }
    if (audit) {
      throw new InvalidProblemException("audit", "given", mend);
    }
    if (Words.constant("second-start", Search.SecondStart.class, secondStart)
        == Search.SecondStart.YES) {
      throw new InvalidProblemException("second-start", secondStart, mend);
    }
    notSelected();
  }

  /** Options of a selection mean nothing without one. */
  private Optional<Search.Selection> notSelected() {
    refuse("select-by", selectBy);
    refuse("betas", betas);
    refuse("evidence-width", evidenceWidth);
    refuse("validation-fraction", validationFraction);
    return Optional.empty();
  }

  private static void refuse(String option, @Nullable Object value) {
    if (value != null) {
      throw new InvalidProblemException(
          option, value, "it needs --select gamma, beta or gamma,beta beside it");
    }
  }

  private Search.Selection selection(String what, Optional<GammaPath> path, SaddleOptions options) {
    Set<String> wanted = new TreeSet<>(Arrays.asList(what.strip().split("\\s*,\\s*", -1)));
    if (!Set.of("gamma", "beta").containsAll(wanted)) {
      throw new InvalidProblemException("select", what, "use gamma, beta or gamma,beta");
    }
    if (wanted.contains("gamma") && path.isEmpty()) {
      throw new InvalidProblemException(
          "select", what, "give the richnesses to choose among with --gamma-path a:b:n");
    }
    if (wanted.contains("beta") && betas == null) {
      throw new InvalidProblemException(
          "select", what, "give the inverse noises to choose among with --betas B,B,...");
    }
    List<Double> gammas = new ArrayList<>();
    if (wanted.contains("gamma")) {
      for (double g : path.orElseThrow().gammas()) {
        gammas.add(g);
      }
    } else {
      gammas.add(options.gamma());
    }
    Search.Criterion criterion =
        Words.constant(
            "select-by", Search.Criterion.class, selectBy == null ? VALIDATION : selectBy);
    return new Search.Selection(
        criterion,
        gammas,
        wanted.contains("beta") && betas != null ? numbers(betas) : List.of(options.beta()),
        evidenceWidth == null ? 0 : evidenceWidth,
        validationFraction == null ? VALIDATION_FRACTION : validationFraction);
  }

  private static List<Double> numbers(String text) {
    List<Double> numbers = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      try {
        numbers.add(Double.parseDouble(part.strip()));
      } catch (NumberFormatException e) {
        InvalidProblemException invalid =
            new InvalidProblemException("betas", text, "use numbers with commas between");
        invalid.initCause(e);
        throw invalid;
      }
    }
    return numbers;
  }

  /** Records the richness that a path ends at, and defaults of a selection. */
  void resolve(Map<String, Object> options) {
    options.put("select-by", selectBy == null ? VALIDATION : selectBy);
    options.put(
        "validation-fraction",
        validationFraction == null ? VALIDATION_FRACTION : validationFraction);
    if (gammaPath != null && select == null) {
      options.put("gamma", GammaPath.parse(gammaPath).to());
    }
  }
}
