package org.richkernel.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.apache.commons.math3.linear.DefaultRealMatrixChangingVisitor;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;
import org.richkernel.network.Targets;

class CentredAlignmentTest {
  private static final Targets CLASSES =
      Targets.of(new double[] {1, 0, 1, 0, 0, 1, 0, 1, 0, 1}, 5, 2);

  private static double[] labels() {
    double[] kernel = new double[25];
    for (int i = 0; i < 25; i++) {
      for (int k = 0; k < 2; k++) {
        kernel[i] += CLASSES.at(i / 5, k) * CLASSES.at(i % 5, k);
      }
    }
    return kernel;
  }

  @Test
  void theKernelOfTheLabelsIsAlignedWhateverIsAddedToAllOfIt() {
    double[] kernel = labels();
    assertThat(CentredAlignment.of(kernel, CLASSES)).isCloseTo(1, within(1e-14));
    for (int i = 0; i < 25; i++) {
      kernel[i] = 3 * kernel[i] + 7;
    }
    assertThat(CentredAlignment.of(kernel, CLASSES)).isCloseTo(1, within(1e-14));
    assertThat(CentredAlignment.of(new double[25], CLASSES)).isZero();
  }

  /** A hand calculation: two points of opposite labels and the unit matrix. */
  @Test
  void twoPointsOfTheUnitMatrix() {
    Targets y = Targets.of(new double[] {1, -1, 0});
    double[] unit = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    // H has norm sqrt(2), y y^T norm 2 and y^T H y = 2
    assertThat(CentredAlignment.of(unit, y)).isCloseTo(1 / Math.sqrt(2), within(1e-14));
  }

  /** The definition, with matrices. */
  @Test
  void anyKernelAndTargetsAsDefined() {
    int points = 7;
    Random random = new Random(3);
    RealMatrix factor = MatrixUtils.createRealMatrix(points, 4);
    RealMatrix y = MatrixUtils.createRealMatrix(points, 2);
    factor.walkInOptimizedOrder(drawn(random));
    y.walkInOptimizedOrder(drawn(random));
    RealMatrix kernel = factor.multiply(factor.transpose()).scalarAdd(5);
    RealMatrix h = MatrixUtils.createRealIdentityMatrix(points).scalarAdd(-1.0 / points);
    RealMatrix a = h.multiply(kernel).multiply(h);
    RealMatrix b = h.multiply(y).multiply(y.transpose()).multiply(h);
    double expected = a.multiply(b).getTrace() / (a.getFrobeniusNorm() * b.getFrobeniusNorm());
    double[] entries = new double[points * points];
    double[] targets = new double[points * 2];
    for (int i = 0; i < points; i++) {
      System.arraycopy(kernel.getRow(i), 0, entries, i * points, points);
      System.arraycopy(y.getRow(i), 0, targets, 2 * i, 2);
    }
    assertThat(CentredAlignment.of(entries, Targets.of(targets, points, 2)))
        .isCloseTo(expected, within(1e-12));
  }

  private static DefaultRealMatrixChangingVisitor drawn(Random random) {
    return new DefaultRealMatrixChangingVisitor() {
      @Override
      public double visit(int row, int column, double value) {
        return random.nextGaussian();
      }
    };
  }
}
