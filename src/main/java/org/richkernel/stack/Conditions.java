package org.richkernel.stack;

/**
 * Richness and noise in the posterior of a population of samples; annealing of a start changes
 * both.
 *
 * @param gamma richness, at least 0
 * @param kappa noise level 1/beta, positive
 */
public record Conditions(double gamma, double kappa) {}
