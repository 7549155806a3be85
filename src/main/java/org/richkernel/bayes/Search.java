package org.richkernel.bayes;

import java.util.List;
import java.util.Optional;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.sampling.Estimate;

/**
 * Additional solves of a fit: paths, starts, selection and checks.
 *
 * @param path richnesses to solve for one after the other, ending at the richness of the problem
 * @param start populations of another solve to start from
 * @param second condition for a second start from an aligned state
 * @param selection of richness and noise; empty for fixed ones
 * @param crossCheck whether to compare the solution with an independent method, sweeps over the
 *     layers with conjugate kernels
 * @param audit whether to test a converged solution by independent neurons at its tilt; it counts
 *     as converged only if it passes
 */
public record Search(
    Optional<GammaPath> path,
    Optional<SavedStart> start,
    SecondStart second,
    Optional<Selection> selection,
    boolean crossCheck,
    boolean audit) {
  /**
   * Checks that the parts are compatible.
   *
   * @throws InvalidProblemException for a selection with a cross-check or an audit
   */
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

  /** Condition for a second start from an aligned state with a comparison of the actions. */
  public enum SecondStart {
    /** If the linear network of the same initial kernel has, or almost has, several solutions. */
    AUTO,
    /** Always; refused if a second solution cannot exist or is known from a closed form. */
    YES,
    /** Never. */
    NO
  }

  /** Criterion of the choice of richness and noise. */
  public enum Criterion {
    /** The largest log evidence of a network of a given width. */
    EVIDENCE,
    /** The smallest loss on points held out of the training set. */
    VALIDATION
  }

  /**
   * Choice of richness and noise.
   *
   * @param criterion of the choice
   * @param gammas candidates
   * @param betas candidates
   * @param width N of the network of the evidence; 0 for validation
   * @param validationFraction fraction of the training points held out for validation
   */
  public record Selection(
      Criterion criterion,
      List<Double> gammas,
      List<Double> betas,
      int width,
      double validationFraction) {
    /**
     * Checks the numbers.
     *
     * @throws InvalidProblemException naming the first invalid one
     */
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

  /** The saddle point, with a second start if a second solution is possible. */
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
   * @param actionGrid change of the action without every other point; NaN for few points
   */
  public record PathRow(PathPoint point, Estimate action, double actionGrid) {}

  /**
   * Solution of one start.
   *
   * @param name "lazy" or "aligned"
   * @param point the solution, without its kernels
   * @param action per neuron with its Monte Carlo error; NaN if both starts agree
   * @param actionGrid error of the quadrature
   * @param wayConverged whether every solve on the way to this solution and of its action met the
   *     tolerance
   */
  public record StartRow(
      String name, PathPoint point, Estimate action, double actionGrid, boolean wayConverged) {
    /** Monte Carlo error and quadrature error together. */
    double totalError() {
      return Math.hypot(action.error(), actionGrid);
    }
  }

  /** Comparison of two starts. */
  public enum Verdict {
    /** They agree within their errors. */
    ONE_SOLUTION,
    /** They differ, and the actions decide which one is stable; the other one is metastable. */
    TWO_SOLUTIONS,
    /** They differ, and the solves or the actions are too inexact to decide which one is stable. */
    UNDECIDED
  }

  /**
   * A start from the prior and one from an aligned state.
   *
   * @param verdict of the comparison
   * @param alignedNoise noise kappa at which the aligned start was prepared
   * @param gain action of the lazy end minus that of the aligned one, with all errors; NaN if both
   *     agree
   * @param lazy solution from the prior
   * @param aligned solution from the aligned state
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
     * @param decided number of standard errors that their difference must exceed for a decision
     */
    static Starts ofTwoSolutions(
        double alignedNoise, StartRow lazy, StartRow aligned, double decided) {
      double gain = lazy.action().value() - aligned.action().value();
      double error = Math.hypot(lazy.totalError(), aligned.totalError());
      // A solve that has not converged may be stuck or mix both solutions at any error estimate; an
      // unknown error decides nothing.
      boolean known = lazy.wayConverged() && aligned.wayConverged();
      Verdict verdict =
          known && Math.abs(gain) > decided * error ? Verdict.TWO_SOLUTIONS : Verdict.UNDECIDED;
      return new Starts(verdict, alignedNoise, new Estimate(gain, error), lazy, aligned);
    }

    /** The end whose solution is the result: the one of smaller action, if known. */
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
   * Result of all solves.
   *
   * @param options with the richness and noise of the solution
   * @param solution the saddle point
   * @param path solutions of a path from the prior, empty without a path
   * @param starts solutions of both starts, empty for one start
   * @param candidates of a selection, empty without one; the chosen one has converged if any has
   */
  public record Outcome(
      SaddleOptions options,
      AdaptiveNbkSolution solution,
      List<PathRow> path,
      Optional<Starts> starts,
      List<Candidate> candidates) {
    /**
     * Whether the solution met its tolerance and is known to be the stable one; with a selection
     * also whether its score is known.
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
