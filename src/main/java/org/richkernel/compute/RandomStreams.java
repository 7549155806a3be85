package org.richkernel.compute;

/**
 * Names of independent random streams: 64 bits made of a purpose (8 bits), a chain or layer (16
 * bits) and an iteration (40 bits), so that no two draws of one run share a counter.
 */
public final class RandomStreams {
  /** Start of a population of preactivations. */
  public static final int INITIAL_FIELD = 1;

  /** Momentum refreshment. */
  public static final int MOMENTUM = 2;

  /** Metropolis decisions and step jitter. */
  public static final int METROPOLIS = 3;

  /** Conditional noise of test points. */
  public static final int TEST_POINT = 4;

  /** Fresh samples of a certificate. */
  public static final int CERTIFICATE = 5;

  /** Start of the samples of a sweep over the layers. */
  public static final int SWEEP_FIELD = 6;

  /** Momenta of their moves. */
  public static final int SWEEP_MOMENTUM = 7;

  /** Metropolis decisions of their moves. */
  public static final int SWEEP_DECISION = 8;

  /** Samples of a response of kernels to first order. */
  public static final int RESPONSE_FIELD = 9;

  /** Starts of a search of wells. */
  public static final int WELL_START = 10;

  /** Choices of a well, and decisions on jumps into it. */
  public static final int WELL_CHOICE = 11;

  /** Where in a well a jump ends. */
  public static final int WELL_FIELD = 12;

  /** Start of the independent neurons of an audit. */
  public static final int AUDIT_FIELD = 13;

  /** Momenta of their moves. */
  public static final int AUDIT_MOMENTUM = 14;

  /** Metropolis decisions of their moves. */
  public static final int AUDIT_DECISION = 15;

  /** Gaussian part of the preactivations of a dynamical theory, and the start of its neurons. */
  public static final int DYNAMICS_PREACTIVATION = 16;

  /** Gaussian part of the backward fields of a dynamical theory, readout weights included. */
  public static final int DYNAMICS_BACKWARD_FIELD = 17;

  /** Initial weights of a finite network that is trained by gradient descent. */
  public static final int FINITE_WEIGHTS = 18;

  /** Starts of an audit's search of wells. */
  public static final int AUDIT_WELL_START = 19;

  /** Choices of a well by the neurons of an audit, and decisions on jumps into it. */
  public static final int AUDIT_WELL_CHOICE = 20;

  /** Where in a well their jumps end. */
  public static final int AUDIT_WELL_FIELD = 21;

  /** Initial weights of networks of several widths, and the points that they are trained on. */
  public static final int SCALING_WEIGHTS = 22;

  /** Initial weights of a one-hidden-layer linear network. */
  public static final int LINEAR_WEIGHTS = 23;

  /** Tasks of few-shot learning: their classes and images. */
  public static final int FEW_SHOT_TASKS = 24;

  /** Windows, subsampling and negative draws of word embeddings; the iteration is the epoch. */
  public static final int WORD_DRAWS = 26;

  /** Initial rows of word embeddings of finite width. */
  public static final int WORD_ROWS = 27;

  /** Draw of the inducing points of a kernel. */
  public static final int INDUCING_POINTS = 28;

  /** Start of the chains over the weights of a finite network. */
  public static final int POSTERIOR_WEIGHTS = 40;

  /** First-layer noise at test points, which the training inputs do not determine. */
  public static final int POSTERIOR_TEST_POINT = 41;

  /** Conditional noise of the sites of new images. */
  public static final int IMAGE_FIELD = 42;

  /** Weights of convolutional layers whose fields are known. */
  public static final int CHANNEL_WEIGHTS = 43;

  /** First-layer weights on directions that the inputs of an earlier solve did not span. */
  public static final int UNSEEN_WEIGHTS = 44;

  private RandomStreams() {}

  /**
   * The stream of one purpose, chain and iteration.
   *
   * @param purpose 0 to 255
   * @param chain 0 to 65535
   * @param iteration 0 to 2^40 - 1
   */
  public static long stream(int purpose, int chain, long iteration) {
    if ((purpose & ~0xff) != 0 || (chain & ~0xffff) != 0 || (iteration & ~0xff_ffff_ffffL) != 0) {
      throw new IllegalArgumentException(
          "no such stream: purpose " + purpose + ", chain " + chain + ", iteration " + iteration);
    }
    return ((long) purpose << 56) | ((long) chain << 40) | iteration;
  }
}
