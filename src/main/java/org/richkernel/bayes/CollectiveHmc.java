package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.RandomStreams;

/**
 * Hamiltonian Monte Carlo with the Gaussian prior integrated exactly.
 *
 * <p>H = |x|^2/2 + |p|^2/2 + V(x) is split as in Hilbert-space HMC (Beskos et al. 2011,
 * doi:10.1016/j.spa.2011.06.003): a half kick by V, the exact rotation of the oscillator (x, p), a
 * half kick. The prior, which holds most of the S r degrees of freedom, then causes no energy
 * error, and for smooth activations the step does not shrink with S. ReLU's kinks still cost an
 * error of order step^(3/2) sqrt(rows x P); moving a block of n rows at a time, with v solved again
 * at every step, limits it to that of n rows.
 */
public final class CollectiveHmc {
  /**
   * Relative spread of the random step of each trajectory around the nominal one, against
   * resonances.
   */
  private static final double STEP_JITTER = 0.3;

  private final Backend backend;
  private final long seed;
  private final int chain;
  private final Matrix uniforms;
  private final float[] draws = new float[2];

  private final Observer observer;

  private double acceptanceSum;
  private long trajectories;

  /**
   * Receives a block before its move, with its gradient; there the state of the chain follows the
   * stationary law.
   */
  @FunctionalInterface
  public interface Observer {
    /** Called before each move. */
    void observe(Matrix xi, Matrix gradient);
  }

  /**
   * A sampler for one chain.
   *
   * @param chain index of the chain, part of the key of its random streams
   * @param uniforms scratch, 1 x 2, float32
   */
  public CollectiveHmc(Backend backend, long seed, int chain, Matrix uniforms, Observer observer) {
    this.backend = backend;
    this.seed = seed;
    this.chain = chain;
    this.observer = observer;
    this.uniforms = uniforms;
  }

  /**
   * Moves one block by one trajectory.
   *
   * @param iteration counter of the random streams; each (iteration, block) is used once
   * @param step nominal step, an angle in radians
   * @param leapfrogs number of steps, at least 1
   * @return acceptance probability of the trajectory
   */
  public double move(HmcTarget target, int block, long iteration, double step, int leapfrogs) {
    long first = target.firstSample(block);
    backend.fillUniform(
        seed, RandomStreams.stream(RandomStreams.METROPOLIS, chain, iteration), first, uniforms);
    backend.download(uniforms, draws);
    double angle = step * (1 + STEP_JITTER * (2 * draws[0] - 1));

    target.begin(block);
    Matrix x = target.position();
    Matrix p = target.momentum();
    observer.observe(x, target.gradient());
    backend.fillGaussian(
        seed, RandomStreams.stream(RandomStreams.MOMENTUM, chain, iteration), first, p);
    target.record().noteStart(x, p);

    for (int k = 0; k < leapfrogs; k++) {
      // Two half kicks between rotations are one whole kick.
      backend.kickRotate(k == 0 ? 0.5 * angle : angle, target.gradient(), angle, x, p);
      if (k < leapfrogs - 1) {
        target.evaluate();
      } else {
        target.evaluateAtEnd();
      }
    }
    backend.axpy(-0.5 * angle, target.gradient(), p);
    target.record().noteEnd(x, p);
    if (!Double.isFinite(target.potential())) {
      return record(0);
    }
    double logRatio = target.record().energyAtStart() - target.record().energyAtEnd();
    if (Double.isNaN(logRatio)) {
      return record(0);
    }
    if (Math.log(draws[1]) < logRatio) {
      target.accept();
    }
    return record(Math.exp(Math.min(0, logRatio)));
  }

  private double record(double probability) {
    acceptanceSum += probability;
    trajectories++;
    return probability;
  }

  /** Mean acceptance probability since the last {@link #resetAcceptance()}, NaN without moves. */
  public double acceptance() {
    return acceptanceSum / trajectories;
  }

  /** Resets the acceptance. */
  public void resetAcceptance() {
    acceptanceSum = 0;
    trajectories = 0;
  }

  /** Acceptance counters, for a checkpoint. */
  public double[] state() {
    return new double[] {acceptanceSum, trajectories};
  }

  /** Restores saved counters. */
  public void restore(double[] state) {
    acceptanceSum = state[0];
    trajectories = (long) state[1];
  }
}
