/**
 * Networks of finite width in standard scaling near the edge of chaos: response functions and depth
 * scales, the first-order response of the kernels to the data, and the kernels of maximum a
 * posteriori at finite width (Fischer et al. 2024, arXiv:2405.10761).
 *
 * <p>C^l denotes the covariance of the preactivations of layer l + 1 (l = 0 .. L - 1) and C^L the
 * readout kernel: C^0 = g_0 X X^T / D + g_b, C^l = g_b + g_l E[phi phi^T].
 */
package org.richkernel.bayes.critical;
