package org.richkernel.lazy;

/** Which kernel at initialisation the predictor uses. */
public enum KernelKind {
  /**
   * The covariance of the outputs of a random network (Lee et al. 2018, arXiv:1711.00165): g_L
   * Phi^L.
   */
  NNGP,
  /**
   * The neural tangent kernel (Jacot et al. 2018, arXiv:1806.07572), all weights and biases
   * trained: Theta^1 = Sigma^1, Theta^{l+1} = Sigma^{l+1} + g_l Theta^l o Phidot^l, read out
   * without a bias as g_L Phi^L + g_L Theta^L o Phidot^L.
   */
  NTK
}
