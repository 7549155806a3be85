package org.richkernel.solver;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Descends a smooth function of many variables: limited-memory BFGS (Nocedal 1980,
 * doi:10.1090/S0025-5718-1980-0572855-7) with steps halved until the function falls enough.
 */
public final class QuasiNewtonDescent {
  private static final int MEMORY = 30;
  private static final int MOST_HALVINGS = 60;
  private static final double ENOUGH = 1e-4; // of the decrease that the slope promises
  private static final double ROUNDING = 1e-13;

  /** A function and its gradient. */
  @FunctionalInterface
  public interface Objective {
    /**
     * The value at x.
     *
     * @param gradient receives the gradient
     * @return the value, or +infinity outside of the domain, where the gradient is ignored
     */
    double evaluate(double[] x, double[] gradient);
  }

  /**
   * Where a descent ended.
   *
   * @param x position
   * @param value there
   * @param slope norm of the gradient there
   * @param steps that were taken
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record End(double[] x, double value, double slope, int steps) {}

  private record Pair(double[] move, double[] change, double curvature) {}

  private QuasiNewtonDescent() {}

  /**
   * Descends until the gradient is short, no step lowers the function any more, or the steps are
   * used up.
   *
   * @param start within the domain; not changed
   * @param slope norm of the gradient to be reached, relative to that of x
   * @param mostSteps at most
   */
  public static End descend(Objective objective, double[] start, double slope, int mostSteps) {
    double[] x = start.clone();
    double[] gradient = new double[x.length];
    double value = objective.evaluate(x, gradient);
    Deque<Pair> pairs = new ArrayDeque<>();
    int step = 0;
    while (step < mostSteps && norm(gradient) > slope * norm(x)) {
      double[] direction = direction(gradient, pairs);
      double descent = dot(direction, gradient);
      if (!(descent < 0)) {
        pairs.clear();
        direction = direction(gradient, pairs);
        descent = dot(direction, gradient);
      }
      double length = pairs.isEmpty() ? Math.min(1, norm(x) / norm(gradient)) : 1;
      double[] next = new double[x.length];
      double[] nextGradient = new double[x.length];
      double nextValue = Double.NaN;
      int halvings = 0;
      for (; halvings < MOST_HALVINGS; halvings++, length /= 2) {
        for (int i = 0; i < x.length; i++) {
          next[i] = x[i] + length * direction[i];
        }
        nextValue = objective.evaluate(next, nextGradient);
        if (falls(value, nextValue, length * descent, gradient, nextGradient)) {
          break;
        }
      }
      if (halvings == MOST_HALVINGS) {
        if (pairs.isEmpty()) {
          break; // rounding
        }
        pairs.clear();
        continue;
      }
      remember(pairs, x, next, gradient, nextGradient);
      x = next;
      gradient = nextGradient;
      value = nextValue;
      step++;
    }
    return new End(x, value, norm(gradient), step);
  }

  /** Whether the function falls enough, or, where that is lost in rounding, the gradient does. */
  private static boolean falls(
      double from, double to, double promised, double[] gradient, double[] nextGradient) {
    double rounding = ROUNDING * (1 + Math.abs(from));
    if (to <= from + ENOUGH * promised && to < from - rounding) {
      return true;
    }
    return to <= from + rounding && norm(nextGradient) < norm(gradient);
  }

  private static void remember(
      Deque<Pair> pairs, double[] x, double[] next, double[] gradient, double[] nextGradient) {
    double[] move = new double[x.length];
    double[] change = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      move[i] = next[i] - x[i];
      change[i] = nextGradient[i] - gradient[i];
    }
    double curvature = dot(move, change);
    if (curvature > 1e-12 * norm(move) * norm(change)) {
      pairs.addLast(new Pair(move, change, curvature));
      if (pairs.size() > MEMORY) {
        pairs.removeFirst();
      }
    }
  }

  /** Minus the approximate inverse of the second derivatives times the gradient. */
  private static double[] direction(double[] gradient, Deque<Pair> pairs) {
    double[] q = gradient.clone();
    double[] weights = new double[pairs.size()];
    int i = weights.length;
    for (Iterator<Pair> newest = pairs.descendingIterator(); newest.hasNext(); ) {
      Pair pair = newest.next();
      weights[--i] = dot(pair.move, q) / pair.curvature;
      add(-weights[i], pair.change, q);
    }
    if (!pairs.isEmpty()) {
      Pair last = pairs.getLast();
      double scale = last.curvature / dot(last.change, last.change);
      for (int k = 0; k < q.length; k++) {
        q[k] *= scale;
      }
    }
    for (Pair pair : pairs) {
      add(weights[i++] - dot(pair.change, q) / pair.curvature, pair.move, q);
    }
    for (int k = 0; k < q.length; k++) {
      q[k] = -q[k];
    }
    return q;
  }

  private static void add(double factor, double[] from, double[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] += factor * from[i];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double norm(double[] a) {
    return Math.sqrt(dot(a, a));
  }
}
