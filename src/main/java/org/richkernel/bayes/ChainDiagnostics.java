package org.richkernel.bayes;

/**
 * Diagnostics of one Markov chain.
 *
 * @param samples S of the chain
 * @param step frozen step, radians
 * @param acceptance mean acceptance probability after burn-in
 * @param autocorrelationTime longest integrated autocorrelation time of its scalars, in sweeps
 * @param sweeps measured sweeps
 * @param devices number of devices that shared its points
 */
public record ChainDiagnostics(
    int samples,
    double step,
    double acceptance,
    double autocorrelationTime,
    long sweeps,
    int devices) {}
