package org.richkernel.lazy;

import org.richkernel.compute.Precision;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.StopSignal;

/** A recursion with its two sets of points, their variances, and the step of an activation. */
abstract class LayerRecursion implements KernelRecursion {
  final NetworkSpec network;
  final KernelKind kind;
  final Inputs train;
  final Inputs others;
  final KernelDiagonals trainDiagonals;
  final KernelDiagonals otherDiagonals;
  final DualMap dual;
  private StopSignal stop = StopSignal.never();

  /**
   * @param others points of the panels; zero rows if there will be none
   */
  LayerRecursion(NetworkSpec network, KernelKind kind, Inputs train, Inputs others) {
    this.network = network;
    this.kind = kind;
    this.train = train;
    this.others = others;
    trainDiagonals = KernelDiagonals.of(network, train);
    otherDiagonals = KernelDiagonals.of(network, others);
    double[] largest = new double[network.hiddenLayers()];
    for (int l = 1; l <= largest.length; l++) {
      largest[l - 1] =
          Math.max(trainDiagonals.largestPreactivation(l), otherDiagonals.largestPreactivation(l));
    }
    dual = DualMap.of(network.activation(), largest);
  }

  @Override
  public final void obey(StopSignal signal) {
    stop = signal;
  }

  /** To be called before every block of a kernel. */
  final void beginBlock() {
    stop.check();
  }

  @Override
  public final int otherPoints() {
    return others.rows();
  }

  @Override
  public final double truncation() {
    return dual.truncation();
  }

  @Override
  public final double rounding() {
    return KernelRounding.of(trainDiagonals.readout(kind), Precision.FLOAT64);
  }
}
