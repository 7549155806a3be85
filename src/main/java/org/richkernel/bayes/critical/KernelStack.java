package org.richkernel.bayes.critical;

import java.util.ArrayList;
import java.util.List;

/** Covariances C^0 .. C^L of a network at infinite width, with the differential of every layer. */
final class KernelStack {
  private final List<double[]> covariances;
  private final List<KernelDifferential> maps;

  private KernelStack(List<double[]> covariances, List<KernelDifferential> maps) {
    this.covariances = covariances;
    this.maps = maps;
  }

  /** Kernels without tilts: the NNGP. */
  static KernelStack prior(FiniteWidthProblem problem) {
    List<double[]> covariances = new ArrayList<>(List.of(problem.inputCovariance()));
    List<KernelDifferential> maps = new ArrayList<>();
    for (int l = 1; l <= problem.layers(); l++) {
      KernelDifferential map =
          KernelDifferential.of(problem.activation(), covariances.get(l - 1), problem.points());
      maps.add(map);
      covariances.add(problem.covariance(l, map.value()));
    }
    return new KernelStack(covariances, maps);
  }

  /** C^l. */
  double[] covariance(int layer) {
    return covariances.get(layer);
  }

  /** The map from C^l to E[phi phi^T], l = 0 .. L - 1. */
  KernelDifferential map(int layer) {
    return maps.get(layer);
  }
}
