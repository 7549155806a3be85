package org.richkernel.compute;

import java.util.LinkedHashMap;
import java.util.Map;

/** All matrices of one solve, allocated at once from its {@link MemoryPlan}, freed together. */
public final class Workspace implements AutoCloseable {
  private final Map<String, Matrix> matrices = new LinkedHashMap<>();

  /**
   * Allocates every matrix of the plan.
   *
   * @throws OutOfDeviceMemoryException if an allocation fails; earlier ones are freed
   */
  public Workspace(Backend backend, MemoryPlan plan) {
    try {
      for (MemoryPlan.Entry entry : plan.entries()) {
        matrices.put(
            entry.label(),
            backend.allocate(entry.precision(), entry.rows(), entry.columns(), entry.label()));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The matrix that was planned under this label. */
  public Matrix get(String label) {
    Matrix matrix = matrices.get(label);
    if (matrix == null) {
      throw new IllegalArgumentException("not in the memory plan: " + label);
    }
    return matrix;
  }

  /** Whether a matrix was planned under this label. */
  public boolean holds(String label) {
    return matrices.containsKey(label);
  }

  @Override
  public void close() {
    matrices.values().forEach(Matrix::close);
  }
}
