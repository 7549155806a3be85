package org.richkernel.dynamics;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;

/**
 * An activation and its first three derivatives at given preactivations, each S x M, float32.
 *
 * @param value phi(h)
 * @param first phi'(h)
 * @param second phi''(h)
 * @param third phi'''(h)
 */
record ActivationDerivatives(Matrix value, Matrix first, Matrix second, Matrix third) {
  /**
   * Refuses an activation without an implemented third derivative.
   *
   * @throws InvalidProblemException for all but tanh, erf and linear
   */
  static void requireSmooth(Activation activation) {
    if (!activation.isOdd()) {
      throw new InvalidProblemException(
          "activation",
          activation.id(),
          "perturbation theory needs three derivatives; use tanh, erf or linear");
    }
  }

  static void plan(MemoryPlan plan, String name, int samples, int points) {
    for (int order = 0; order < 4; order++) {
      plan.add(label(name, order), Precision.FLOAT32, samples, points);
    }
  }

  private static String label(String name, int order) {
    return name + ", derivative " + order;
  }

  /**
   * Computes value and derivatives in the planned matrices.
   *
   * @param h preactivations, S x M; unchanged
   */
  static ActivationDerivatives of(
      Backend backend, Workspace memory, String name, Activation activation, Matrix h) {
    ActivationDerivatives q =
        new ActivationDerivatives(
            memory.get(label(name, 0)),
            memory.get(label(name, 1)),
            memory.get(label(name, 2)),
            memory.get(label(name, 3)));
    backend.activateWithDerivative(activation, h, q.value, q.first);
    if (activation.equals(Activation.TANH)) {
      // phi'' = -2 phi phi',  phi''' = 4 phi' - 6 phi' phi'
      product(backend, q.value, q.first, q.second);
      backend.scale(-2, q.second);
      product(backend, q.first, q.first, q.third);
      backend.scale(-6, q.third);
      backend.axpy(4, q.first, q.third);
    } else if (activation.equals(Activation.ERF)) {
      // phi'' = -2 h phi',  phi''' = -2 (phi' + h phi'')
      product(backend, h, q.first, q.second);
      backend.scale(-2, q.second);
      product(backend, h, q.second, q.third);
      backend.axpy(1, q.first, q.third);
      backend.scale(-2, q.third);
    } else {
      requireSmooth(activation);
      backend.fill(0, q.second);
      backend.fill(0, q.third);
    }
    return q;
  }

  /** target = x o y. */
  static void product(Backend backend, Matrix x, Matrix y, Matrix target) {
    backend.copy(x, target);
    backend.multiply(y, target);
  }
}
