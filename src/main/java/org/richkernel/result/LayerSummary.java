package org.richkernel.result;

import java.util.OptionalDouble;

/**
 * Numbers of the feature kernel Phi of one hidden layer.
 *
 * @param layer 1 for the first hidden layer
 * @param alignment y^T Phi y / (|Phi|_F |y|^2)
 * @param trace Tr(Phi) / P
 * @param frobenius |Phi|_F
 */
public record LayerSummary(
    int layer,
    OptionalDouble alignment,
    OptionalDouble alignmentStandardError,
    OptionalDouble trace,
    OptionalDouble traceStandardError,
    OptionalDouble frobenius,
    OptionalDouble frobeniusStandardError) {

  /** Numbers without errors. */
  public static LayerSummary of(int layer, double alignment, double trace, double frobenius) {
    OptionalDouble none = OptionalDouble.empty();
    return new LayerSummary(
        layer, Present.of(alignment), none, Present.of(trace), none, Present.of(frobenius), none);
  }

  /** The same with standard errors of alignment, trace and Frobenius norm; NaN for unknown. */
  public LayerSummary withStandardErrors(
      double alignmentError, double traceError, double frobeniusError) {
    return new LayerSummary(
        layer,
        alignment,
        Present.of(alignmentError),
        trace,
        Present.of(traceError),
        frobenius,
        Present.of(frobeniusError));
  }
}
