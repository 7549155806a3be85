/**
 * The saddle point of networks with a smooth activation by sweeps over the layers with conjugate
 * kernels, a method that shares neither the density nor the gradient of the sampler of {@link
 * org.richkernel.bayes} and so can check it (saddle equations of Lauditi, Bordelon and Pehlevan,
 * arXiv:2502.07998).
 *
 * <p>With the conjugate kernels T^l held fixed the samples of a layer are independent,
 *
 * <pre>
 *   Phi^l = &lt; phi phi^T &gt;   under   N(h; 0, Sigma^l) exp(-E),   E = phi(h)^T T^l phi(h) / 2,
 *   Sigma^l = g_{l-1} Phi^{l-1} + g_b,     T^{l-1} = g_{l-1} B^l,   B^l = -2 d ln Z^l / d Sigma^l,
 *   T^L = -gamma^2 g_L v v^T,              v = (g_L Phi^L + kappa)^{-1} Y.</pre>
 *
 * <p>With v of a solution in place of the last equation, independent samples of one layer test
 * whether that solution is the saddle point: {@link SaddleAudit}.
 */
package org.richkernel.bayes.sweep;
