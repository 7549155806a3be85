package org.richkernel.limit.fewshot;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;

/** A function in the space of a kernel at initialisation, whose features do not move. */
public record KernelModel(ImageKernel kernel) implements FewShotModel {
  @Override
  public String name() {
    return kernel.kind().id();
  }

  @Override
  public int repeat() {
    return 0;
  }

  @Override
  public MemoryPlan plan(FewShotOptions options, ImagePool training, ImagePool evaluation) {
    return KernelLearner.plan(options, training, evaluation);
  }

  @Override
  public MetaLearner start(
      FewShotOptions options,
      MetaRates rates,
      ImagePool training,
      ImagePool evaluation,
      Backend backend,
      Workspace memory) {
    return new KernelLearner(this, options, rates, training, evaluation, backend, memory);
  }
}
