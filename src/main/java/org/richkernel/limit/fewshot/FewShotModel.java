package org.richkernel.limit.fewshot;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;

/** One of the functions that are compared. */
public interface FewShotModel {
  /** "inf", a width, or a kernel. */
  String name();

  /** Names the network among those of its width. */
  int repeat();

  /** What its learner holds. */
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
