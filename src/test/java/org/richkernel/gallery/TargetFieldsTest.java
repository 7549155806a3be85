package org.richkernel.gallery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;
import org.richkernel.result.ModelFile;

class TargetFieldsTest {
  private static final double[][] FACTOR = {{1, 0}, {0.5, 2}};

  private static Table table(String name, double[][] rows) {
    double[] values = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return Table.of(name, values, rows.length, rows[0].length);
  }

  /** Four samples of two layers whose columns are orthonormal; then a smaller population. */
  private static ModelFile.Model theory() {
    double[][] neurons = {
      {1, 1, 1, 1}, {1, -1, -1, 1}, {-1, 1, -1, -1}, {-1, -1, 1, -1}, {9, 9, 9, 9}
    };
    Map<String, Object> settings = new HashMap<>();
    settings.put("hidden-layers", 2);
    settings.put("weight-variance", List.of(1.0, 3.0, 1.0));
    settings.put("jitter", 0.01);
    settings.put("population-samples", List.of(4, 1));
    return new ModelFile.Model(
        settings,
        Map.of(
            "factor", table("factor", FACTOR),
            "projector", table("projector", new double[][] {{1, 2}}),
            "neurons", table("neurons", neurons)));
  }

  @Test
  void whitenedFieldsHaveTheCovarianceOfTheLayerBelow() {
    List<List<RealMatrix>> populations = TargetFields.ofPopulations(theory());
    assertThat(populations).hasSize(1);
    RealMatrix first = populations.get(0).get(0);
    RealMatrix factor = new Array2DRowRealMatrix(FACTOR);
    assertSame(covariance(first), factor.multiply(factor.transpose()));
    RealMatrix below = covariance(TargetFields.features(first)).scalarMultiply(3);
    RealMatrix jitter =
        MatrixUtils.createRealIdentityMatrix(2).scalarMultiply(0.01 * below.getTrace() / 2);
    assertSame(covariance(populations.get(0).get(1)), below.add(jitter));
  }

  private static RealMatrix covariance(RealMatrix fields) {
    return fields.transpose().multiply(fields).scalarMultiply(1.0 / fields.getRowDimension());
  }

  private static void assertSame(RealMatrix one, RealMatrix other) {
    for (int i = 0; i < one.getRowDimension(); i++) {
      assertThat(one.getRow(i)).containsExactly(other.getRow(i), within(1e-12));
    }
  }

  @Test
  void networksPassTheirTrainingPointsOn() {
    Map<String, Object> settings = new HashMap<>(theory().settings());
    settings.put("width", 2);
    settings.put("networks", 1);
    Map<String, Table> arrays = new HashMap<>();
    arrays.put("projector", table("projector", new double[][] {{1, 2}}));
    arrays.put("network_0_weights_0", table("w", new double[][] {{0.3, -0.2, 0.1, 0.4}}));
    arrays.put("network_0_weights_1", table("w", new double[][] {{1, 2, -3, 0.5}}));
    ModelFile.Model networks = new ModelFile.Model(settings, arrays);
    List<RealMatrix> layers = TargetFields.ofNetworks(networks, theory()).get(0);
    // the second point, whose coordinates are 0.5 and 2
    double a = 0.3 * 0.5 - 0.2 * 2;
    double b = 0.1 * 0.5 + 0.4 * 2;
    assertThat(layers.get(0).getColumn(1)).containsExactly(new double[] {a, b}, within(1e-15));
    double scale = Math.sqrt(3.0 / 2);
    assertThat(layers.get(1).getColumn(1))
        .containsExactly(
            new double[] {
              scale * (Math.tanh(a) + 2 * Math.tanh(b)),
              scale * (-3 * Math.tanh(a) + 0.5 * Math.tanh(b))
            },
            within(1e-14));

    arrays.put("projector", table("projector", new double[][] {{1, 3}}));
    assertThatThrownBy(() -> TargetFields.ofNetworks(networks, theory()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("other training points");
  }
}
