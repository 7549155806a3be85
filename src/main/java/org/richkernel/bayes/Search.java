package org.richkernel.bayes;

import java.util.List;
import java.util.Optional;
import org.richkernel.network.InvalidProblemException;

/**
 * What is solved beside the saddle point itself.
 *
 * @param path richnesses to solve for one after the other, ending at the richness of the problem
 * @param start populations of another solve to start from
 * @param second when to start a second time from an aligned state
 * @param selection how to choose richness and noise, if they are to be chosen
 * @param crossCheck whether the solution is compared with that of an independent route, sweeps over
 *     the layers with conjugate kernels
 */
public record Search(
    Optional<GammaPath> path,
    Optional<Populations> start,
    SecondStart second,
    Optional<Selection> selection,
    boolean crossCheck) {
  /** Checks what excludes each other. */
  public Search {
    if (crossCheck && selection.isPresent()) {
      throw new InvalidProblemException(
          "cross-check",
          "given",
          "a selection solves many problems; fit the best one again with the check, or leave it"
              + " out");
    }
  }

  /** A search without a cross-check. */
  public Search(
      Optional<GammaPath> path,
      Optional<Populations> start,
      SecondStart second,
      Optional<Selection> selection) {
    this(path, start, second, selection, false);
  }

  /** When to start a second time from an aligned state and to compare the actions. */
  public enum SecondStart {
    /** Where noise is not small against what the initial kernel makes of the targets. */
    AUTO,
    /** Always. */
    YES,
    /** Never. */
    NO
  }

  /** By what richness and noise are chosen. */
  public enum Criterion {
    /** The log evidence of a network of a given width, the larger the better. */
    EVIDENCE,
    /** The loss on points held out of the training set, the smaller the better. */
    VALIDATION
  }

  /**
   * How to choose richness and noise.
   *
   * @param criterion what is compared
   * @param gammas candidates
   * @param betas candidates
   * @param width N of the network whose evidence is meant; 0 for validation
   * @param validationFraction share of the training points that is held out for validation
   */
  public record Selection(
      Criterion criterion,
      List<Double> gammas,
      List<Double> betas,
      int width,
      double validationFraction) {
    /** Checks the numbers. */
    public Selection {
      gammas = List.copyOf(gammas);
      betas = List.copyOf(betas);
      if (gammas.size() * betas.size() < 2) {
        throw new InvalidProblemException(
            "select",
            "among a single candidate",
            "give several with --gamma-path a:b:n or --betas B,B,...");
      }
      if (criterion == Criterion.EVIDENCE && width < 1) {
        throw new InvalidProblemException(
            "evidence-width",
            width,
            "give the width N of the network whose evidence is meant, at least 1");
      }
      if (criterion == Criterion.VALIDATION
          && !(validationFraction > 0 && validationFraction < 1)) {
        throw new InvalidProblemException(
            "validation-fraction", validationFraction, "use a number between 0 and 1");
      }
      for (double beta : betas) {
        if (!(beta > 0) || Double.isInfinite(beta)) {
          throw new InvalidProblemException("betas", beta, "use positive finite numbers");
        }
      }
    }
  }

  /** The saddle point alone. */
  public static Search none() {
    return new Search(Optional.empty(), Optional.empty(), SecondStart.NO, Optional.empty());
  }

  /** The same with a cross-check of the solution. */
  public Search withCrossCheck() {
    return new Search(path, start, second, selection, true);
  }

  /**
   * One solution of a path.
   *
   * @param point the solution
   * @param action per neuron, 0 at gamma = 0; its error is that of sampling
   * @param actionGrid what the action changes by when every other point is left out; NaN for few
   *     points
   */
  public record PathRow(PathPoint point, AdaptiveNbkSolution.Estimate action, double actionGrid) {}

  /**
   * Where one start has led.
   *
   * @param name "lazy" or "aligned"
   * @param point the solution
   * @param action per neuron
   * @param actionGrid error of the quadrature
   * @param chosen whether this is the solution of least action
   */
  public record StartRow(
      String name,
      PathPoint point,
      AdaptiveNbkSolution.Estimate action,
      double actionGrid,
      boolean chosen) {}

  /**
   * A candidate of a selection.
   *
   * @param gamma richness
   * @param beta inverse noise
   * @param converged whether its certificate met the tolerance
   * @param score log evidence or validation loss, with its standard error
   * @param chosen whether it is the best one
   */
  public record Candidate(
      double gamma,
      double beta,
      boolean converged,
      AdaptiveNbkSolution.Estimate score,
      boolean chosen) {}

  /**
   * All that was found.
   *
   * @param options with the richness and noise of the solution
   * @param solution the saddle point
   * @param path the solutions of a path, empty if none was asked for
   * @param starts the ends of both starts, empty if there was one start
   * @param candidates those of a selection, empty if there was none
   */
  public record Outcome(
      SaddleOptions options,
      AdaptiveNbkSolution solution,
      List<PathRow> path,
      List<StartRow> starts,
      List<Candidate> candidates) {}
}
