package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.solver.SolverState;

/**
 * A matrix in a checkpoint: under its name if it fits one array, otherwise in bands of rows under
 * its name and the index of the band.
 */
final class SavedMatrix {
  /** Largest number of elements of one array, 1 GiB in float64. */
  private static final int MOST = 1 << 27;

  private SavedMatrix() {}

  /** Puts a matrix into a state. */
  static void save(Backend backend, SolverState state, String name, Matrix matrix) {
    save(backend, state, name, matrix, MOST);
  }

  static void save(Backend backend, SolverState state, String name, Matrix matrix, int most) {
    int each = bandRows(matrix, most);
    for (int first = 0; first == 0 || first < matrix.rows(); first += each) {
      Matrix band = matrix.rowRange(first, Math.min(each, matrix.rows() - first));
      String key = key(name, first / each);
      if (matrix.precision() == Precision.FLOAT32) {
        float[] values = new float[(int) band.size()];
        backend.download(band, values);
        state.put(key, values);
      } else {
        double[] values = new double[(int) band.size()];
        backend.download(band, values);
        state.put(key, values);
      }
    }
  }

  /** Takes a matrix of the same shape out of a state. */
  static void restore(Backend backend, SolverState state, String name, Matrix matrix) {
    restore(backend, state, name, matrix, MOST);
  }

  static void restore(Backend backend, SolverState state, String name, Matrix matrix, int most) {
    int each = bandRows(matrix, most);
    for (int first = 0; first == 0 || first < matrix.rows(); first += each) {
      Matrix band = matrix.rowRange(first, Math.min(each, matrix.rows() - first));
      String key = key(name, first / each);
      if (matrix.precision() == Precision.FLOAT32) {
        backend.upload(state.floats(key), band);
      } else {
        backend.upload(state.doubles(key), band);
      }
    }
  }

  private static int bandRows(Matrix matrix, int most) {
    return Math.max(1, most / Math.max(1, matrix.columns()));
  }

  private static String key(String name, int band) {
    return band == 0 ? name : name + "_" + band;
  }
}
