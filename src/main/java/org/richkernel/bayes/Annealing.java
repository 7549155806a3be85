package org.richkernel.bayes;

import org.richkernel.stack.Conditions;

/**
 * Course of richness and noise during burn-in: both move from the conditions of the start to those
 * of the solve, then stay. Rich chains overshoot the richness and come back.
 *
 * <p>At full richness the excess energy of a prior draw would become heat, which can condense the
 * population, so the richness rises slowly.
 *
 * @param from conditions of equilibrium of the start: richness 0 for a draw of the prior
 * @param to conditions of the solve
 * @param rise number of sweeps of the change
 * @param settle number of sweeps after it
 */
record Annealing(Conditions from, Conditions to, int rise, int settle) {
  /** Largest richness of rich chains, in units of that of the solve. */
  private static final double RICH = 1.25;

  /**
   * Burn-in from a draw of the prior; deep networks make one move per sweep and need more sweeps.
   */
  static Annealing fromPrior(int layers, SaddleOptions options) {
    int rise = layers == 1 ? 20 : 60;
    int settle = layers == 1 ? 40 : 60;
    return new Annealing(new Conditions(0, options.kappa()), options.conditions(), rise, settle);
  }

  /** Burn-in from the end of another solve. */
  static Annealing from(WarmStart start, int layers, SaddleOptions options) {
    int rise = layers == 1 ? 15 : 20;
    return new Annealing(
        new Conditions(start.gamma(), start.kappa()), options.conditions(), rise, 2 * rise);
  }

  /** Number of sweeps of the burn-in. */
  int sweeps() {
    return rise + settle;
  }

  /**
   * Richness and noise at a sweep of the burn-in, 1 for the first.
   *
   * @param rich whether the chain overshoots the richness of the solve
   */
  Conditions at(long sweep, boolean rich) {
    return new Conditions(richness(sweep, rich), noise(sweep));
  }

  private double richness(long sweep, boolean rich) {
    double gamma = to.gamma();
    double top = rich ? RICH * gamma : gamma;
    if (sweep < rise) {
      return from.gamma() + (top - from.gamma()) * sweep / rise;
    }
    double back = Math.min(1, 2.0 * (sweep - rise) / rise);
    return back == 1 ? gamma : top + (gamma - top) * back;
  }

  /**
   * Whether to search for wells after a sweep: when all chains have reached the richness, and once
   * more.
   */
  boolean isSearched(long sweep) {
    int there = rise + (rise + 1) / 2;
    return sweep == there || sweep == (there + sweeps()) / 2;
  }

  private double noise(long sweep) {
    return sweep >= rise
        ? to.kappa()
        : from.kappa() * Math.exp(Math.log(to.kappa() / from.kappa()) * sweep / rise);
  }
}
