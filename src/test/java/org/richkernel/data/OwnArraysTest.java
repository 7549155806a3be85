package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.richkernel.network.InvalidProblemException;

/** Points from arrays and buffers of a program. */
class OwnArraysTest {
  private static final double[][] ROWS = {{1, 0.5}, {-2, 0.25}, {4, 8}};
  private static final double[] X = {1, 0.5, -2, 0.25, 4, 8};
  private static final double[] Y = {0.5, 2, -1};
  private static final String CHECKSUM = Dataset.of(ROWS, Y).checksum();

  private static float[] single(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @Test
  void allKindsHoldTheSamePoints() {
    assertThat(Dataset.of(X, Y, 3).checksum()).isEqualTo(CHECKSUM);
    assertThat(Dataset.of(single(X), single(Y), 3).checksum()).isEqualTo(CHECKSUM);
    assertThat(Dataset.of(DoubleBuffer.wrap(X), DoubleBuffer.wrap(Y), 3).checksum())
        .isEqualTo(CHECKSUM);
  }

  @Test
  void whatRemainsOfABufferIsTakenAndItsPositionStays() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * 8).order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer x = bytes.asFloatBuffer();
    x.put(99).put(single(X)).put(99).position(1).limit(7);
    FloatBuffer y = FloatBuffer.wrap(single(Y));
    assertThat(Dataset.of(x, y, 3).checksum()).isEqualTo(CHECKSUM);
    assertThat(x.position()).isEqualTo(1);
    assertThat(y.remaining()).isEqualTo(3);
  }

  @Test
  void pointsAreCopied() {
    double[] mine = X.clone();
    Dataset points = Dataset.of(mine, Y, 3);
    mine[0] = 7;
    assertThat(points.input(0, 0)).isEqualTo(1);
    assertThat(Datasets.of(points, Dataset.withoutTargets(X, 3)).test().orElseThrow().outputs())
        .isZero();
    assertThat(Datasets.of(points).test()).isEmpty();
    assertThat(points.rows()).containsExactly(0, 1, 2);
  }

  @Test
  void sizesThatDoNotFitAndValuesThatAreNotFiniteAreRefused() {
    assertThatThrownBy(() -> Dataset.of(single(X), single(Y), 4))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("x is 6 values in 4 rows");
    float[] bad = single(X);
    bad[3] = Float.NaN;
    assertThatThrownBy(() -> Dataset.of(FloatBuffer.wrap(bad), FloatBuffer.wrap(single(Y)), 3))
        .hasMessageContaining("x is NaN at row 2, column 2");
  }
}
