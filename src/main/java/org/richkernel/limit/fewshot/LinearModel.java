package org.richkernel.limit.fewshot;

import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.limit.LinearShape;

/**
 * A one-hidden-layer linear network, of infinite width or of a finite one.
 *
 * @param precision of weights and fields; the inner loop of a task is always float64
 */
public record LinearModel(LinearShape shape, int repeat, Precision precision)
    implements FewShotModel {
  /** Name of the limit. */
  public static final String INFINITE = "inf";

  /**
   * Initial weights and bias of the experiment of Yang and Hu (arXiv:2011.14522, section 9.2) at
   * its nearest width below this one: standard deviations of the input layer 1 down to 32 neurons
   * and 1/2 below, of the readout 1/32, 1/8 below 512, 1/4 below 32 and 1/2 below 8; bias
   * multipliers 1, 1/2 below 128, 1 below 32 and 2 below 8.
   *
   * @param width n; empty for the limit
   */
  public static LinearShape published(OptionalInt width, int pixels, int ways) {
    LinearShape limit = LinearShape.limit(pixels, ways).withDeviations(1, 1.0 / 32).withBias(1);
    if (width.isEmpty()) {
      return limit;
    }
    int n = width.getAsInt();
    LinearShape shape = limit.ofWidth(n);
    if (n >= 512) {
      return shape;
    } else if (n >= 32) {
      return shape.withDeviations(1, 1.0 / 8).withBias(n >= 128 ? 1 : 0.5);
    }
    return n >= 8
        ? shape.withDeviations(0.5, 0.25).withBias(1)
        : shape.withDeviations(0.5, 0.5).withBias(2);
  }

  @Override
  public String name() {
    return shape.width().isPresent() ? String.valueOf(shape.width().getAsInt()) : INFINITE;
  }

  @Override
  public MemoryPlan plan(FewShotOptions options, ImagePool training, ImagePool evaluation) {
    return LinearLearner.plan(shape, options, precision);
  }

  @Override
  public MetaLearner start(
      FewShotOptions options,
      MetaRates rates,
      ImagePool training,
      ImagePool evaluation,
      Backend backend,
      Workspace memory) {
    return new LinearLearner(this, options, rates, training, evaluation, backend, memory);
  }
}
