package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * Kernels and responses of all layers on the whole time grid, each n x n with n = M (T + 1), with
 * the mixing of new estimates.
 */
final class OrderParameters {
  private final Backend backend;
  private final int layers;
  private final int points;
  private final int columns; // n
  private final double damping;
  private final Layer[] layer; // 0 .. L + 1
  private final Matrix fresh; // n x n

  /**
   * Order parameters of one layer.
   *
   * @param feature Phi^l
   * @param gradient G^l
   * @param forwardResponse A^l
   * @param backwardResponse B^l
   */
  private record Layer(
      Matrix feature, Matrix gradient, Matrix forwardResponse, Matrix backwardResponse) {}

  /** Adds the order parameters from the input to the readout to a plan. */
  static void plan(MemoryPlan plan, int layers, int columns) {
    for (int l = 0; l <= layers + 1; l++) {
      for (String what : new String[] {"Phi", "G", "A", "B"}) {
        plan.add(what + " " + l, Precision.FLOAT64, columns, columns);
      }
    }
    plan.add("fresh", Precision.FLOAT64, columns, columns);
  }

  /** Order parameters with zero responses; kernels are still to be set. */
  OrderParameters(Backend backend, Workspace memory, int layers, int points, double damping) {
    this.backend = backend;
    this.layers = layers;
    this.points = points;
    this.damping = damping;
    layer = new Layer[layers + 2];
    for (int l = 0; l <= layers + 1; l++) {
      layer[l] =
          new Layer(
              memory.get("Phi " + l),
              memory.get("G " + l),
              memory.get("A " + l),
              memory.get("B " + l));
      backend.fill(0, layer[l].forwardResponse);
      backend.fill(0, layer[l].backwardResponse);
    }
    fresh = memory.get("fresh");
    columns = fresh.columns();
  }

  /** Phi^l; l = 0 is the kernel of the inputs. */
  Matrix feature(int l) {
    return layer[l].feature;
  }

  /** G^l; l = L + 1 is the kernel of the readout. */
  Matrix gradient(int l) {
    return layer[l].gradient;
  }

  /** A^l. */
  Matrix forwardResponse(int l) {
    return layer[l].forwardResponse;
  }

  /** B^l. */
  Matrix backwardResponse(int l) {
    return layer[l].backwardResponse;
  }

  /** Sets a kernel to the same M x M block for all pairs of times. */
  void repeat(double[] block, Matrix target) {
    Matrix rows = target.rowRange(0, points);
    Matrix first = target.view(0, points, 0, points);
    backend.upload(block, first);
    for (int t = points; t < columns; t += points) {
      backend.copy(first, target.view(0, points, t, points));
    }
    for (int t = points; t < columns; t += points) {
      backend.copy(rows, target.rowRange(t, points));
    }
  }

  /** The block of a kernel between equal times t, row-major M x M. */
  double[] block(Matrix kernel, int t) {
    double[] values = new double[points * points];
    backend.download(kernel.view(t * points, points, t * points, points), values);
    return values;
  }

  /** Tr K from the blocks of equal times, without a download of the n x n matrix. */
  double trace(Matrix kernel) {
    double trace = 0;
    for (int t = 0; t < columns / points; t++) {
      double[] present = block(kernel, t);
      for (int i = 0; i < points; i++) {
        trace += present[i * points + i];
      }
    }
    return trace;
  }

  /**
   * kernel += damping (&lt;field field^T&gt; - kernel).
   *
   * @return the relative change before damping
   */
  double update(Matrix field, Matrix kernel) {
    backend.gram(1.0 / field.rows(), field, 0, fresh);
    double total = Math.sqrt(backend.dot(fresh, fresh));
    backend.axpy(-1, kernel, fresh);
    double difference = Math.sqrt(backend.dot(fresh, fresh));
    backend.axpy(damping, fresh, kernel);
    return total == 0 ? 0 : difference / total;
  }

  /**
   * Mixes &lt;y omega^T&gt; R^{-1} on the causal part into a response; responses follow the kernels
   * and do not enter the measure of change.
   *
   * @param responding y, S x n
   * @param noise omega, S x n
   * @param factor R, n x n
   * @param present number of times t, t + 1, ... on which a field at t may depend
   */
  void respond(Matrix responding, Matrix noise, Matrix factor, int present, Matrix response) {
    backend.crossGram(1.0 / responding.rows(), responding, noise, 0, fresh);
    for (int t = 0; t < columns; t += points) {
      int known = t + present * points;
      backend.fill(0, fresh.view(t, points, known, columns - known));
    }
    backend.solveTriangular(Side.RIGHT, Transpose.NO, 1, factor, fresh);
    backend.axpy(-1, response, fresh);
    backend.axpy(damping, fresh, response);
  }

  /** Order parameters that the passes change. */
  private List<Matrix> moving() {
    List<Matrix> all = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      all.add(layer[l].feature);
      all.add(layer[l].gradient);
      if (l < layers) {
        all.add(layer[l].forwardResponse);
        all.add(layer[l].backwardResponse);
      }
    }
    return all;
  }

  /** Adds the order parameters that the passes change to a checkpoint. */
  void save(SolverState state) {
    List<Matrix> matrices = moving();
    for (int i = 0; i < matrices.size(); i++) {
      SavedMatrix.save(backend, state, "order_" + i, matrices.get(i));
    }
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    List<Matrix> matrices = moving();
    for (int i = 0; i < matrices.size(); i++) {
      SavedMatrix.restore(backend, state, "order_" + i, matrices.get(i));
    }
  }
}
