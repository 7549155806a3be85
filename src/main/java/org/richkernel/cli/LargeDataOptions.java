package org.richkernel.cli;

import java.util.Set;
import org.richkernel.bayes.LargeData;
import org.richkernel.bayes.ReadoutForm;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** Options of a Bayesian fit of many training points. */
final class LargeDataOptions {
  /** Options that mean nothing to a theory of finite width. */
  static final Set<String> OF_INFINITE_WIDTH = Set.of("form", "save-kernels-up-to");

  @Option(
      names = "--form",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "How the readout is integrated out: primal factorizes P x P, dual S x S and holds"
              + " nothing of size P x P (one hidden layer; the same density), auto takes the one"
              + " of fewer operations, dual for S below P. Default: ${DEFAULT-VALUE}.")
  private String form = "auto";

  @Option(
      names = "--save-kernels-up-to",
      paramLabel = "P",
      defaultValue = "" + LargeData.KERNELS_UP_TO,
      description =
          "Most training points, an integer, whose P x P kernels the dual form makes at the end,"
              + " that of the fit and that at initialisation beside it. Default:"
              + " ${DEFAULT-VALUE}.")
  private int kernelsUpTo = LargeData.KERNELS_UP_TO;

  LargeData largeData() {
    return new LargeData(ReadoutForm.of(form), kernelsUpTo);
  }

  /** Refuses the dual form where a solver of finite width has no use for it. */
  void refuseAtFiniteWidth() {
    if (largeData().form() == ReadoutForm.DUAL) {
      throw new InvalidProblemException(
          "form", form, "networks of finite width have the primal form alone; leave it out");
    }
  }
}
