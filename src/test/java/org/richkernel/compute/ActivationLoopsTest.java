package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.Test;

class ActivationLoopsTest {
  private static final int TILE = 2048;
  private static final float ERROR = 3.6e-7f;

  private interface Loop {
    void apply(float[] h, int n);
  }

  /** All floats from 2 to 16, where the forms saturate without a bound on their result. */
  private static void requireSaturation(Loop loop, DoubleUnaryOperator exact, int every) {
    float[] x = new float[TILE];
    float[] y = new float[TILE];
    int last = Float.floatToIntBits(16f);
    for (int bits = Float.floatToIntBits(2f); bits < last; bits += x.length) {
      for (int i = 0; i < x.length; i++) {
        x[i] = Float.intBitsToFloat(bits + i);
        y[i] = x[i];
      }
      loop.apply(y, y.length);
      float largest = 0;
      for (float value : y) {
        largest = Math.max(largest, value);
      }
      assertThat(largest).isLessThanOrEqualTo(1f);
      for (int i = 0; i < x.length; i += every) {
        if (Math.abs(y[i] - exact.applyAsDouble(x[i])) > ERROR) {
          assertThat((double) y[i]).as("at " + x[i]).isEqualTo(exact.applyAsDouble(x[i]));
        }
      }
    }
  }

  @Test
  void tanhNeverPassesOne() {
    requireSaturation(ActivationLoops::tanh, Math::tanh, 64);
  }

  @Test
  void erfNeverPassesOne() {
    requireSaturation(ActivationLoops::erf, Erf::erf, 1024);
  }

  @Test
  void infinitiesSaturateAndNanStays() {
    float[] h = {
      Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, Float.MAX_VALUE, -0f, 0f
    };
    float[] t = h.clone();
    float[] e = h.clone();
    ActivationLoops.tanh(t, t.length);
    ActivationLoops.erf(e, e.length);
    for (float[] y : new float[][] {t, e}) {
      assertThat(y[0]).isBetween(1 - ERROR, 1f);
      assertThat(y[1]).isEqualTo(-y[0]);
      assertThat(y[2]).isNaN();
      assertThat(y[3]).isEqualTo(y[0]);
      assertThat(y[4]).isZero();
      assertThat(y[5]).isZero();
    }
  }
}
