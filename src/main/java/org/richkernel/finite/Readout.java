package org.richkernel.finite;

/** Treatment of the readout weights by a sampler of the weights. */
public enum Readout {
  /**
   * The readout is integrated out exactly, y ~ N(0, (g Phi + kappa) / (gamma^2 N)); only the hidden
   * weights are sampled. Same posterior, larger steps.
   */
  INTEGRATED,
  /** The readout is sampled with the hidden weights. */
  SAMPLED
}
