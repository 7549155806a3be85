package org.richkernel.bayes;

/**
 * How one Markov chain fared.
 *
 * @param samples S of the chain
 * @param step frozen step, radians
 * @param acceptance mean acceptance probability after burn-in
 * @param autocorrelationTime longest integrated autocorrelation time of its scalars, in sweeps
 * @param sweeps measured sweeps
 * @param devices that held its points among them
 */
public record ChainDiagnostics(
    int samples,
    double step,
    double acceptance,
    double autocorrelationTime,
    long sweeps,
    int devices) {}
