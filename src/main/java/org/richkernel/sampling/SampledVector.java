package org.richkernel.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.richkernel.solver.SolverState;

/**
 * A vector with Monte Carlo error: its value and a factor of the covariance of its error,
 *
 * <pre>  C = sum_b d_b d_b^T,</pre>
 *
 * from which the errors of the entries and of functions of the vector follow.
 *
 * @param value the vector
 * @param deviations d_b, each as long as the vector; none where the vector is exact
 * @param degreesOfFreedom of C
 */
@SuppressWarnings("ArrayRecordComponent")
public record SampledVector(double[] value, List<double[]> deviations, double degreesOfFreedom) {
  /** Fewest degrees of freedom that the batches of chains are given. */
  private static final double LEAST_FREEDOM = 3;

  /** Takes a copy of the list, not of the arrays. */
  public SampledVector {
    deviations = List.copyOf(deviations);
  }

  /** A vector without Monte Carlo error. */
  public static SampledVector exact(double[] value) {
    return new SampledVector(value, List.of(), Double.POSITIVE_INFINITY);
  }

  /** Mean of independent estimates; a single one has unknown errors. */
  public static SampledVector of(List<double[]> estimates) {
    double[] mean = new IndependentEstimates(estimates).mean();
    int count = estimates.size();
    double scale = Math.sqrt(count * (count - 1.0));
    List<double[]> deviations = new ArrayList<>();
    for (double[] estimate : estimates) {
      deviations.add(difference(estimate, mean, scale));
    }
    return new SampledVector(mean, deviations, count - 1);
  }

  /** The same errors about another value, such as that of all draws together. */
  public SampledVector about(double[] other) {
    return new SampledVector(other, deviations, degreesOfFreedom);
  }

  /**
   * Mean over Markov chains of one law, from the batches of each. The error accounts for the
   * correlation of neighbouring batches, one number for all entries.
   */
  public static SampledVector ofChains(List<BatchMeans> chains) {
    return ofChains(chains, UnaryOperator.identity());
  }

  /**
   * A smooth function of the mean over Markov chains of one law, with the error that its values at
   * the batches have.
   */
  public static SampledVector ofChains(List<BatchMeans> chains, UnaryOperator<double[]> function) {
    List<List<double[]>> all = new ArrayList<>();
    int count = 0;
    for (BatchMeans chain : chains) {
      List<double[]> own = new ArrayList<>();
      for (int b = 0; b < chain.batches(); b++) {
        own.add(function.apply(chain.batch(b)));
      }
      all.add(own);
      count += own.size();
    }
    double[] value =
        function.apply(
            new IndependentEstimates(chains.stream().map(BatchMeans::mean).toList()).mean());
    double[] centre = new double[value.length]; // of whole batches
    for (List<double[]> chain : all) {
      for (double[] batch : chain) {
        for (int i = 0; i < centre.length; i++) {
          centre[i] += batch[i] / count;
        }
      }
    }
    // chain by chain, as long vectors are large
    all.replaceAll(chain -> chain.stream().map(batch -> difference(batch, centre, 1)).toList());
    double time = correlationTime(all, count);
    double scale = Math.sqrt(time / (count * (count - 1.0)));
    List<double[]> deviations = all.stream().flatMap(List::stream).toList();
    deviations.forEach(deviation -> scale(deviation, scale));
    double freedom = count < 2 ? 0 : Math.max(LEAST_FREEDOM, count / time - 1);
    return new SampledVector(value, deviations, freedom);
  }

  /**
   * 1 + 2 rho_1 of the batches, at least 1. The subtracted mean makes every correlation of n
   * batches too small by 1/n.
   */
  private static double correlationTime(List<List<double[]>> chains, int count) {
    double squares = 0;
    double products = 0;
    int pairs = 0;
    for (List<double[]> chain : chains) {
      for (int b = 0; b < chain.size(); b++) {
        squares += dot(chain.get(b), chain.get(b)) / count;
        if (b > 0) {
          products += dot(chain.get(b - 1), chain.get(b));
          pairs++;
        }
      }
    }
    if (squares == 0 || pairs == 0) {
      return 1;
    }
    return Math.max(1, 1 + 2 * (products / pairs / squares + 1.0 / count));
  }

  private static double[] difference(double[] a, double[] b, double scale) {
    double[] difference = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = (a[i] - b[i]) / scale;
    }
    return difference;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** The vector times a constant. */
  public SampledVector times(double factor) {
    return new SampledVector(
        scaled(value, factor),
        deviations.stream().map(d -> scaled(d, factor)).toList(),
        degreesOfFreedom);
  }

  private static double[] scaled(double[] a, double factor) {
    double[] scaled = a.clone();
    scale(scaled, factor);
    return scaled;
  }

  private static void scale(double[] a, double factor) {
    for (int i = 0; i < a.length; i++) {
      a[i] *= factor;
    }
  }

  /** Sum with an independent vector; degrees of freedom of Welch and Satterthwaite. */
  public SampledVector plus(SampledVector other) {
    double[] sum = value.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += other.value[i];
    }
    List<double[]> both = new ArrayList<>(deviations);
    both.addAll(other.deviations);
    double a = variance();
    double b = other.variance();
    double freedom =
        a + b == 0
            ? Math.min(degreesOfFreedom, other.degreesOfFreedom)
            : (a + b) * (a + b) / (a * a / degreesOfFreedom + b * b / other.degreesOfFreedom);
    return new SampledVector(sum, both, freedom);
  }

  /** tr C. */
  private double variance() {
    return deviations.stream().mapToDouble(d -> dot(d, d)).sum();
  }

  /** Whether the vector has no Monte Carlo error. */
  public boolean isExact() {
    return deviations.isEmpty();
  }

  /** Standard error of every entry, with Student's factor; empty where the vector is exact. */
  public double[] standardError() {
    if (isExact()) {
      return new double[0];
    }
    double[] errors = new double[value.length];
    for (double[] d : deviations) {
      for (int i = 0; i < errors.length; i++) {
        errors[i] += d[i] * d[i];
      }
    }
    double widening = Student.widening(degreesOfFreedom);
    for (int i = 0; i < errors.length; i++) {
      errors[i] = errors[i] == 0 ? 0 : Math.sqrt(errors[i]) * widening;
    }
    return errors;
  }

  /**
   * Standard error of sum_i w_i x_i, with Student's factor; 0 where the vector is exact.
   *
   * @param weights w, as long as the vector
   */
  public double productError(double[] weights) {
    double squares = deviations.stream().mapToDouble(d -> Math.pow(dot(weights, d), 2)).sum();
    return isExact() ? 0 : Math.sqrt(squares) * Student.widening(degreesOfFreedom);
  }

  /**
   * Standard error of the loss sum_i (x_i - y_i)^2 / n of predictions x, with Student's factor: to
   * first order 4 (x - y)^T C (x - y) / n^2, and (tr C)^2 / n^2 + 2 tr C^2 / n^2 of second order,
   * bias included, which is all there is where x meets y.
   *
   * @param targets y, as long as the vector
   */
  public double lossError(double[] targets) {
    int n = value.length;
    if (isExact() || n == 0) {
      return 0;
    }
    double[] residual = difference(value, targets, 1);
    double first = 0;
    double second = 0;
    for (double[] d : deviations) {
      first += Math.pow(2 * dot(residual, d) / n, 2);
      for (double[] other : deviations) {
        second += 2 * Math.pow(dot(d, other) / n, 2);
      }
    }
    double bias = variance() / n;
    double error = Math.sqrt(first + second + bias * bias);
    return error == 0 ? 0 : error * Student.widening(degreesOfFreedom);
  }

  /** Adds the vector to a checkpoint under a name. */
  public void save(SolverState state, String name) {
    state.put(name, value);
    state.put(name + "_deviations", (double) deviations.size(), degreesOfFreedom);
    for (int b = 0; b < deviations.size(); b++) {
      state.put(name + "_deviation_" + b, deviations.get(b));
    }
  }

  /** A vector that was saved. */
  public static SampledVector restore(SolverState state, String name) {
    double[] numbers = state.doubles(name + "_deviations");
    List<double[]> deviations = new ArrayList<>();
    for (int b = 0; b < (int) numbers[0]; b++) {
      deviations.add(state.doubles(name + "_deviation_" + b));
    }
    return new SampledVector(state.doubles(name), deviations, numbers[1]);
  }
}
