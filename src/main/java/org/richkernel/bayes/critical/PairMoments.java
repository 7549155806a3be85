package org.richkernel.bayes.critical;

import java.util.Arrays;
import java.util.Set;
import org.richkernel.compute.Activation;
import org.richkernel.lazy.ActivationMoments;
import org.richkernel.lazy.HermiteSeries;
import org.richkernel.lazy.LogisticMixture;
import org.richkernel.network.InvalidProblemException;

/**
 * Gaussian expectations of an activation at pairs of points with given variances.
 *
 * <p>With F(a, c, b) = E[phi(u) phi(v)] for Var u = a, Cov(u, v) = c, Var v = b (Price's theorem):
 *
 * <pre>  dF/dc = E[phi'(u) phi'(v)],   dF/da = E[phi''(u) phi(v)] / 2.</pre>
 *
 * <p>ReLU's dF/da follows from F being homogeneous of degree one, so that its kink needs no second
 * derivative: 2 a dF/da + c dF/dc = F.
 */
abstract class PairMoments {
  private static final Set<Activation> KNOWN =
      Set.of(Activation.RELU, Activation.TANH, Activation.ERF, Activation.LINEAR);

  /** Variances of the points. */
  final double[] variance;

  /** F at the last pair. */
  double value;

  /** dF/dc at the last pair. */
  double slope;

  /** dF/da, a the variance of the first point, at the last pair. */
  double rowCurvature;

  private final ActivationMoments moments;

  PairMoments(Activation activation, double[] variance) {
    this.variance = variance;
    this.moments = new ActivationMoments(activation, largest(variance));
  }

  private static double largest(double[] variance) {
    return Arrays.stream(variance).reduce(0, Math::max);
  }

  /** Evaluates at the variances of points i and j with a covariance between them. */
  abstract void evaluate(int i, int j, double covariance);

  /** E[phi(u) phi(v)] at the last pair. */
  final double value() {
    return value;
  }

  /** E[phi'(u) phi'(v)] at the last pair. */
  final double slope() {
    return slope;
  }

  /** E[phi''(u) phi(v)] / 2 at the last pair. */
  final double rowCurvature() {
    return rowCurvature;
  }

  /** E phi^2 at point i. */
  final double ownValue(int i) {
    return moments.value(variance[i]);
  }

  /** E phi'^2 at point i. */
  final double ownSlope(int i) {
    return moments.slope(variance[i]);
  }

  /** d E phi^2 / d variance at point i. */
  final double ownGrowth(int i) {
    return moments.growth(variance[i]);
  }

  /** E phi' at point i: the linear part of the activation. */
  abstract double gain(int i);

  /**
   * Refuses an activation without implemented moments.
   *
   * @throws InvalidProblemException for all but relu, tanh, erf and linear
   */
  static void requireKnown(Activation activation) {
    if (!KNOWN.contains(activation)) {
      throw new InvalidProblemException(
          "activation", activation.id(), "this theory takes relu, tanh, erf or linear");
    }
  }

  /** The moments of an activation. */
  static PairMoments of(Activation activation, double[] variance) {
    requireKnown(activation);
    if (activation.equals(Activation.LINEAR)) {
      return new Linear(variance);
    }
    if (activation.equals(Activation.RELU)) {
      return new Relu(variance);
    }
    if (activation.equals(Activation.ERF)) {
      return new Erf(variance);
    }
    return largest(variance) > LogisticMixture.largestSeriesVariance(activation)
        ? new Mixture(variance)
        : new Series(variance);
  }

  private static final class Linear extends PairMoments {
    Linear(double[] variance) {
      super(Activation.LINEAR, variance);
    }

    @Override
    double gain(int i) {
      return 1;
    }

    @Override
    void evaluate(int i, int j, double covariance) {
      value = covariance;
      slope = 1;
      rowCurvature = 0;
    }
  }

  /** Arc-cosine kernels of degrees 1 and 0 (Cho and Saul 2009). */
  private static final class Relu extends PairMoments {
    Relu(double[] variance) {
      super(Activation.RELU, variance);
    }

    @Override
    double gain(int i) {
      return 0.5;
    }

    @Override
    void evaluate(int i, int j, double covariance) {
      double scale = Math.sqrt(variance[i] * variance[j]);
      if (scale == 0) {
        value = 0;
        slope = 0.25;
        rowCurvature = 0;
        return;
      }
      double cosine = Math.max(-1, Math.min(1, covariance / scale));
      double sine = Math.sqrt((1 - cosine) * (1 + cosine));
      double angle = Math.acos(cosine);
      value = scale * (sine + (Math.PI - angle) * cosine) / (2 * Math.PI);
      slope = (Math.PI - angle) / (2 * Math.PI);
      // (F - c dF/dc) / (2 a)
      rowCurvature = scale * sine / (4 * Math.PI * variance[i]);
    }
  }

  /** Arc-sine kernel (Williams 1997). */
  private static final class Erf extends PairMoments {
    Erf(double[] variance) {
      super(Activation.ERF, variance);
    }

    @Override
    double gain(int i) {
      return 2 / Math.sqrt(Math.PI * (1 + 2 * variance[i]));
    }

    @Override
    void evaluate(int i, int j, double covariance) {
      double scale = Math.sqrt((1 + 2 * variance[i]) * (1 + 2 * variance[j]));
      double x = 2 * covariance / scale;
      double derivative = 2 / Math.PI / Math.sqrt(1 - x * x);
      value = 2 / Math.PI * Math.asin(x);
      slope = derivative * 2 / scale;
      rowCurvature = -derivative * x / (1 + 2 * variance[i]);
    }
  }

  /** Mehler's formula with the Hermite coefficients of every point. */
  private static final class Series extends PairMoments {
    private final int terms;
    private final double[] coefficients;

    Series(double[] variance) {
      super(Activation.TANH, variance);
      HermiteSeries series = HermiteSeries.upTo(Activation.TANH, largest(variance), 1);
      terms = series.degree() + 1;
      coefficients = new double[variance.length * terms];
      for (int i = 0; i < variance.length; i++) {
        series.coefficients(variance[i], coefficients, i * terms);
      }
    }

    @Override
    double gain(int i) {
      return coefficients[i * terms + 1] / Math.sqrt(HermiteSeries.floor(variance[i]));
    }

    @Override
    void evaluate(int i, int j, double covariance) {
      double a = HermiteSeries.floor(variance[i]);
      double scale = Math.sqrt(a * HermiteSeries.floor(variance[j]));
      double rho = Math.max(-1, Math.min(1, covariance / scale));
      value = 0;
      slope = 0;
      rowCurvature = 0;
      double before = 0; // rho^(n - 2)
      double power = 1; // rho^(n - 1)
      for (int n = 1; n < terms; n++) {
        double own = coefficients[i * terms + n];
        double other = coefficients[j * terms + n];
        value += own * other * power * rho;
        slope += n * own * other * power;
        if (n >= 2) {
          // sqrt(a) d/dz twice: he_n'' = sqrt(n (n - 1)) he_{n-2}
          rowCurvature += Math.sqrt(n * (n - 1.0)) * own * coefficients[j * terms + n - 2] * before;
        }
        before = power;
        power *= rho;
      }
      slope /= scale;
      rowCurvature /= 2 * a;
    }
  }

  /** An average of arc-sine kernels, for variances at which the series would be too long. */
  private static final class Mixture extends PairMoments {
    Mixture(double[] variance) {
      super(Activation.TANH, variance);
    }

    @Override
    double gain(int i) {
      return LogisticMixture.gain(variance[i]);
    }

    @Override
    void evaluate(int i, int j, double covariance) {
      LogisticMixture.Moments moments = LogisticMixture.pair(variance[i], covariance, variance[j]);
      value = moments.value();
      slope = moments.slope();
      rowCurvature = moments.rowCurvature();
    }
  }
}
