package org.richkernel.lazy;

import org.richkernel.compute.Precision;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.UnresolvedKernelException;

/** Effect of rounding on the readout kernel of a network at initialisation. */
public final class KernelRounding {
  private KernelRounding() {}

  /**
   * Refuses inputs whose readout kernel is not resolved against the ridge that is added to it.
   *
   * @param precision of the fields or features that the kernel is made of
   * @param kappa the ridge
   * @throws UnresolvedKernelException if the unit of rounding times the mean of the kernel's
   *     diagonal is above a tenth of kappa
   */
  public static void requireResolved(
      NetworkSpec network, Inputs inputs, Precision precision, double kappa) {
    double[] diagonal = KernelDiagonals.of(network, inputs).readout(KernelKind.NNGP);
    UnresolvedKernelException.requireSmall(inputs, of(diagonal, precision), kappa);
  }

  /** The unit of rounding times the mean of a kernel's diagonal. */
  static double of(double[] diagonal, Precision precision) {
    double mean = 0;
    for (double value : diagonal) {
      mean += value / diagonal.length;
    }
    return mean * (precision == Precision.FLOAT32 ? 0x1p-24 : 0x1p-53);
  }
}
