package org.richkernel.limit.fewshot;

import java.util.Arrays;
import org.richkernel.limit.OutputLoss;

/**
 * The inner loop of a task in a one-hidden-layer linear network, on matrices of the size of the
 * task alone. Steps on the support images S move the readout within the span of B and the fields
 * h_S, and the fields h = A x by combinations of the same:
 *
 * <pre>
 *   B_k = B P + h_S^T C,   h_k = h + G (X B^T + Y h_S),   G = x x_S^T
 *   f_k = h_k M B_k = F P + H C + G [X (V P + F_S^T C) + Y (F_S P + H_S C)]
 * </pre>
 *
 * with F = h M B, H = h M h_S^T, V = B^T M B at the start. A step against the mean cross-entropy's
 * derivative chi is
 *
 * <pre>
 *   X -= eta chi P^T,   Y -= eta chi C^T,   P -= eta X^T G_S chi,   C -= eta (chi + Y^T G_S chi)
 * </pre>
 *
 * with old X, Y, P, C on the right. Support rows come first.
 */
final class InnerLoop {
  private final int support;
  private final int outputs;
  private final double[] targets; // of the support, s x K
  private final double[] p; // K x K
  private final double[] c; // s x K
  private final double[] x; // s x K
  private final double[] y; // s x s
  private final double[] chi; // s x K
  private final double[] pulled; // G_S chi, s x K
  private final double[] logits;
  private final double[] bracket; // s x K
  private final double[] rowB; // V P + F_S^T C, K x K
  private final double[] nextP;
  private final double[] nextC;

  /**
   * @param support s, number of support images
   * @param outputs K
   */
  InnerLoop(int support, int outputs) {
    this.support = support;
    this.outputs = outputs;
    targets = Labels.oneHot(support, outputs);
    p = new double[outputs * outputs];
    c = new double[support * outputs];
    x = new double[support * outputs];
    y = new double[support * support];
    chi = new double[support * outputs];
    pulled = new double[support * outputs];
    logits = new double[support * outputs];
    bracket = new double[support * outputs];
    rowB = new double[outputs * outputs];
    nextP = new double[outputs * outputs];
    nextC = new double[support * outputs];
  }

  /**
   * A task before its first step; the arrays are not copied.
   *
   * @param inner G, n x s
   * @param fields H, n x s
   * @param initial F, n x K
   * @param readout V, K x K
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Start(double[] inner, double[] fields, double[] initial, double[] readout) {}

  /** Takes some steps from the start. */
  void adapt(Start start, double rate, int steps) {
    Arrays.fill(p, 0);
    Arrays.fill(c, 0);
    Arrays.fill(x, 0);
    Arrays.fill(y, 0);
    for (int k = 0; k < outputs; k++) {
      p[k * outputs + k] = 1;
    }
    for (int step = 0; step < steps; step++) {
      outputs(start, 0, support, logits);
      OutputLoss.CROSS_ENTROPY.mean(logits, targets, outputs, chi);
      step(start.inner(), rate);
    }
  }

  private void step(double[] inner, double rate) {
    for (int i = 0; i < support; i++) {
      for (int l = 0; l < outputs; l++) {
        double sum = 0;
        for (int j = 0; j < support; j++) {
          sum += inner[i * support + j] * chi[j * outputs + l];
        }
        pulled[i * outputs + l] = sum;
      }
    }
    for (int k = 0; k < outputs; k++) {
      for (int l = 0; l < outputs; l++) {
        double sum = 0;
        for (int i = 0; i < support; i++) {
          sum += x[i * outputs + k] * pulled[i * outputs + l];
        }
        nextP[k * outputs + l] = p[k * outputs + l] - rate * sum;
      }
    }
    for (int i = 0; i < support; i++) {
      for (int l = 0; l < outputs; l++) {
        double sum = chi[i * outputs + l];
        for (int j = 0; j < support; j++) {
          sum += y[j * support + i] * pulled[j * outputs + l];
        }
        nextC[i * outputs + l] = c[i * outputs + l] - rate * sum;
      }
    }
    for (int i = 0; i < support; i++) {
      for (int l = 0; l < outputs; l++) {
        for (int k = 0; k < outputs; k++) {
          x[i * outputs + k] -= rate * chi[i * outputs + l] * p[k * outputs + l];
        }
        for (int j = 0; j < support; j++) {
          y[i * support + j] -= rate * chi[i * outputs + l] * c[j * outputs + l];
        }
      }
    }
    System.arraycopy(nextP, 0, p, 0, p.length);
    System.arraycopy(nextC, 0, c, 0, c.length);
  }

  /**
   * Outputs after the steps taken.
   *
   * @param from first row of the task
   * @param count rows
   * @param target count x K
   */
  void outputs(Start start, int from, int count, double[] target) {
    // V P + F_S^T C
    for (int k = 0; k < outputs; k++) {
      for (int l = 0; l < outputs; l++) {
        double sum = 0;
        for (int m = 0; m < outputs; m++) {
          sum += start.readout()[k * outputs + m] * p[m * outputs + l];
        }
        for (int i = 0; i < support; i++) {
          sum += start.initial()[i * outputs + k] * c[i * outputs + l];
        }
        rowB[k * outputs + l] = sum;
      }
    }
    // F P + H C, on the support
    for (int i = 0; i < support; i++) {
      plain(start, i, bracket, i);
    }
    // X (..) + Y (..)
    double[] moved = pulled;
    for (int i = 0; i < support; i++) {
      for (int l = 0; l < outputs; l++) {
        double sum = 0;
        for (int k = 0; k < outputs; k++) {
          sum += x[i * outputs + k] * rowB[k * outputs + l];
        }
        for (int j = 0; j < support; j++) {
          sum += y[i * support + j] * bracket[j * outputs + l];
        }
        moved[i * outputs + l] = sum;
      }
    }
    for (int r = 0; r < count; r++) {
      plain(start, from + r, target, r);
      for (int l = 0; l < outputs; l++) {
        double sum = target[r * outputs + l];
        for (int i = 0; i < support; i++) {
          sum += start.inner()[(from + r) * support + i] * moved[i * outputs + l];
        }
        target[r * outputs + l] = sum;
      }
    }
  }

  private void plain(Start start, int row, double[] target, int at) {
    for (int l = 0; l < outputs; l++) {
      double sum = 0;
      for (int k = 0; k < outputs; k++) {
        sum += start.initial()[row * outputs + k] * p[k * outputs + l];
      }
      for (int i = 0; i < support; i++) {
        sum += start.fields()[row * support + i] * c[i * outputs + l];
      }
      target[at * outputs + l] = sum;
    }
  }

  /** P, K x K. */
  double[] readoutShare() {
    return p;
  }

  /** C, s x K. */
  double[] supportShare() {
    return c;
  }

  /**
   * Derivative of the outer loss with respect to B through the fields of the queries: B takes X^T g
   * and h_S takes Y^T g with g = G_Q^T chi_Q.
   *
   * @param outer chi_Q, q x K
   * @param byReadout X^T g, K x K, added to
   * @param bySupport receives Y^T g, s x K
   */
  void pullBack(
      double[] inner, int queries, double[] outer, double[] byReadout, double[] bySupport) {
    double[] g = pulled;
    Arrays.fill(g, 0);
    for (int r = 0; r < queries; r++) {
      for (int i = 0; i < support; i++) {
        double weight = inner[(support + r) * support + i];
        for (int l = 0; l < outputs; l++) {
          g[i * outputs + l] += weight * outer[r * outputs + l];
        }
      }
    }
    for (int i = 0; i < support; i++) {
      for (int k = 0; k < outputs; k++) {
        for (int l = 0; l < outputs; l++) {
          byReadout[k * outputs + l] += x[i * outputs + k] * g[i * outputs + l];
        }
      }
    }
    for (int j = 0; j < support; j++) {
      for (int l = 0; l < outputs; l++) {
        double sum = 0;
        for (int i = 0; i < support; i++) {
          sum += y[i * support + j] * g[i * outputs + l];
        }
        bySupport[j * outputs + l] = sum;
      }
    }
  }
}
