package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bound from its sums against its definition, for coefficients that solve nothing. */
class RidgeDistanceTest {
  private static final int P = 40;
  private static final int M = 7;

  private static double[] numbers(int count, int seed) {
    return RandomInputs.of(count, 1, seed).toArray();
  }

  @ParameterizedTest
  @CsvSource({"0.1, 1", "0.1, 2", "3, 3", "3, 4", "100, 5"})
  void gapIsTheNormOfItsDefinitionAndBounds(double kappa, int seed) {
    RealMatrix factor = new Array2DRowRealMatrix(P, P);
    double[] entries = numbers(P * P, seed);
    for (int i = 0; i < entries.length; i++) {
      factor.setEntry(i / P, i % P, entries[i]);
    }
    RealMatrix kernel = factor.multiply(factor.transpose());
    double[] coefficients = Arrays.stream(numbers(M, 10 + seed)).map(v -> 0.1 * v).toArray();
    RealVector expansion = new ArrayRealVector(P);
    for (int i = 0; i < M; i++) {
      expansion.setEntry(i, coefficients[i]);
    }
    RealVector targets = new ArrayRealVector(numbers(P, 20 + seed));
    RealVector f = kernel.operate(expansion);
    RealVector rest = targets.subtract(f);
    RealVector r = kernel.operate(rest).mapDivide(kappa).subtract(f);
    // K_CP e - kappa K_CC a = kappa r at C
    double[] own = r.getSubVector(0, M).mapMultiply(kappa).toArray();
    RidgeDistance distance =
        new RidgeDistance(targets.toArray(), rest.toArray(), coefficients, own, kappa);
    distance.addSample(
        rest.getSubVector(M, P - M).toArray(), r.getSubVector(M, P - M).toArray(), P - M, P - M);

    RealVector apart = expansion.subtract(rest.mapDivide(kappa));
    double gap = kappa * apart.dotProduct(kernel.operate(apart));
    assertThat(distance.gap()).isCloseTo(gap, within(1e-9 * gap));
    // the minimum over t of E - (2 t e.Y - t^2 e.(K + kappa) e / kappa)
    double energy = rest.dotProduct(rest) + kappa * expansion.dotProduct(f);
    double linear = rest.dotProduct(targets);
    double quadratic = rest.dotProduct(kernel.operate(rest)) / kappa + rest.dotProduct(rest);
    double best = energy - linear * linear / quadratic;
    assertThat(distance.smallestGap()).isCloseTo(best, within(1e-9 * energy));
    assertThat(best).isLessThanOrEqualTo(gap);
    assertThat(distance.boundStandardError()).isZero();
    RealMatrix ridge = kernel.add(MatrixUtils.createRealIdentityMatrix(P).scalarMultiply(kappa));
    RealVector exact = kernel.operate(new LUDecomposition(ridge).getSolver().solve(targets));
    double truth = exact.subtract(f).getNorm();
    assertThat(distance.bound())
        .isCloseTo(
            Math.min(Math.min(Math.sqrt(gap) / 2, r.getNorm()), Math.sqrt(best)),
            within(1e-6 * truth))
        .isGreaterThanOrEqualTo(truth);
  }
}
