package org.richkernel.lazy;

import org.richkernel.option.Setting;
import org.richkernel.option.Settings;

/**
 * How a kernel is fitted on inducing points.
 *
 * @param points M, drawn from the training points; all of them if there are fewer
 * @param tolerance of the iteration, relative to its right-hand side
 * @param maxIterations most steps of conjugate gradients
 * @param seed key of the draw of the points
 */
public record InducingOptions(
    @Setting(
            name = "inducing",
            label = "M",
            usual = "1000",
            min = 1,
            help =
                "Number of inducing points of --form inducing, drawn from the training points by"
                    + " --seed, each subset with the same probability; all where there are fewer.")
        int points,
    @Setting(
            label = "T",
            usual = "1e-8",
            above = 0,
            max = 1,
            help =
                "Residual at which the conjugate gradients of --form inducing have converged, a"
                    + " pure number: relative to the right-hand side, both preconditioned.")
        double tolerance,
    @Setting(
            label = "N",
            usual = "200",
            min = 1,
            help = "Largest number of steps of the conjugate gradients of --form inducing.")
        int maxIterations,
    @Setting(
            label = "N",
            usual = "0",
            help =
                "Key of the draw of inducing points, an integer; other forms have nothing random.")
        long seed) {

  /** The names, defaults and ranges of the options. */
  public static final Settings<InducingOptions> SETTINGS = Settings.of(InducingOptions.class);

  public InducingOptions {
    SETTINGS.check(points, tolerance, maxIterations, seed);
  }
}
