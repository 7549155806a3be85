package org.richkernel.bayes.sweep;

import java.util.List;
import org.richkernel.bayes.AdaptiveNbkSolution;

/**
 * Averages of sweeps over the layers.
 *
 * @param settled whether the averages met their accuracy and did not drift
 * @param sweeps number of averaged sweeps
 * @param acceptance accepted fraction of the samples in the last sweep, the smallest of all layers
 * @param drift largest difference between the halves of the sweeps, in its standard errors
 * @param residual |Y - (g_L Phi^L + kappa) v| / |Y| of the averages
 * @param kernels Phi^1 to Phi^L, row-major P x P
 * @param layers one entry per kernel
 */
record SweepSolution(
    boolean settled,
    int sweeps,
    double acceptance,
    double drift,
    double residual,
    List<double[]> kernels,
    List<AdaptiveNbkSolution.Layer> layers) {}
