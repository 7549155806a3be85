package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.solver.SolverState;

class SavedMatrixTest {
  /** Seven rows of three in arrays of at most so many elements; a row is never cut. */
  @ParameterizedTest
  @CsvSource({"FLOAT32, 21, 1", "FLOAT32, 20, 2", "FLOAT64, 7, 4", "FLOAT64, 2, 7"})
  void aMatrixTooLargeForOneArrayComesBackFromBands(Precision precision, int most, int bands) {
    double[] values = new double[21];
    java.util.Arrays.setAll(values, i -> 1.5 * i - 7);
    SolverState state = new SolverState();
    double[] seen = new double[21];
    try (Backend backend = Backends.cpu();
        Matrix matrix = backend.allocate(precision, 7, 3, "saved");
        Matrix again = backend.allocate(precision, 7, 3, "restored")) {
      backend.upload(values, matrix);
      SavedMatrix.save(backend, state, "m", matrix, most);
      SavedMatrix.restore(backend, state, "m", again, most);
      backend.download(again, seen);
    }
    assertThat(seen).containsExactly(values);
    boolean narrow = precision == Precision.FLOAT32;
    assertThat(state.allFloats()).hasSize(narrow ? bands : 0);
    assertThat(state.allDoubles()).hasSize(narrow ? 0 : bands);
    assertThat(narrow ? state.allFloats().keySet() : state.allDoubles().keySet()).contains("m");
  }

  /** Before the first time nothing is kept of the past. */
  @ParameterizedTest
  @CsvSource({"0, 3", "3, 0"})
  void aMatrixWithoutElementsIsSavedToo(int rows, int columns) {
    SolverState state = new SolverState();
    try (Backend backend = Backends.cpu();
        Matrix matrix = backend.allocate(Precision.FLOAT32, rows, columns, "empty")) {
      SavedMatrix.save(backend, state, "m", matrix);
      SavedMatrix.restore(backend, state, "m", matrix);
    }
    assertThat(state.floats("m")).isEmpty();
  }
}
