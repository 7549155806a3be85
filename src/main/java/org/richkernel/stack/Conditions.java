package org.richkernel.stack;

/**
 * Richness and noise that a population of samples feels; both move while a start is annealed.
 *
 * @param gamma richness, at least 0
 * @param kappa noise level 1/beta, positive
 */
public record Conditions(double gamma, double kappa) {}
