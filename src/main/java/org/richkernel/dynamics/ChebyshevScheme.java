package org.richkernel.dynamics;

/**
 * Coefficients of the stabilised explicit Runge-Kutta-Chebyshev method of second order with s
 * stages (Sommeijer, Shampine and Verwer, J. Comput. Appl. Math. 88, 315, 1998): stable for decay
 * rates up to about 0.65 s^2 / dt, where Euler's method with as many evaluations allows 2 s / dt.
 *
 * <pre>  Y_1 = Y_0 + first dt F_0
 *  Y_j = start_j Y_0 + last_j Y_{j-1} + before_j Y_{j-2} + rate_j dt F_{j-1} + startRate_j dt F_0
 * </pre>
 *
 * <p>Y_s is the result. Arrays are indexed by j = 2 .. s.
 */
@SuppressWarnings("ArrayRecordComponent")
record ChebyshevScheme(
    int stages,
    double first,
    double[] start,
    double[] last,
    double[] before,
    double[] rate,
    double[] startRate) {
  static final int FEWEST_STAGES = 2;

  /** Largest number of stages; more amplify rounding to float32. */
  static final int MOST_STAGES = 100;

  /** Damping: no mode is multiplied by more than 1 - 2/3 of this. */
  private static final double DAMPING = 2.0 / 13;

  /** Used fraction of the stable range, as the spectrum is neither real nor constant. */
  private static final double USED = 0.95;

  /** Chebyshev polynomials at w0 with two derivatives, degrees 0 to s. */
  private record Polynomials(double w0, double[] t, double[] d, double[] dd) {
    static Polynomials of(int s) {
      double w0 = 1 + DAMPING / ((double) s * s);
      double[] t = new double[s + 1];
      double[] d = new double[s + 1];
      double[] dd = new double[s + 1];
      t[0] = 1;
      t[1] = w0;
      d[1] = 1;
      for (int j = 2; j <= s; j++) {
        t[j] = 2 * w0 * t[j - 1] - t[j - 2];
        d[j] = 2 * t[j - 1] + 2 * w0 * d[j - 1] - d[j - 2];
        dd[j] = 4 * d[j - 1] + 2 * w0 * dd[j - 1] - dd[j - 2];
      }
      return new Polynomials(w0, t, d, dd);
    }

    double w1() {
      int s = t.length - 1;
      return d[s] / dd[s];
    }
  }

  /** Largest dt times rate for which s stages are stable. */
  static double reach(int stages) {
    Polynomials p = Polynomials.of(stages);
    return USED * (p.w0() + 1) / p.w1();
  }

  /** Smallest number of stages that is stable for dt times rate; at most {@link #MOST_STAGES}. */
  static int stagesFor(double product) {
    int stages = FEWEST_STAGES;
    while (stages < MOST_STAGES && reach(stages) < product) {
      stages++;
    }
    return stages;
  }

  /** The method with s stages, at least 2. */
  static ChebyshevScheme of(int s) {
    Polynomials p = Polynomials.of(s);
    double w0 = p.w0();
    double w1 = p.w1();
    double[] b = new double[s + 1];
    for (int j = 2; j <= s; j++) {
      b[j] = p.dd()[j] / (p.d()[j] * p.d()[j]);
    }
    b[0] = b[2];
    b[1] = b[2];
    double[] start = new double[s + 1];
    double[] last = new double[s + 1];
    double[] before = new double[s + 1];
    double[] rate = new double[s + 1];
    double[] startRate = new double[s + 1];
    for (int j = 2; j <= s; j++) {
      last[j] = 2 * b[j] * w0 / b[j - 1];
      before[j] = -b[j] / b[j - 2];
      start[j] = 1 - last[j] - before[j];
      rate[j] = 2 * b[j] * w1 / b[j - 1];
      startRate[j] = -(1 - b[j - 1] * p.t()[j - 1]) * rate[j];
    }
    return new ChebyshevScheme(s, b[1] * w1, start, last, before, rate, startRate);
  }
}
