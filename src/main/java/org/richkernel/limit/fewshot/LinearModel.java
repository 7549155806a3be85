package org.richkernel.limit.fewshot;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.limit.LinearShape;

/**
 * A one-hidden-layer linear network, of infinite width or of a finite one.
 *
 * @param precision of weights and fields; a task's inner loop is float64 always
 */
public record LinearModel(LinearShape shape, int repeat, Precision precision)
    implements FewShotModel {
  /** Name of the limit. */
  public static final String INFINITE = "inf";

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
