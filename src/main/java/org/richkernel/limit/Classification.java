package org.richkernel.limit;

import static org.apache.commons.math3.fraction.BigFraction.ONE;
import static org.apache.commons.math3.fraction.BigFraction.ZERO;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.fraction.BigFraction;

/**
 * Limit of an abc-parametrization as n goes to infinity, decided in exact rationals: the dynamical
 * dichotomy of Yang and Hu (arXiv:2011.14522, section 3 and appendix H) with a learning rate for
 * every layer, and its counterpart for updates that are normalized per entry (arXiv:2308.01814).
 *
 * <p>With m = min(a + b, ro) of the readout, whose entries are n^{-m} after a step:
 *
 * <ul>
 *   <li>gradients: r_l = m + c_l - 1 + 2 a_l + [l = 1], ro = 2 a_{L+1} + c_{L+1};
 *   <li>normalized: r_1 = a_1 + c_1, r_l = a_l + c_l - 1, ro = a_{L+1} + c_{L+1}.
 * </ul>
 *
 * <p>Exponents of the quantities of an unstable parametrization describe its first steps only.
 */
public final class Classification {
  private final Parametrization parametrization;
  private final BigFraction initial;
  private final BigFraction updated;
  private final BigFraction size;
  private final List<BigFraction> feature;
  private final BigFraction slowest;

  private Classification(Parametrization parametrization, boolean atFirstStep) {
    this.parametrization = parametrization;
    int readout = parametrization.depth();
    BigFraction a = parametrization.a().get(readout);
    BigFraction rate = a.add(parametrization.c().get(readout));
    boolean normalized = parametrization.optimizer().isNormalized();
    initial = a.add(parametrization.b().get(readout));
    updated = normalized ? rate : rate.add(a);
    size = atFirstStep ? initial : Exponents.min(initial, updated);
    List<BigFraction> exponents = new ArrayList<>();
    BigFraction least = null;
    for (int l = 0; l < readout; l++) {
      BigFraction own = parametrization.a().get(l).add(parametrization.c().get(l));
      if (!normalized) {
        own = own.add(parametrization.a().get(l)).add(size);
      }
      // a hidden layer sums n aligned terms, the input layer d of them
      boolean sumsOverWidth = l > 0;
      own = sumsOverWidth ? own.subtract(ONE) : own;
      exponents.add(own);
      least = least == null ? own : Exponents.min(least, own);
    }
    feature = List.copyOf(exponents);
    slowest = least == null ? ZERO : least;
  }

  /** Classifies a parametrization. */
  public static Classification of(Parametrization parametrization) {
    return new Classification(parametrization, false);
  }

  /**
   * The same exponents for the first step alone, whose gradients contain the initial readout: m = a
   * + b. They differ if the update of the readout is larger than its initial value.
   */
  public Classification atFirstStep() {
    return new Classification(parametrization, true);
  }

  /** The classified parametrization. */
  public Parametrization parametrization() {
    return parametrization;
  }

  /** r_1 .. r_L: the update of W^l moves the features by n^{-r_l}. */
  public List<BigFraction> featureExponents() {
    return feature;
  }

  /** r = min_l r_l: the last layer's features move by n^{-r}. */
  public BigFraction featureExponent() {
    return slowest;
  }

  /** a_{L+1} + b_{L+1}: minus the exponent of the initial entries of the readout. */
  public BigFraction readoutInitialization() {
    return initial;
  }

  /** ro: minus the exponent of the entries of the readout's update. */
  public BigFraction readoutUpdate() {
    return updated;
  }

  /** Whether preactivations are of order 1 at the start, and outputs of order 1 or less. */
  public boolean isInitialized() {
    boolean fine = true;
    for (int l = 1; l <= parametrization.depth(); l++) {
      fine &= initialPreactivation(l).equals(ZERO);
    }
    return fine && Exponents.atLeast(initial, Exponents.HALF);
  }

  /** Whether preactivations and outputs stay bounded in training too. */
  public boolean isStable() {
    return isInitialized()
        && Exponents.atLeast(slowest, ZERO)
        && Exponents.atLeast(updated, ONE)
        && Exponents.atLeast(initial.add(slowest), ONE);
  }

  /** Whether the parametrization is stable and the outputs move by order 1. */
  public boolean isNontrivial() {
    return isStable() && (readoutMaximallyUpdated() || readoutMaximallyInitialized());
  }

  /** ro = 1: the update of the readout moves the outputs by order 1. */
  public boolean readoutMaximallyUpdated() {
    return updated.equals(ONE);
  }

  /** a_{L+1} + b_{L+1} + r = 1: moving features move the outputs by order 1. */
  public boolean readoutMaximallyInitialized() {
    return initial.add(slowest).equals(ONE);
  }

  /** Whether the updates of all layers move the features by the same power of n. */
  public boolean isUniform() {
    return feature.stream().allMatch(slowest::equals);
  }

  /** The verdict. */
  public Verdict verdict() {
    if (!isStable()) {
      return Verdict.NOT_STABLE;
    }
    if (!isNontrivial()) {
      return Verdict.TRIVIAL;
    }
    return slowest.equals(ZERO) ? Verdict.FEATURE_LEARNING : Verdict.KERNEL_REGIME;
  }

  /**
   * Layers whose updates move the outputs by order 1, counted from 1 with L + 1 for the readout. In
   * the kernel regime of gradient descent these are the terms of its kernel K = [L+1] Phi^L + sum_l
   * [l] Phi^{l-1} o G^l: all of them make the NTK, the last alone the conjugate kernel.
   */
  public List<Integer> contributingLayers() {
    List<Integer> layers = new ArrayList<>();
    for (int l = 0; l < feature.size(); l++) {
      if (initial.add(feature.get(l)).equals(ONE)) {
        layers.add(l + 1);
      }
    }
    if (readoutMaximallyUpdated()) {
      layers.add(feature.size() + 1);
    }
    return layers;
  }

  /**
   * Exponent of the change of layer l's preactivations, -min_{k &lt;= l} r_k: changes of lower
   * layers propagate.
   *
   * @param layer 1 to L
   */
  public BigFraction preactivationChange(int layer) {
    BigFraction least = feature.get(0);
    for (int k = 1; k < layer; k++) {
      least = Exponents.min(least, feature.get(k));
    }
    return least.negate();
  }

  /**
   * Exponent of layer l's preactivations at the start on features of order 1: -(a_1 + b_1), and 1/2
   * - (a_l + b_l) of l >= 2.
   *
   * @param layer 1 to L
   */
  public BigFraction initialPreactivation(int layer) {
    BigFraction entries =
        parametrization.a().get(layer - 1).add(parametrization.b().get(layer - 1));
    return layer == 1 ? entries.negate() : Exponents.HALF.subtract(entries);
  }

  /** Exponent of f_0, 1/2 - (a_{L+1} + b_{L+1}). */
  public BigFraction initialOutput() {
    return Exponents.HALF.subtract(initial);
  }

  /** Exponent of Delta W^{L+1} x^L, 1 - ro. */
  public BigFraction outputByReadout() {
    return ONE.subtract(updated);
  }

  /** Exponent of W_0^{L+1} Delta x^L, 1 - (a_{L+1} + b_{L+1} + r). */
  public BigFraction outputByFeatures() {
    return ONE.subtract(initial).subtract(slowest);
  }

  /**
   * Whether {@link #outputByFeatures} is an upper bound only: if the readout grows in the first
   * step, the features move along the new readout and not along W_0.
   */
  public boolean isOutputByFeaturesBound() {
    return !parametrization.optimizer().isNormalized() && size.compareTo(initial) < 0;
  }

  /** Exponent of the change of the outputs: the larger of the two parts. */
  public BigFraction outputChange() {
    return Exponents.max(outputByReadout(), outputByFeatures());
  }

  /**
   * Exponents of the gradients' entries, the scaling at which Adam's epsilon stays relevant at
   * every width: -(a_l + m), and -a_{L+1} of the readout; L + 1.
   */
  public List<BigFraction> epsilonExponents() {
    List<BigFraction> exponents = new ArrayList<>();
    for (int l = 0; l < feature.size(); l++) {
      exponents.add(parametrization.a().get(l).add(size).negate());
    }
    exponents.add(parametrization.a().get(feature.size()).negate());
    return List.copyOf(exponents);
  }

  /**
   * Exponents of decoupled weight decay lambda_l that acts at order 1, w &larr; (1 - eta n^{-c_l}
   * lambda_l) w: c_l; L + 1.
   */
  public List<BigFraction> weightDecayExponents() {
    return parametrization.c();
  }
}
