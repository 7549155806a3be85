package org.richkernel.bayes;

import org.richkernel.option.Setting;
import org.richkernel.option.Settings;
import org.richkernel.stack.FieldForm;

/**
 * Treatment of many training points.
 *
 * @param form of the readout
 * @param fields of the layers above the first
 * @param kernelsUpTo largest P with P x P kernels at the end of a solve in the dual form
 */
public record LargeData(
    @Setting(
            label = "NAME",
            usual = "auto",
            help =
                "How the readout is integrated out: primal factorizes P x P, dual n x n and holds"
                    + " nothing of size P x P (the same density), for n = S features, or S for each"
                    + " site of a flattened convolution; auto takes the one of fewer operations,"
                    + " dual for n below P.")
        ReadoutForm form,
    @Setting(
            label = "NAME",
            usual = "auto",
            help =
                "How layers above the first are parametrized: whitened by fields and P x P factors"
                    + " (convolutions: all sites of all images, squared), weights by the weights"
                    + " between samples themselves (the same density), auto takes the one of fewer"
                    + " operations whose factors are regular, weights for S below 5 P (2 P at finite"
                    + " width); the dual form needs weights.")
        FieldForm fields,
    @Setting(
            name = "save-kernels-up-to",
            label = "P",
            usual = "" + LargeData.KERNELS_UP_TO,
            min = 0,
            max = LargeData.LARGEST_KERNEL,
            help =
                "Most training points, an integer, whose P x P kernels the dual form makes at the"
                    + " end, that of the fit and that at initialisation beside it.")
        int kernelsUpTo) {
  /** Kernels of up to 5000 points, 200 MB each. */
  public static final int KERNELS_UP_TO = 5000;

  /** Largest number of points whose kernel fits an array. */
  private static final int LARGEST_KERNEL = 46340;

  private static final Settings<LargeData> SETTINGS = Settings.of(LargeData.class);

  /**
   * @throws org.richkernel.network.InvalidProblemException naming an option out of range
   */
  public LargeData {
    SETTINGS.check(form, fields, kernelsUpTo);
  }

  /** The cheaper fields for a form of the readout. */
  public LargeData(ReadoutForm form, int kernelsUpTo) {
    this(form, FieldForm.AUTO, kernelsUpTo);
  }

  /** The cheaper form, and kernels of up to {@value #KERNELS_UP_TO} points. */
  public static LargeData usual() {
    return SETTINGS.usual();
  }

  /** The primal form in the cheaper fields, which has the kernels at any size. */
  public static LargeData primal() {
    return new LargeData(ReadoutForm.PRIMAL, KERNELS_UP_TO);
  }
}
