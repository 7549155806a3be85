package org.richkernel.limit.fewshot;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;

/** A model of a comparison of few-shot learners: a linear network or a kernel at initialisation. */
public interface FewShotModel {
  /** "inf", a width, or a kernel. */
  String name();

  /** Index of the network among those of its width. */
  int repeat();

  /** Peak memory of its learner. */
  MemoryPlan plan(FewShotOptions options, ImagePool training, ImagePool evaluation);

  /** A learner at its start. */
  MetaLearner start(
      FewShotOptions options,
      MetaRates rates,
      ImagePool training,
      ImagePool evaluation,
      Backend backend,
      Workspace memory);
}
