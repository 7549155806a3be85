/**
 * Networks with one hidden layer of finite width N between standard (chi = 1) and mean-field (chi =
 * N) scaling: tree level, one loop, kernel rescaling and, for linear networks, the exact posterior
 * (Rubin et al. 2025, arXiv:2502.03210).
 *
 * <p>The readout has variance g / (chi N) and the noise kappa / chi, so that gamma^2 = chi / N in
 * the terms of the other theories. C denotes the readout kernel at infinite width.
 */
package org.richkernel.bayes.multiscale;
