package org.richkernel.compute.cuda;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** Expectations of activations over Gaussian pairs: closed forms and Hermite series. */
final class InitialKernels {
  private final KernelLauncher launcher;

  InitialKernels(KernelLauncher launcher) {
    this.launcher = launcher;
  }

  void dualActivation(
      Activation f,
      CudaMatrix covariance,
      CudaMatrix rowVariance,
      CudaMatrix columnVariance,
      CudaMatrix value,
      CudaMatrix slope) {
    Operands.closedDual("dualActivation", f);
    Operands.precision("dualActivation", Precision.FLOAT64, covariance);
    Operands.alike("dualActivation", covariance, value);
    Operands.alike("dualActivation", covariance, slope);
    Operands.samePrecision("dualActivation", covariance, rowVariance);
    Operands.samePrecision("dualActivation", covariance, columnVariance);
    Operands.shape("dualActivation", rowVariance, covariance.rows(), 1);
    Operands.shape("dualActivation", columnVariance, covariance.columns(), 1);
    if (covariance.isEmpty()) {
      return;
    }
    shape(covariance)
        .add(f.number())
        .add(f.parameter(), Precision.FLOAT64)
        .add(covariance)
        .add(rowVariance)
        .add(columnVariance)
        .add(value)
        .add(slope);
    launcher.overRectangle(
        Kernel.DUAL_ACTIVATION, Precision.FLOAT64, value.rows(), value.columns(), 1);
  }

  void dualSeries(
      CudaMatrix rowCoefficients,
      CudaMatrix columnCoefficients,
      CudaMatrix correlation,
      CudaMatrix value,
      CudaMatrix slope) {
    Operands.precision("dualSeries", Precision.FLOAT64, correlation);
    Operands.alike("dualSeries", correlation, value);
    Operands.alike("dualSeries", correlation, slope);
    Operands.samePrecision("dualSeries", correlation, rowCoefficients);
    Operands.samePrecision("dualSeries", correlation, columnCoefficients);
    int terms = rowCoefficients.columns();
    Operands.shape("dualSeries", rowCoefficients, correlation.rows(), terms);
    Operands.shape("dualSeries", columnCoefficients, correlation.columns(), terms);
    if (correlation.isEmpty()) {
      return;
    }
    shape(correlation)
        .add(terms)
        .add(rowCoefficients)
        .add(columnCoefficients)
        .add(correlation)
        .add(value)
        .add(slope);
    launcher.overTiles(Kernel.DUAL_SERIES, Precision.FLOAT64, value.rows(), value.columns());
  }

  private LaunchArguments shape(CudaMatrix matrix) {
    return launcher.arguments().add((long) matrix.rows()).add((long) matrix.columns());
  }
}
