package org.richkernel.lazy;

import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Expectations from Hermite series, for smooth activations without a closed form.
 *
 * <p>With rho = Sigma_ij / sqrt(a b): E[phi phi] = sum_n c_n(a) c_n(b) rho^n and E[phi' phi'] = (a
 * b)^{-1/2} sum_n n c_n(a) c_n(b) rho^{n-1}. Rounding may carry |rho| past 1 by a few units in the
 * last place; the truncated series is a polynomial, so that moves it by as little.
 */
final class SeriesDual implements DualMap {
  private static final String TRAIN_COEFFICIENTS = "train coefficients ";
  private static final String TRAIN_ROWS = "train row scale ";
  private static final String TRAIN_COLUMNS = "train column scale ";
  private static final String PANEL_COEFFICIENTS = "panel coefficients";
  private static final String PANEL_ROWS = "panel row scale";

  private final SortedMap<Integer, HermiteSeries> series = new TreeMap<>();

  /**
   * One series for each of some layers.
   *
   * @param largestVariance of the preactivations of layers 1..L, over all points
   * @param layers which to make a series for, from 1
   */
  SeriesDual(Activation activation, double[] largestVariance, int... layers) {
    for (int l : layers) {
      series.put(l, HermiteSeries.upTo(activation, largestVariance[l - 1], l));
    }
  }

  @Override
  public void planTrain(MemoryPlan plan, IntUnaryOperator points) {
    long largest = 0;
    for (int l : series.keySet()) {
      int count = points.applyAsInt(l);
      plan.add(TRAIN_COEFFICIENTS + l, Precision.FLOAT64, count, terms(l));
      plan.add(TRAIN_ROWS + l, Precision.FLOAT64, count, 1);
      plan.add(TRAIN_COLUMNS + l, Precision.FLOAT64, 1, count);
      largest = Math.max(largest, (long) count * terms(l));
    }
    // one layer's coefficients on their way to the device
    plan.addHost(8 * largest);
  }

  @Override
  public void planPanel(MemoryPlan plan, int rows) {
    int largest = 0;
    for (int l : series.keySet()) {
      largest = Math.max(largest, terms(l));
    }
    plan.add(PANEL_COEFFICIENTS, Precision.FLOAT64, rows, largest);
    plan.add(PANEL_ROWS, Precision.FLOAT64, rows, 1);
  }

  @Override
  public void uploadTrain(Backend backend, Workspace workspace, int layer, double[] values) {
    double[] scale = inverseDeviations(values);
    int count = values.length;
    try (Matrix coefficients = workspace.get(TRAIN_COEFFICIENTS + layer).rowRange(0, count);
        Matrix rows = workspace.get(TRAIN_ROWS + layer).rowRange(0, count);
        Matrix columns = workspace.get(TRAIN_COLUMNS + layer).view(0, 1, 0, count)) {
      backend.upload(coefficients(layer, values), coefficients);
      backend.upload(scale, rows);
      backend.upload(scale, columns);
    }
  }

  @Override
  public void uploadPanel(Backend backend, Workspace workspace, int layer, double[] variances) {
    try (Matrix coefficients = panelCoefficients(workspace, layer, 0, variances.length);
        Matrix scale = workspace.get(PANEL_ROWS).rowRange(0, variances.length)) {
      backend.upload(coefficients(layer, variances), coefficients);
      backend.upload(inverseDeviations(variances), scale);
    }
  }

  @Override
  public void trainTrain(
      Backend backend,
      Workspace workspace,
      int layer,
      int firstRow,
      Matrix covariance,
      Matrix slope) {
    int rows = covariance.rows();
    Matrix coefficients = workspace.get(TRAIN_COEFFICIENTS + layer);
    try (Matrix rowCoefficients = coefficients.rowRange(firstRow, rows);
        Matrix scale = workspace.get(TRAIN_ROWS + layer).rowRange(firstRow, rows)) {
      apply(
          backend,
          rowCoefficients,
          scale,
          coefficients,
          workspace.get(TRAIN_COLUMNS + layer),
          covariance,
          slope);
    }
  }

  @Override
  public void panelTrain(
      Backend backend,
      Workspace workspace,
      int layer,
      int firstRow,
      int firstColumn,
      Matrix covariance,
      Matrix slope) {
    int rows = covariance.rows();
    int columns = covariance.columns();
    try (Matrix coefficients = panelCoefficients(workspace, layer, firstRow, rows);
        Matrix scale = workspace.get(PANEL_ROWS).rowRange(firstRow, rows);
        Matrix columnCoefficients =
            workspace.get(TRAIN_COEFFICIENTS + layer).rowRange(firstColumn, columns);
        Matrix columnScale =
            workspace.get(TRAIN_COLUMNS + layer).view(0, 1, firstColumn, columns)) {
      apply(backend, coefficients, scale, columnCoefficients, columnScale, covariance, slope);
    }
  }

  @Override
  public double truncation() {
    double largest = 0;
    for (HermiteSeries layer : series.values()) {
      largest = Math.max(largest, layer.tail());
    }
    return largest;
  }

  private static void apply(
      Backend backend,
      Matrix rowCoefficients,
      Matrix rowScale,
      Matrix columnCoefficients,
      Matrix columnScale,
      Matrix covariance,
      Matrix slope) {
    backend.scaleRows(rowScale, covariance);
    backend.scaleColumns(columnScale, covariance);
    backend.dualSeries(rowCoefficients, columnCoefficients, covariance, covariance, slope);
    backend.scaleRows(rowScale, slope);
    backend.scaleColumns(columnScale, slope);
  }

  private int terms(int layer) {
    return of(layer).degree() + 1;
  }

  private HermiteSeries of(int layer) {
    return Objects.requireNonNull(series.get(layer));
  }

  private Matrix panelCoefficients(Workspace workspace, int layer, int first, int rows) {
    return workspace.get(PANEL_COEFFICIENTS).view(first, rows, 0, terms(layer));
  }

  private double[] coefficients(int layer, double[] variances) {
    int terms = terms(layer);
    double[] all = new double[Math.multiplyExact(variances.length, terms)];
    for (int i = 0; i < variances.length; i++) {
      of(layer).coefficients(variances[i], all, i * terms);
    }
    return all;
  }

  private static double[] inverseDeviations(double[] variances) {
    double[] scale = new double[variances.length];
    for (int i = 0; i < scale.length; i++) {
      scale[i] = 1 / Math.sqrt(HermiteSeries.floor(variances[i]));
    }
    return scale;
  }
}
