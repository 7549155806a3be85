/**
 * Dynamical theory: gradient descent of infinitely wide networks that learn features.
 *
 * <p>h^1 = W^0 x / sqrt(D), h^{l+1} = W^l phi(h^l) / sqrt(N), f = w . phi(h^L) / (gamma N), all
 * weights N(0, 1) at the start; each step is theta &lt;- (1 - eta lambda) theta - eta N gamma^2
 * dLoss/dtheta. For N to infinity the neurons of a layer become independent samples of a stochastic
 * process whose averages are the order parameters: feature kernels Phi^l(t, s), gradient kernels
 * G^l(t, s), and the responses A^l and B^l (Bordelon and Pehlevan, arXiv:2205.09653). The theory is
 * exact for discrete steps: f = &lt;z^L phi(h^L)&gt; / gamma, not an integral over the tangent
 * kernel.
 *
 * <p>With K outputs there are K readouts, f_k = w_k . phi(h^L) / (gamma N), and K backward fields
 * z_k; the errors of all outputs are added in the loss. With mini-batches the error of a point is
 * zero outside the batch of a step ({@link org.richkernel.network.BatchSchedule}). Test points
 * evolve but do not train.
 */
package org.richkernel.dynamics;
