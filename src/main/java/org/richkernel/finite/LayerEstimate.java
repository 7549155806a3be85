package org.richkernel.finite;

/**
 * Alignment, trace and norm of the mean feature kernel Phi (P x P) of one hidden layer, with their
 * standard errors.
 *
 * @param alignment tr Y^T Phi Y / (|Phi|_F |Y|^2)
 * @param trace Tr(Phi) / P
 * @param frobenius |Phi|_F
 */
public record LayerEstimate(
    double alignment,
    double alignmentError,
    double trace,
    double traceError,
    double frobenius,
    double frobeniusError) {}
