package org.richkernel.bayes;

import org.richkernel.stack.Conditions;

/**
 * How richness and noise change during burn-in: both move from where the start was in equilibrium
 * to where the solve is, then stay. Rich chains go beyond the richness and come back.
 *
 * <p>A prior draw at full richness would turn its excess energy into heat, which can condense the
 * population; the richness rises slowly instead.
 *
 * @param from where the start is in equilibrium: at richness 0 for a draw of the prior
 * @param to those of the solve
 * @param rise sweeps of the change
 * @param settle sweeps after it
 */
record Annealing(Conditions from, Conditions to, int rise, int settle) {
  /** Richness that rich chains come down from, in units of that of the solve. */
  private static final double RICH = 1.25;

  /** From a draw of the prior; deep networks make one move per sweep and take more of them. */
  static Annealing fromPrior(int layers, SaddleOptions options) {
    int rise = layers == 1 ? 20 : 60;
    int settle = layers == 1 ? 40 : 60;
    return new Annealing(new Conditions(0, options.kappa()), options.conditions(), rise, settle);
  }

  /** From the end of another solve; half as long where richness and noise are the same. */
  static Annealing from(WarmStart start, int layers, SaddleOptions options) {
    Conditions from = new Conditions(start.gamma(), start.kappa());
    Conditions to = options.conditions();
    int change = layers == 1 ? 15 : 20;
    int rise = from.equals(to) ? (change + 1) / 2 : change;
    return new Annealing(from, to, rise, 2 * rise);
  }

  /** Sweeps of the burn-in. */
  int sweeps() {
    return rise + settle;
  }

  /**
   * Richness and noise at a sweep of the burn-in, 1 for the first.
   *
   * @param rich whether the chain goes beyond the richness of the solve
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

  /** Whether wells are looked for after a sweep: once all chains are at the richness, and again. */
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
