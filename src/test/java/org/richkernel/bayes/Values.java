package org.richkernel.bayes;

import java.util.Random;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/** Numbers for tests, and those that a matrix holds. */
final class Values {
  private Values() {}

  static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(u -> random.nextGaussian()).toArray();
  }

  /** Normals rounded to float32, so that both precisions hold the same numbers. */
  static double[] singles(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(u -> (float) random.nextGaussian()).toArray();
  }

  /** The same numbers in float64. */
  static double[] wide(float[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  /** Row-major. */
  static double[] read(Backend backend, Matrix matrix) {
    double[] values = new double[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }
}
