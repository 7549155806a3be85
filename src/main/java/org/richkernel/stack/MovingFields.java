package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Position, momentum and gradient of the fields of all layers in a Hamiltonian trajectory, the
 * layers side by side in columns; populations of all sizes share the memory.
 *
 * @param positions of each layer, columns of the position
 * @param gradients of each layer
 */
public record MovingFields(
    Matrix position,
    Matrix momentum,
    Matrix gradient,
    List<Matrix> positions,
    List<Matrix> gradients) {

  /** Adds the memory of the largest population to a plan. */
  public static void plan(MemoryPlan plan, int rows, int width) {
    plan.add("position", Precision.FLOAT32, rows, width)
        .add("momentum", Precision.FLOAT32, rows, width)
        .add("gradient", Precision.FLOAT32, rows, width);
  }

  /**
   * Windows of the memory.
   *
   * @param widths columns of each layer
   */
  public static MovingFields of(Workspace memory, int rows, int[] widths) {
    int width = java.util.Arrays.stream(widths).sum();
    Matrix position = memory.get("position").view(0, rows, 0, width);
    Matrix gradient = memory.get("gradient").view(0, rows, 0, width);
    List<Matrix> positions = new ArrayList<>();
    List<Matrix> gradients = new ArrayList<>();
    int column = 0;
    for (int w : widths) {
      positions.add(position.view(0, rows, column, w));
      gradients.add(gradient.view(0, rows, column, w));
      column += w;
    }
    return new MovingFields(
        position,
        memory.get("momentum").view(0, rows, 0, width),
        gradient,
        List.copyOf(positions),
        List.copyOf(gradients));
  }

  /** Number of samples that move. */
  public int rows() {
    return position.rows();
  }

  /** The fields of layer l = 1 to L. */
  public Matrix position(int layer) {
    return positions.get(layer - 1);
  }

  /** dV/dx of layer l. */
  public Matrix gradient(int layer) {
    return gradients.get(layer - 1);
  }
}
