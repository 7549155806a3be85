package org.richkernel.compute;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An elementwise nonlinearity phi of a network; the facade applies it to whole matrices. Its
 * definition is an {@link ActivationForm}, and for CUDA a struct of include/activations.cuh. Equal
 * activations have equal names.
 */
public final class Activation {
  private static final String LEAKY = "leaky-relu";

  /** max(h, 0). */
  public static final Activation RELU = new Activation("relu", 0, new RectifiedForm(0));

  /** tanh(h). */
  public static final Activation TANH = new Activation("tanh", 1, new TanhForm());

  /** erf(h), not erf(h / sqrt 2). */
  public static final Activation ERF = new Activation("erf", 2, new ErfForm());

  /** h. */
  public static final Activation LINEAR = new Activation("linear", 3, new LinearForm());

  /** h NormCdf(h), the Gaussian error linear unit (arXiv:1606.08415). */
  public static final Activation GELU = new Activation("gelu", 5, new GeluForm());

  /** 1 / (1 + exp(-h)). */
  public static final Activation SIGMOID = new Activation("sigmoid", 6, new SigmoidForm());

  /** ln(1 + exp(h)). */
  public static final Activation SOFTPLUS = new Activation("softplus", 7, new SoftplusForm());

  /** The words that {@link #named} takes; options show them in their help. */
  public static final String NAMES =
      "relu, leaky-relu[:SLOPE], tanh, erf, linear, gelu, sigmoid or softplus";

  private static final double LEAKY_SLOPE = 0.01;

  private final String id;
  private final int number;
  private final ActivationForm form;

  private Activation(String id, int number, ActivationForm form) {
    this.id = id;
    this.number = number;
    this.form = form;
  }

  /**
   * max(h, 0) + slope min(h, 0).
   *
   * @param slope above 0 and below 1
   * @throws IllegalArgumentException for another slope
   */
  public static Activation leakyRelu(double slope) {
    if (!(slope > 0 && slope < 1)) {
      throw new IllegalArgumentException("the slope of " + LEAKY + " must be between 0 and 1");
    }
    return new Activation(LEAKY + ":" + slope, 4, new RectifiedForm(slope));
  }

  /** One of each kind; leaky-relu with its default slope of 0.01. */
  public static List<Activation> all() {
    return List.of(RELU, leakyRelu(LEAKY_SLOPE), TANH, ERF, LINEAR, GELU, SIGMOID, SOFTPLUS);
  }

  /**
   * The activation of a name, in upper or lower case; leaky-relu may have a slope behind a colon.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Activation named(String name) {
    String word = name.toLowerCase(Locale.ROOT).replace('_', '-');
    if (word.startsWith(LEAKY + ":")) {
      try {
        return leakyRelu(Double.parseDouble(word.substring(LEAKY.length() + 1)));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "give a number behind the colon, such as " + LEAKY + ":0.2", e);
      }
    }
    for (Activation each : all()) {
      if (each.id.equals(word) || (word.equals(LEAKY) && each.id.startsWith(LEAKY))) {
        return each;
      }
    }
    throw new IllegalArgumentException("use " + NAMES);
  }

  /** The name used on the command line and in result files. */
  public String id() {
    return id;
  }

  /** phi(h) in double precision: the definition that every backend is tested against. */
  public double value(double h) {
    return form.value(h);
  }

  /** phi'(h); at a kink that of the left side. */
  public double derivative(double h) {
    return form.derivative(h);
  }

  /** phi''(h) away from kinks; 0 at a kink. */
  public double curvature(double h) {
    return form.curvature(h);
  }

  /** Whether |phi| has an upper bound. */
  public boolean isBounded() {
    return form.isBounded();
  }

  /** Whether phi(-h) = -phi(h). */
  public boolean isOdd() {
    return form.isOdd();
  }

  /** Whether phi' jumps at 0. */
  public boolean hasKink() {
    return form.hasKink();
  }

  /** Whether phi(c h) = c phi(h) for c &gt; 0. */
  public boolean isHomogeneous() {
    return form.isHomogeneous();
  }

  /** Whether {@link #dual} is there; otherwise its Hermite series is to be summed. */
  public boolean hasClosedDual() {
    return form.hasClosedDual();
  }

  /**
   * E[phi(u) phi(v)] and E[phi'(u) phi'(v)] of n Gaussian pairs with a common u.
   *
   * @param a Var u, at least 0
   * @param b n variances of v
   * @param covariance n covariances, cut to |c| &lt;= sqrt(a b); receives the values
   * @param slope receives the slopes
   */
  public void dual(double a, double[] b, double[] covariance, double[] slope, int n) {
    form.dual(a, b, covariance, slope, n);
  }

  /** E phi(h)^2 for h ~ N(0, variance), in closed form. */
  public double secondMoment(double variance) {
    return form.secondMoment(variance);
  }

  /** E phi'(h)^2 for h ~ N(0, variance), in closed form. */
  public double slopeMoment(double variance) {
    return form.slopeMoment(variance);
  }

  /** d E phi(h)^2 / d variance for h ~ N(0, variance), in closed form. */
  public double momentGrowth(double variance) {
    return form.momentGrowth(variance);
  }

  /** h = phi(h) for the first n of some numbers. */
  public void apply(float[] h, int n) {
    form.values(h, n);
  }

  /** h = phi(h) and slope = phi'(h) for the first n. */
  public void applyWithSlope(float[] h, float[] slope, int n) {
    form.valuesAndSlopes(h, slope, n);
  }

  /**
   * As {@link #applyWithSlope}, with a kink resolved under a pull: phi' is ramped over |h| &lt;
   * reach |pull| / 2.
   *
   * @param slope the pulls, and then the slopes
   */
  public void applySliding(float[] h, float[] reach, float[] slope, int n) {
    form.sliding(h, reach, slope, n);
  }

  /**
   * h = E phi(h + s z), z ~ N(0, 1), for the first n.
   *
   * @param s deviations, at least 0
   * @param first as long as h; its contents are lost, as are those of second
   */
  public void applySmoothed(float[] h, float[] s, float[] first, float[] second, int n) {
    form.smoothed(h, s, first, second, n);
  }

  /** Its number in include/activations.cuh. */
  public int number() {
    return number;
  }

  /** The number that its struct there takes: the slope of leaky-relu, otherwise 0. */
  public double parameter() {
    return form.parameter();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Activation activation && id.equals(activation.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id;
  }
}
