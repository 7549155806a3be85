package org.richkernel.network;

/**
 * Images without random numbers, x_{mu,c,i,j} = cos(1 + mu + (mu + 1)(3 i + 5 j + 7 c)), 4 x 4 with
 * two channels, and networks on them whose numbers are known from an independent computation.
 */
public final class OracleImages {
  /** The shape of the images. */
  public static final ImageShape SHAPE = new ImageShape(4, 4, 2);

  private OracleImages() {}

  /** The first images. */
  public static Inputs of(int points) {
    double[] x = new double[points * SHAPE.dimension()];
    int at = 0;
    for (int mu = 0; mu < points; mu++) {
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          for (int c = 0; c < 2; c++) {
            x[at++] = Math.cos(1 + mu + (mu + 1) * (3 * i + 5 * j + 7 * c));
          }
        }
      }
    }
    return Inputs.of(x, points, SHAPE.dimension()).withShape(SHAPE);
  }
}
