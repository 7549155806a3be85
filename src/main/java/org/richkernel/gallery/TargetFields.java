package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;
import org.richkernel.result.ModelFile;
import org.richkernel.result.Result;

/**
 * Preactivations of the neurons of each hidden tanh layer on the training points, from the models
 * that fits have saved: populations of the saddle point in whitened fields, and weights of
 * networks.
 */
final class TargetFields {
  private TargetFields() {}

  /**
   * Fields of the largest populations of a deep saddle point: h^1 = xi^1 F', and above it h^{l+1} =
   * xi^{l+1} chol(g Phi^l + jitter)' with Phi^l = phi(h^l)' phi(h^l) / S.
   *
   * @return for each population the S x P preactivations of each layer
   */
  static List<List<RealMatrix>> ofPopulations(ModelFile.Model model) {
    RealMatrix factor = matrix(model.array("factor"));
    int points = factor.getRowDimension();
    int rank = factor.getColumnDimension();
    int[] samples =
        ((List<?>) setting(model, "population-samples"))
            .stream().mapToInt(count -> ((Number) count).intValue()).toArray();
    int largest = Arrays.stream(samples).max().orElseThrow();
    Table fields = model.array("neurons");
    List<List<RealMatrix>> populations = new ArrayList<>();
    int first = 0;
    for (int count : samples) {
      if (count == largest) {
        RealMatrix xi = rows(fields, first, count);
        List<RealMatrix> layers = new ArrayList<>();
        layers.add(columns(xi, 0, rank).multiply(factor.transpose()));
        for (int l = 1; l < layerCount(model); l++) {
          RealMatrix root = root(model, l, layers.get(l - 1));
          int from = rank + (l - 1) * points;
          layers.add(columns(xi, from, points).multiply(root.transpose()));
        }
        populations.add(layers);
      }
      first += count;
    }
    return populations;
  }

  /**
   * Fields of saved networks: h^1 = F W^0', h^{l+1} = phi(h^l) W^l' sqrt(g / N).
   *
   * @param coordinates the model of a fit of the same training points, which holds their F
   * @return for each network the N x P preactivations of each layer
   */
  static List<List<RealMatrix>> ofNetworks(ModelFile.Model model, ModelFile.Model coordinates) {
    double[] projector = model.array("projector").values();
    if (!Arrays.equals(projector, coordinates.array("projector").values())) {
      throw new InvalidDataException(
          ModelFile.ARRAYS,
          "its networks have other training points than the theory",
          "remove the folder of the page and make it again");
    }
    RealMatrix factor = matrix(coordinates.array("factor"));
    int width = ((Number) setting(model, "width")).intValue();
    List<List<RealMatrix>> networks = new ArrayList<>();
    for (int m = 0; m < ((Number) setting(model, "networks")).intValue(); m++) {
      List<RealMatrix> layers = new ArrayList<>();
      for (int l = 0; l < layerCount(model); l++) {
        double[] values = model.array("network_" + m + "_weights_" + l).values();
        RealMatrix weights = matrix(values, 0, width, values.length / width);
        layers.add(
            l == 0
                ? weights.multiply(factor.transpose())
                : weights
                    .multiply(features(layers.get(l - 1)))
                    .scalarMultiply(Math.sqrt(variance(model, l) / width)));
      }
      networks.add(layers);
    }
    return networks;
  }

  /**
   * Covariance of the preactivations of a layer at initialisation, P x P.
   *
   * @param l layers below it
   */
  static RealMatrix initialCovariance(ModelFile.Model model, Result theory, int l) {
    if (l == 0) {
      RealMatrix factor = matrix(model.array("factor"));
      return factor.multiply(factor.transpose());
    }
    return matrix(Readings.array(theory, "phi_lazy_" + l)).scalarMultiply(variance(model, l));
  }

  /** phi(h) of preactivations. */
  static RealMatrix features(RealMatrix fields) {
    RealMatrix features = fields.copy();
    for (int i = 0; i < features.getRowDimension(); i++) {
      for (int j = 0; j < features.getColumnDimension(); j++) {
        features.setEntry(i, j, Math.tanh(features.getEntry(i, j)));
      }
    }
    return features;
  }

  /** The lower factor of the covariance that feeds the layer above l. */
  private static RealMatrix root(ModelFile.Model model, int l, RealMatrix below) {
    RealMatrix phi = features(below);
    RealMatrix covariance =
        phi.transpose().multiply(phi).scalarMultiply(variance(model, l) / below.getRowDimension());
    double jitter = ((Number) setting(model, "jitter")).doubleValue();
    double added = jitter * covariance.getTrace() / covariance.getRowDimension();
    for (int i = 0; i < covariance.getRowDimension(); i++) {
      covariance.addToEntry(i, i, added);
    }
    return new CholeskyDecomposition(covariance, 1e-9, 0).getL();
  }

  private static Object setting(ModelFile.Model model, String name) {
    Object value = model.settings().get(name);
    if (value == null) {
      throw new InvalidDataException(
          ModelFile.SETTINGS,
          "it has no '" + name + "'",
          "remove the folder of the page and make it again");
    }
    return value;
  }

  private static int layerCount(ModelFile.Model model) {
    return ((Number) setting(model, "hidden-layers")).intValue();
  }

  /** g of the weights on layer l. */
  private static double variance(ModelFile.Model model, int l) {
    return ((Number) ((List<?>) setting(model, "weight-variance")).get(l)).doubleValue();
  }

  private static RealMatrix matrix(Table table) {
    return rows(table, 0, table.rows());
  }

  private static RealMatrix rows(Table table, int first, int count) {
    return matrix(table.values(), first, count, table.columns());
  }

  private static RealMatrix matrix(double[] values, int first, int rows, int columns) {
    RealMatrix matrix = new Array2DRowRealMatrix(rows, columns);
    for (int i = 0; i < rows; i++) {
      int from = (first + i) * columns;
      matrix.setRow(i, Arrays.copyOfRange(values, from, from + columns));
    }
    return matrix;
  }

  private static RealMatrix columns(RealMatrix matrix, int first, int count) {
    return matrix.getSubMatrix(0, matrix.getRowDimension() - 1, first, first + count - 1);
  }
}
