package org.richkernel.bayes;

import java.util.List;
import java.util.Optional;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.sampling.Estimate;

/**
 * What is solved beside the saddle point itself.
 *
 * @param path richnesses to solve for one after the other, ending at the richness of the problem
 * @param start populations of another solve to start from
 * @param second when to start a second time from an aligned state
 * @param selection how to choose richness and noise, if they are to be chosen
 * @param crossCheck whether the solution is compared with that of an independent route, sweeps over
 *     the layers with conjugate kernels
 * @param audit whether a converged solution is also tested by independent neurons at its tilt, and
 *     counts as converged only if it passes
 */
public record Search(
    Optional<GammaPath> path,
    Optional<SavedStart> start,
    SecondStart second,
    Optional<Selection> selection,
    boolean crossCheck,
    boolean audit) {
  /** Checks what excludes each other. */
  public Search {
    if (selection.isPresent() && (crossCheck || audit)) {
      throw new InvalidProblemException(
          crossCheck ? "cross-check" : "audit",
          "given",
          "a selection solves many problems; fit the best one again with the check, or leave it"
              + " out");
    }
  }

  /** A search without a cross-check and without an audit. */
  public Search(
      Optional<GammaPath> path,
      Optional<SavedStart> start,
      SecondStart second,
      Optional<Selection> selection) {
    this(path, start, second, selection, false, false);
  }

  /** When to start a second time from an aligned state and to compare the actions. */
  public enum SecondStart {
    /**
     * Where the linear network of the same initial kernel has, or almost has, several solutions.
     */
    AUTO,
    /** Always; refused where a second solution cannot exist or would be known without. */
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
      for (double gamma : gammas) {
        if (!(gamma >= 0) || Double.isInfinite(gamma)) {
          throw new InvalidProblemException("gamma", gamma, "use finite numbers of at least 0");
        }
      }
      if (gammas.size() * betas.size() < 2) {
        throw new InvalidProblemException(
            "select",
            "among a single candidate",
            "give several with --gamma-path a:b:n or --betas B,B,...");
      }
      long rich = gammas.stream().filter(gamma -> gamma > 0).count() * betas.size();
      if (criterion == Criterion.EVIDENCE && rich < 2) {
        throw new InvalidProblemException(
            "select-by",
            "evidence among " + rich + " candidates of positive richness",
            "richness 0 has no evidence: give several above it with --gamma-path or --gamma, or"
                + " select by validation");
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

  /** The saddle point, from a second start too where a second solution is possible. */
  public static Search usual() {
    return new Search(Optional.empty(), Optional.empty(), SecondStart.AUTO, Optional.empty());
  }

  /** The saddle point alone. */
  public static Search none() {
    return new Search(Optional.empty(), Optional.empty(), SecondStart.NO, Optional.empty());
  }

  /** The same with a cross-check of the solution. */
  public Search withCrossCheck() {
    return new Search(path, start, second, selection, true, audit);
  }

  /** The same with an audit of the solution. */
  public Search withAudit() {
    return new Search(path, start, second, selection, crossCheck, true);
  }

  /**
   * One solution of a path.
   *
   * @param point the solution
   * @param action per neuron, 0 at gamma = 0; its error is that of sampling
   * @param actionGrid what the action changes by when every other point is left out; NaN for few
   *     points
   */
  public record PathRow(PathPoint point, Estimate action, double actionGrid) {}

  /**
   * Where one start has led.
   *
   * @param name "lazy" or "aligned"
   * @param point the solution, without its kernels
   * @param action per neuron with its Monte Carlo error; NaN where both starts agree
   * @param actionGrid error of the quadrature
   * @param wayConverged whether every solve that led here, or that the action is made of, met its
   *     tolerance
   */
  public record StartRow(
      String name, PathPoint point, Estimate action, double actionGrid, boolean wayConverged) {
    /** Monte Carlo error and that of the quadrature together. */
    double totalError() {
      return Math.hypot(action.error(), actionGrid);
    }
  }

  /** What two starts say together. */
  public enum Verdict {
    /** They agree within their errors. */
    ONE_SOLUTION,
    /** They differ, and the actions tell which one holds; the other one is metastable. */
    TWO_SOLUTIONS,
    /** They differ, and the solves or the actions are not good enough to tell which one holds. */
    UNDECIDED
  }

  /**
   * A start from the prior and one from an aligned state.
   *
   * @param verdict what they say together
   * @param alignedNoise noise kappa at which the aligned start was prepared
   * @param gain action of the lazy end less that of the aligned one, with all errors; NaN where
   *     both agree
   * @param lazy where the prior has led
   * @param aligned where the aligned state has led
   */
  public record Starts(
      Verdict verdict, double alignedNoise, Estimate gain, StartRow lazy, StartRow aligned) {
    private static final Estimate UNKNOWN = new Estimate(Double.NaN, Double.NaN);

    static Starts ofOneSolution(double alignedNoise, PathPoint lazy, PathPoint aligned) {
      return new Starts(
          Verdict.ONE_SOLUTION,
          alignedNoise,
          UNKNOWN,
          new StartRow("lazy", lazy, UNKNOWN, Double.NaN, lazy.converged()),
          new StartRow("aligned", aligned, UNKNOWN, Double.NaN, aligned.converged()));
    }

    /**
     * Compares the actions of two solutions.
     *
     * @param decided how many standard errors their difference must exceed to say which one holds
     */
    static Starts ofTwoSolutions(
        double alignedNoise, StartRow lazy, StartRow aligned, double decided) {
      double gain = lazy.action().value() - aligned.action().value();
      double error = Math.hypot(lazy.totalError(), aligned.totalError());
      // A solve that has not converged may be stuck or mix both solutions, whatever its errors say;
      // an unknown error decides nothing.
      boolean known = lazy.wayConverged() && aligned.wayConverged();
      Verdict verdict =
          known && Math.abs(gain) > decided * error ? Verdict.TWO_SOLUTIONS : Verdict.UNDECIDED;
      return new Starts(verdict, alignedNoise, new Estimate(gain, error), lazy, aligned);
    }

    /** The end whose solution is the result: that of the smaller action, as far as it is known. */
    public StartRow chosen() {
      return gain.value() > 0 ? aligned : lazy;
    }

    /** Both ends. */
    public List<StartRow> rows() {
      return List.of(lazy, aligned);
    }
  }

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
      double gamma, double beta, boolean converged, Estimate score, boolean chosen) {}

  /**
   * All that was found.
   *
   * @param options with the richness and noise of the solution
   * @param solution the saddle point
   * @param path the solutions of a path from the prior, empty if none was asked for
   * @param starts the ends of both starts, empty if there was one start
   * @param candidates those of a selection, empty if there was none; the chosen one has converged
   *     if any has
   */
  public record Outcome(
      SaddleOptions options,
      AdaptiveNbkSolution solution,
      List<PathRow> path,
      Optional<Starts> starts,
      List<Candidate> candidates) {
    /**
     * Whether the solution met its tolerance, and is known to be the one that holds; of a
     * selection, also whether what it was chosen for is known.
     */
    public boolean converged() {
      return solution.converged()
          && candidates.stream()
              .filter(Candidate::chosen)
              .allMatch(c -> c.converged() && !Double.isNaN(c.score().value()))
          && starts.map(both -> both.verdict() != Verdict.UNDECIDED).orElse(true);
    }
  }
}
