package org.richkernel.finite;

/** Dependence of the richness on the width of a network. */
public enum WidthScale {
  /** The same gamma at every width, so that features learn at every width. */
  MEAN_FIELD {
    @Override
    public double gamma(double gamma, int width, int smallest) {
      return gamma;
    }
  },
  /** gamma falls like 1 / sqrt(N), so that wide networks are lazy: f of order w . phi / sqrt(N). */
  NTK {
    @Override
    public double gamma(double gamma, int width, int smallest) {
      return gamma * Math.sqrt(smallest / (double) width);
    }
  };

  /**
   * The richness of a network.
   *
   * @param gamma that of the smallest width
   */
  public abstract double gamma(double gamma, int width, int smallest);
}
