package org.richkernel.finite;

/** What a sampler of the weights does with those of the readout. */
public enum Readout {
  /**
   * The readout is integrated out exactly, y ~ N(0, (g Phi + kappa) / (gamma^2 N)); only the hidden
   * weights are sampled. Same posterior, larger steps.
   */
  INTEGRATED,
  /** The readout is sampled with the hidden weights. */
  SAMPLED
}
