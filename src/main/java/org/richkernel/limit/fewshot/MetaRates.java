package org.richkernel.limit.fewshot;

/**
 * Step sizes of meta-training.
 *
 * @param inner step size on a task
 * @param meta step size of the outer gradient
 */
public record MetaRates(double inner, double meta) {}
