package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Proposals of jumps between wells from a fixed {@link WellMixture} for the neurons of a block,
 * with their Metropolis decisions ("Sampling the saddle and certifying it", section 3). The caller
 * supplies the change of the target density.
 */
public final class WellProposals {
  private final Backend backend;
  private final Matrix uniforms; // b x 2
  private final Matrix fields; // 2b x r: own, then proposed

  /**
   * The random streams of proposals; each neuron uses them once.
   *
   * @param seed the key
   * @param choice stream of the choices of a well and of the decisions
   * @param field stream of the positions in a well
   */
  public record Draw(long seed, long choice, long field) {}

  /**
   * @param memory with the matrices of {@link #plan}
   */
  public WellProposals(Backend backend, Workspace memory) {
    this.backend = backend;
    uniforms = memory.get("uniforms of jumps");
    fields = memory.get("fields of jumps");
  }

  /**
   * Adds the scratch of proposals to a plan.
   *
   * @param rows b, of the largest block
   * @param rank r
   */
  public static void plan(MemoryPlan plan, int rows, int rank) {
    plan.add("uniforms of jumps", Precision.FLOAT32, rows, 2)
        .add("fields of jumps", Precision.FLOAT32, 2 * rows, rank);
  }

  /**
   * Proposes a jump to every neuron of a block.
   *
   * @param own their whitened fields, b x r; only {@link Block#takeUp} changes them
   * @param first index of the first of them among all neurons of the draw
   */
  public Block propose(Matrix own, WellMixture mixture, Draw draw, long first) {
    return new Block(own, mixture, draw, first);
  }

  /** Proposals to one block, valid until the next proposals. */
  public final class Block {
    private final Matrix own;
    private final WellMixture mixture;
    private final int rank;
    private final float[] kept;
    private final float[] proposed;
    private final float[] draws;

    private Block(Matrix own, WellMixture mixture, Draw draw, long first) {
      this.own = own;
      this.mixture = mixture;
      rank = own.columns();
      int b = own.rows();
      kept = new float[b * rank];
      proposed = new float[b * rank];
      draws = new float[2 * b];
      Matrix target = fields.rowRange(b, b);
      Matrix random = uniforms.rowRange(0, b);
      backend.download(own, kept);
      backend.fillUniform(draw.seed(), draw.choice(), first, random);
      backend.download(random, draws);
      backend.fillGaussian(draw.seed(), draw.field(), first, target);
      backend.download(target, proposed);
      for (int i = 0; i < b; i++) {
        mixture.draw(draws[2 * i], proposed, i * rank);
      }
      backend.copy(own, fields.rowRange(0, b));
      backend.upload(proposed, target);
    }

    /** The present fields and, below them, the proposed ones, 2b x r. */
    public Matrix fields() {
      return fields.rowRange(0, 2 * own.rows());
    }

    /**
     * Metropolis decision on the jump of neuron i, which keeps the target density invariant.
     *
     * @param gain increase of the logarithm of the target relative to the prior
     */
    public boolean decide(int i, double gain) {
      int at = i * rank;
      // The prior cancels: both densities of the proposal are relative to it.
      double logRatio =
          gain + mixture.logRatioToPrior(kept, at) - mixture.logRatioToPrior(proposed, at);
      boolean accepted = Math.log(draws[2 * i + 1]) < logRatio;
      if (accepted) {
        System.arraycopy(proposed, at, kept, at, rank);
      }
      return accepted;
    }

    /** Moves the neurons with accepted jumps. */
    public void takeUp() {
      backend.upload(kept, own);
    }
  }
}
