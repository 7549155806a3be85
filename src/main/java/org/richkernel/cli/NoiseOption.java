package org.richkernel.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** The noise of the targets, as inverse noise or as ridge: one of two options, or neither. */
final class NoiseOption {
  private static final double BETA = Double.parseDouble(SaddleOptions.USUAL_BETA);

  @Option(
      names = "--beta",
      paramLabel = "B",
      description =
          "Inverse noise, in units of 1/target^2; the ridge is kappa = 1/beta. Default: 1/kappa, or "
              + SaddleOptions.USUAL_BETA
              + ".")
  private @Nullable Double beta;

  @Option(
      names = "--kappa",
      paramLabel = "K",
      description = "Ridge, in units of target^2, in place of --beta. Default: 1/beta.")
  private @Nullable Double kappa;

  /**
   * Inverse noise of a theory that needs noise.
   *
   * @throws InvalidProblemException if both options are given and differ, or the ridge is not above
   *     0
   */
  double beta() {
    checkAgreement();
    if (beta != null) {
      return beta;
    }
    if (kappa == null) {
      return BETA;
    }
    if (!(kappa > 0 && kappa < Double.POSITIVE_INFINITY) || Double.isInfinite(1 / kappa)) {
      throw new InvalidProblemException("kappa", kappa, "use a positive finite number");
    }
    return 1 / kappa;
  }

  /**
   * Ridge, which may be 0.
   *
   * @throws InvalidProblemException if both options are given and differ, or beta is not above 0
   */
  double kappa() {
    checkAgreement();
    if (kappa != null) {
      return kappa;
    }
    if (beta == null) {
      return 1 / BETA;
    }
    if (!(beta > 0) || Double.isInfinite(1 / beta)) {
      throw new InvalidProblemException("beta", beta, "use a positive number");
    }
    return 1 / beta;
  }

  /** Records both in the configuration of a result, which can be run again. */
  private void checkAgreement() {
    if (beta != null && kappa != null && !(Math.abs(beta * kappa - 1) <= 1e-12)) {
      throw new InvalidProblemException(
          "kappa", kappa, "--beta is " + beta + " and kappa = 1/beta, so give one of the two");
    }
  }

  /** Adds both to the options that a result records; none for the beta of a ridge of 0. */
  void resolve(Map<String, Object> options) {
    double ridge = kappa();
    options.put("kappa", ridge);
    if (ridge > 0) {
      options.put("beta", beta());
    }
  }
}
