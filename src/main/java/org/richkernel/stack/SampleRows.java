package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * Dense layers whose fields have a row for each sample, n x P, in scratch shared by all numbers of
 * samples. Layers above the first are linked by whitened fields or by weights.
 */
public final class SampleRows {
  private final Backend backend;
  private final NetworkSpec network;
  private final FieldShape shape;
  private final Workspace memory;
  private final Matrix factor; // F, P x r
  private final @Nullable WhitenedLinks whitened; // null for links by weights

  /**
   * @param memory with the matrices of {@link #plan}, F and the unit matrix
   * @param jitter relative to the mean diagonal of covariances
   * @param failures counter of failed factorizations, 1 x 1, float64
   */
  public SampleRows(
      Backend backend,
      NetworkSpec network,
      FieldShape shape,
      Workspace memory,
      DoubleSupplier jitter,
      Matrix failures) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    this.memory = memory;
    factor = memory.get("F");
    if (!factorizes(shape)) {
      whitened = null;
      return;
    }
    whitened = new WhitenedLinks(backend, network, memory, jitter, failures);
    Matrix ones = memory.get("ones");
    backend.fill(1, ones);
    CholeskyAdjoint adjoint = new CholeskyAdjoint(backend, memory);
    for (int l = 2; l <= shape.layers(); l++) {
      whitened.add(new KernelMap.Same(backend), memory.get("unit matrix"), ones, adjoint);
    }
  }

  /** Whether there are P x P factors. */
  private static boolean factorizes(FieldShape shape) {
    return shape.layers() > 1 && shape.form() == FieldForm.WHITENED;
  }

  /**
   * Adds the scratch to a plan.
   *
   * @param samples the largest S
   * @param rows largest number of samples that move; all if there are several layers
   */
  public static void plan(
      Backend backend, MemoryPlan plan, FieldShape shape, int samples, int rows) {
    int points = shape.points();
    boolean factorizes = factorizes(shape);
    MovingFields.plan(plan, rows, shape.width(samples));
    plan.add("panel", Precision.FLOAT32, Math.min(rows, backend.panelRows(points)), points);
    if (factorizes) {
      WhitenedLinks.planJitters(plan, shape.layers());
      plan.add("ones", Precision.FLOAT64, points, points);
      CholeskyAdjoint.plan(backend, plan, points);
    }
    for (int l = 1; l <= shape.layers(); l++) {
      boolean featured = l < shape.layers() && !factorizes;
      plan.add("phi " + l, Precision.FLOAT32, featured ? shape.features(rows) : rows, points)
          .add("slope " + l, Precision.FLOAT32, rows, points);
      if (factorizes && l < shape.layers()) {
        plan.add(kernel(l), Precision.FLOAT64, points, points);
        WhitenedLinks.planFactor(plan, l + 1, points);
      }
    }
  }

  private static String kernel(int layer) {
    return "kernel of layer " + layer;
  }

  /** g_l Phi^l, P x P, computed by the whitened link above layer l. */
  public Matrix linkKernel(int l) {
    return memory.get(kernel(l));
  }

  /** Jitters that were added to the covariances, 1 x (L - 1), float64; only with whitened links. */
  public Matrix jitters() {
    return memory.get("jitters");
  }

  /**
   * F of layer l, P x r or P x P, float32; layers above the first have it only with whitened links.
   */
  public Matrix factor(int l) {
    return l == 1 ? factor : Objects.requireNonNull(whitened).covariance(l).factor();
  }

  /** Features that the weights of layer l > 1 act on: S x P, or (S + 1) x P. */
  public Matrix features(int l, int samples) {
    return memory.get("phi " + (l - 1)).rowRange(0, shape.features(samples));
  }

  /** sqrt(g_{l-1} / S), of the weights of layer l > 1. */
  public double scale(int l, int samples) {
    return Math.sqrt(network.weightVariance(l - 1) / samples);
  }

  /** Scratch for a panel of the last layer. */
  public Matrix panel() {
    return memory.get("panel");
  }

  /** Layers of the samples that move. */
  public List<LayerFields> layers(int rows) {
    List<LayerFields> layers = new ArrayList<>();
    for (int l = 1; l <= shape.layers(); l++) {
      layers.add(
          new LayerFields(
              backend,
              network.activation(),
              memory.get("phi " + l).rowRange(0, rows),
              memory.get("slope " + l).rowRange(0, rows),
              backend.panelRows(shape.points())));
    }
    return layers;
  }

  /** Source of the first layer. */
  public Source input(MovingFields fields, List<LayerFields> layers) {
    return new FactorSource(
        new FieldFactor.General(backend, factor),
        layers.get(0).panels(),
        fields.position(1),
        fields.gradient(1));
  }

  /**
   * Links into layers 2 to L.
   *
   * @param samples S
   */
  public List<Link> links(int samples, MovingFields fields, List<LayerFields> layers) {
    List<Link> links = new ArrayList<>();
    for (int l = 2; l <= shape.layers(); l++) {
      links.add(
          whitened == null
              ? weights(l, samples, fields, layers)
              : whitened.link(l, samples, linkKernel(l - 1), layers, fields, panel()));
    }
    return links;
  }

  private Link weights(int l, int samples, MovingFields fields, List<LayerFields> layers) {
    return new WeightLink(
        backend,
        scale(l, samples),
        layers.get(l - 2),
        features(l, samples),
        network.biasVariance(),
        layers.get(l - 1),
        fields.position(l),
        fields.gradient(l),
        panel());
  }
}
