/**
 * Static theory: the Bayesian saddle point of infinitely wide networks that learn features.
 *
 * <p>With the readout integrated out, y ~ N(0, (g_L Phi^L + kappa) / (gamma^2 N)), so the posterior
 * of the hidden preactivations needs no weights: whitened fields xi in R^{S x r} with h = xi F^T
 * and F F^T = Sigma follow
 *
 * <pre>  E = |xi|^2 / 2 + (S gamma^2 / 2) tr Y^T (g_L Phi^L + kappa)^{-1} Y
 *        + (d K / 2) ln det(g_L Phi^L + kappa),        Phi^L = phi(h)^T phi(h) / S.</pre>
 *
 * For S to infinity with d = 0 it concentrates on the saddle point of the adaptive neural Bayesian
 * kernel (aNBK; Lauditi, Bordelon and Pehlevan, arXiv:2502.07998); with S = N and d = 1 it is the
 * exact posterior of a network of width N.
 */
package org.richkernel.bayes;
