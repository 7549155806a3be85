package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.solver.SolverState;

/**
 * Distance of a flow from its fixed point, estimated from its recent moves. A small velocity does
 * not imply a small distance, as a slow decay moves little per time.
 *
 * <p>Outputs, feature kernel and tangent kernel are kept at the last three of a sequence of times
 * with ratio sqrt(2). With d_1 and d_2, the moves between them, a decay at the rate r of |d_1| and
 * |d_2| leaves a distance |d_2| / (e^{r w} - 1), w being the time of the second move. Several rates
 * dominate one after the other, the slowest last, so the estimate is at least |d_2|, the move of
 * the last 30 % of all time. Without a visible decay the estimate is {@value #SLOWEST} |d_2|. A
 * single number may be at a turning point; its move is the larger of the last one and of the one
 * before times the decay of its kind. Neurons that linger on saddles are not visible before they
 * leave: each counts with its share of every number, see {@link SaddleNeurons}.
 */
final class RestDistance {
  private static final double SPACING = Math.sqrt(2);

  /** Largest ratio of the distance to the last move. */
  private static final double SLOWEST = 10;

  /** Checks before the last time of the problem. */
  private static final int CHECKS = 40;

  private static final int KEPT = 3;

  private final DynamicsProblem problem;
  private final double limit;
  private final List<Seen> seen = new ArrayList<>(); // oldest first
  private int next = CHECKS;
  private double lingering = Double.NaN; // fraction of neurons on saddles, if known

  /** A state of the flow. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Seen(double time, double[] outputs, LayerKernels kernels) {}

  RestDistance(DynamicsProblem problem) {
    this.problem = problem;
    limit = problem.options().steps() * problem.options().stepSize();
  }

  /** Bytes of the kept states, with their checkpoint. */
  static long bytes(DynamicsProblem problem) {
    long points = problem.points();
    return 2L * KEPT * Double.BYTES * points * (2 * points + problem.outputs());
  }

  private double check(int index) {
    return limit * Math.pow(SPACING, -index) * (1 - 1e-12);
  }

  /** Whether the state at a time is due. */
  boolean due(double time) {
    return next >= 0 && time >= check(next);
  }

  /** Adds a state; the arrays must not change afterwards. */
  void take(double time, double[] outputs, LayerKernels kernels) {
    while (due(time)) {
      next--;
    }
    lingering = Double.NaN;
    seen.add(new Seen(time, outputs, kernels));
    if (seen.size() > KEPT) {
      seen.remove(0);
    }
  }

  /** Sets the fraction of the neurons that linger on saddles, until the next state. */
  void takeLingering(double share) {
    lingering = share;
  }

  /** Whether the fraction of the neurons on saddles is known. */
  boolean knowsLingering() {
    return !Double.isNaN(lingering);
  }

  /**
   * The largest distance of outputs, Phi and K from rest, relative to |y| per point, |Phi| and |K|;
   * infinite before three states are known.
   */
  double relative() {
    if (seen.size() < KEPT) {
      return Double.POSITIVE_INFINITY;
    }
    double outputs = norm(last(2).outputs());
    double y = norm(problem.trainTargets().toArray());
    double scale = y * Math.sqrt(problem.points() / (double) problem.trainPoints());
    double largest = outputs == 0 ? 0 : left(this::outputs) * move(this::outputs) / scale;
    largest = knowsLingering() ? Math.max(largest, lingering) : largest;
    for (Numbers numbers : List.<Numbers>of(this::feature, this::tangent)) {
      double size = norm(numbers.of(last(2)));
      largest = Math.max(largest, size == 0 ? 0 : left(numbers) * move(numbers) / size);
    }
    return largest;
  }

  /**
   * Distance of each number from rest at the last time of a course, zero at the times before; NaN
   * before three states are known. The residual is added in quadrature, relative to each number or
   * its kind, since steps of finite accuracy let all of them fluctuate about the fixed point by
   * about this much. The fraction of the neurons that linger on saddles is added likewise.
   *
   * @param course of the flow, with its first kernels before training
   * @param missed residual of the fixed-point equations, relative to |y|
   */
  Trajectory left(Trajectory course, double missed) {
    double residual = knowsLingering() ? Math.hypot(missed, lingering) : missed;
    Trajectory none = Trajectory.combine(List.of(course), values -> 0);
    double unknown = seen.size() < KEPT ? Double.NaN : 0;
    if (none.kernels().size() < 2) {
      return none;
    }
    int end = course.kernels().size() - 1;
    LayerKernels zero = none.kernels().get(end);
    double[] outputs = none.outputs();
    double[] train = none.trainLoss();
    double[] test = none.testLoss();
    double[] phi = zero.feature().get(0);
    double[] g = zero.gradient().get(0);
    KernelCourse numbers = none.course();
    double[] moved = seen.size() == KEPT ? moves(this::outputs) : new double[0];
    int width = problem.points() * problem.outputs();
    int start = (course.times() - 1) * width;
    double[] y = problem.trainTargets().toArray();
    double waver = residual * norm(y) / Math.sqrt(y.length);
    for (int i = 0; i < width; i++) {
      outputs[start + i] =
          moved.length == 0 ? unknown : Math.hypot(waver, left(this::outputs) * moved[i]);
    }
    fill(train, moved.length == 0 ? unknown : lossLeft(0, waver));
    fill(test, moved.length == 0 ? unknown : lossLeft(1, waver));
    if (moved.length == 0) {
      Arrays.fill(phi, unknown);
      Arrays.fill(g, unknown);
      zero.tangent().ifPresent(k -> Arrays.fill(k, unknown));
      setNumbers(numbers, List.of(), course, residual);
      return none;
    }
    set(phi, this::feature, residual);
    set(g, this::gradient, residual);
    zero.tangent().ifPresent(k -> set(k, this::tangent, residual));
    setNumbers(numbers, seen.stream().map(Seen::kernels).toList(), course, residual);
    return none;
  }

  /** Alignment, trace, norm and movement of Phi and K at the last recorded time. */
  private void setNumbers(
      KernelCourse target, List<LayerKernels> ends, Trajectory course, double residual) {
    int last = target.alignment().length - 2;
    List<LayerKernels> chain = new ArrayList<>(List.of(course.kernels().get(0)));
    chain.addAll(ends);
    KernelCourse seenNumbers = KernelCourse.of(chain, problem);
    List<double[]> targets =
        List.of(target.alignment(), target.trace(), target.frobenius(), target.movement());
    List<double[]> sources =
        List.of(
            seenNumbers.alignment(),
            seenNumbers.trace(),
            seenNumbers.frobenius(),
            seenNumbers.movement());
    for (int kind = 0; kind < targets.size(); kind++) {
      for (int l = 0; l < 2; l++) {
        double[] source = sources.get(kind);
        Numbers of = l == 0 ? this::feature : this::tangent;
        targets.get(kind)[last + l] =
            ends.isEmpty()
                ? Double.NaN
                : Math.hypot(
                    residual * source[6 + l],
                    left(of) * taken(source[2 + l], source[4 + l], source[6 + l], decay(of)));
      }
    }
  }

  private static void fill(double[] losses, double value) {
    if (losses.length > 0) {
      losses[losses.length - 1] = value;
    }
  }

  private double lossLeft(int group, double waver) {
    double now = loss(last(2), group);
    double move = taken(loss(last(0), group), loss(last(1), group), now, decay(this::outputs));
    return Math.hypot(2 * Math.sqrt(now) * waver, left(this::outputs) * move);
  }

  private double loss(Seen state, int group) {
    int train = problem.trainPoints() * problem.outputs();
    if (group == 0) {
      return TrajectoryRecorder.loss(problem.trainTargets(), state.outputs());
    }
    return problem.testTargets().rows() == 0
        ? 0
        : TrajectoryRecorder.loss(
            problem.testTargets(),
            Arrays.copyOfRange(state.outputs(), train, state.outputs().length));
  }

  private void set(double[] target, Numbers numbers, double residual) {
    double[] moved = moves(numbers);
    double factor = left(numbers);
    double waver = residual * norm(numbers.of(last(2))) / problem.points();
    for (int i = 0; i < target.length; i++) {
      target[i] = Math.hypot(waver, factor * moved[i]);
    }
  }

  /** A part of the numbers of a state. */
  private interface Numbers {
    double[] of(Seen state);
  }

  private double[] outputs(Seen state) {
    return state.outputs();
  }

  private double[] feature(Seen state) {
    return state.kernels().feature().get(0);
  }

  private double[] gradient(Seen state) {
    return state.kernels().gradient().get(0);
  }

  private double[] tangent(Seen state) {
    return problem.tangentKernel(state.kernels());
  }

  private Seen last(int index) {
    return seen.get(index);
  }

  /** Estimated last move of each number. */
  private double[] moves(Numbers numbers) {
    double[] oldest = numbers.of(last(0));
    double[] before = numbers.of(last(1));
    double[] now = numbers.of(last(2));
    double decay = decay(numbers);
    double[] moves = new double[now.length];
    Arrays.setAll(moves, i -> taken(oldest[i], before[i], now[i], decay));
    return moves;
  }

  /** The last move of a number, or the one before times the decay, if that is larger. */
  private static double taken(double oldest, double before, double now, double decay) {
    return Math.max(Math.abs(now - before), decay * Math.abs(before - oldest));
  }

  /** |d_2| / |d_1|, at most 1. */
  private double decay(Numbers numbers) {
    double before = norm(difference(numbers.of(last(1)), numbers.of(last(0))));
    return before == 0 ? 1 : Math.min(1, move(numbers) / before);
  }

  private double move(Numbers numbers) {
    return norm(difference(numbers.of(last(2)), numbers.of(last(1))));
  }

  /** Distance from rest in units of the last move, from 1 to {@link #SLOWEST}. */
  private double left(Numbers numbers) {
    double before = norm(difference(numbers.of(last(1)), numbers.of(last(0))));
    double now = move(numbers);
    if (now == 0) {
      return 1;
    }
    double first = last(1).time() - last(0).time();
    double second = last(2).time() - last(1).time();
    double rate = Math.log(before / first / (now / second)) / ((first + second) / 2);
    double left = rate > 0 ? 1 / Math.expm1(rate * second) : SLOWEST;
    return Math.max(1, Math.min(SLOWEST, left));
  }

  private static double[] difference(double[] x, double[] y) {
    double[] result = new double[x.length];
    Arrays.setAll(result, i -> x[i] - y[i]);
    return result;
  }

  private static double norm(double[] x) {
    double sum = 0;
    for (double value : x) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** Adds this to a checkpoint. */
  void save(SolverState state) {
    state.put("rest_times", seen.stream().mapToDouble(Seen::time).toArray());
    state.put("rest_next", next).put("rest_lingering", lingering);
    for (int s = 0; s < seen.size(); s++) {
      state.put("rest_outputs_" + s, seen.get(s).outputs());
      state.put("rest_phi_" + s, seen.get(s).kernels().feature().get(0));
      state.put("rest_g_" + s, seen.get(s).kernels().gradient().get(0));
      int at = s;
      seen.get(s).kernels().tangent().ifPresent(k -> state.put("rest_ntk_" + at, k));
    }
  }

  /** Restores a saved state into an empty record. */
  void restore(SolverState state) {
    next = (int) state.number("rest_next");
    lingering = state.number("rest_lingering");
    double[] times = state.doubles("rest_times");
    for (int s = 0; s < times.length; s++) {
      seen.add(
          new Seen(
              times[s],
              state.doubles("rest_outputs_" + s),
              new LayerKernels(
                  0,
                  List.of(state.doubles("rest_phi_" + s)),
                  List.of(state.doubles("rest_g_" + s)),
                  Optional.ofNullable(state.allDoubles().get("rest_ntk_" + s)))));
    }
  }
}
