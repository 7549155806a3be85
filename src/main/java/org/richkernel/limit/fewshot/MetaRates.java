package org.richkernel.limit.fewshot;

/**
 * Step sizes of a curve.
 *
 * @param inner on a task
 * @param meta of the outer gradient
 */
public record MetaRates(double inner, double meta) {}
