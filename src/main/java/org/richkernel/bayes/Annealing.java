package org.richkernel.bayes;

/**
 * How richness and noise change during burn-in: both move from where the start was in equilibrium
 * to where the solve is, then stay.
 *
 * <p>A prior draw at full richness would turn its excess energy into heat, which can condense the
 * population; the richness rises slowly instead.
 *
 * @param fromGamma richness of the start, 0 for a draw of the prior
 * @param gamma richness of the solve
 * @param fromKappa noise of the start
 * @param kappa noise of the solve
 * @param rise sweeps of the change
 * @param settle sweeps after it
 */
record Annealing(
    double fromGamma, double gamma, double fromKappa, double kappa, int rise, int settle) {
  /** From a draw of the prior; deep networks make one move per sweep and take more of them. */
  static Annealing fromPrior(int layers, SaddleOptions options) {
    int half = layers == 1 ? 20 : 60;
    return new Annealing(0, options.gamma(), options.kappa(), options.kappa(), half, half);
  }

  /** From the end of another solve. */
  static Annealing from(WarmStart start, int layers, SaddleOptions options) {
    int half = layers == 1 ? 15 : 20;
    return new Annealing(
        start.gamma(), options.gamma(), start.kappa(), options.kappa(), half, half);
  }

  /** Sweeps of the burn-in. */
  int sweeps() {
    return rise + settle;
  }

  /** Richness at a sweep of the burn-in, 1 for the first. */
  double gamma(long sweep) {
    return sweep >= rise ? gamma : fromGamma + (gamma - fromGamma) * sweep / rise;
  }

  /** Noise at a sweep of the burn-in. */
  double kappa(long sweep) {
    return sweep >= rise ? kappa : fromKappa * Math.exp(Math.log(kappa / fromKappa) * sweep / rise);
  }
}
