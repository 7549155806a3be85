package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.CholeskyAdjoint;
import org.richkernel.stack.FactorSource;
import org.richkernel.stack.FieldFactor;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.GramReadout;
import org.richkernel.stack.LayerCovariance;
import org.richkernel.stack.LayerFields;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.Link;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.WeightLink;
import org.richkernel.stack.WhitenedLink;

/**
 * Marginal posterior of the preactivation samples of a fully connected network of any depth. Given
 * the layer below, the rows of h^l are independent Gaussians, so with standard normal xi^l
 *
 * <pre>  V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A,   A = g_L Phi^L + kappa,
 *   h^l = xi^l F_l^T,  F_l F_l^T = g_{l-1} Phi^{l-1} + g_b,  Phi^l = phi(h^l)^T phi(h^l) / S.</pre>
 *
 * <p>F is a Cholesky factor ({@link WhitenedLink}), or the activations of the layer below
 * themselves, which makes xi^l the weights ({@link WeightLink}).
 *
 * <p>Memory: 3 S times the columns of the fields and 2 L S P floats, and (2 L + 7) P^2 doubles for
 * whitened fields or 3 P^2 for weights, beside the populations.
 */
final class DeepPosterior extends StackPosterior {
  private final NetworkSpec network;
  private final FieldShape shape;
  private final List<Matrix> kernels = new ArrayList<>(); // g_l Phi^l at the position
  private final List<LayerCovariance> covariances = new ArrayList<>(); // of layers 2 to L
  private final RelativeJitter jitter; // of the population in use
  private final Matrix jitters; // that were added to the covariances, 1 x (L - 1), float64
  private double firstJitter;

  /**
   * A posterior in whitened fields.
   *
   * @param input factor of the first layer's covariance
   * @param y targets, row-major P x K
   * @param samples the numbers of samples that populations may have
   */
  DeepPosterior(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int... samples) {
    this(backend, network, FieldForm.WHITENED, input, y, parameters, samples);
  }

  /**
   * @param form of the layers above the first, whitened or weights
   * @param input factor of the first layer's covariance
   * @param y targets, row-major P x K
   * @param samples the numbers of samples that populations may have
   */
  DeepPosterior(
      Backend backend,
      NetworkSpec network,
      FieldForm form,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int... samples) {
    super(
        backend,
        planned(backend, shape(network, form, input), y, parameters, samples),
        input,
        y,
        parameters);
    this.network = network;
    shape = shape(network, form, input);
    firstJitter = isWhitened() ? RelativeJitter.LEAST : 0;
    jitter = new RelativeJitter(parameters.kappa());
    jitters = memory().get("jitters");
    for (int l = isWhitened() ? 1 : layers(); l <= layers(); l++) {
      kernels.add(memory().get("kernel of layer " + l));
    }
    CholeskyAdjoint adjoint = isWhitened() ? factors() : null;
    for (int s : samples) {
      addStack(s, adjoint);
    }
  }

  private static FieldShape shape(NetworkSpec network, FieldForm form, InputFactor input) {
    return new FieldShape(
        network.hiddenLayers(), input.rank(), input.points(), form, network.biasVariance() > 0);
  }

  private static MemoryPlan planned(
      Backend backend,
      FieldShape shape,
      double[] y,
      PosteriorParameters parameters,
      int[] samples) {
    MemoryPlan plan = new MemoryPlan();
    int most = Arrays.stream(samples).max().orElseThrow();
    plan(backend, plan, shape, y.length / shape.points(), most, parameters.hasDeterminant());
    return plan;
  }

  /** What whitened fields of all sizes share. */
  private CholeskyAdjoint factors() {
    Matrix ones = memory().get("ones");
    backend().fill(1, ones);
    for (int l = 2; l <= layers(); l++) {
      covariances.add(
          new LayerCovariance(
              backend(),
              unitMatrix(),
              ones,
              memory().get("Cholesky factor of layer " + l),
              memory().get("F of layer " + l),
              network.biasVariance()));
    }
    return new CholeskyAdjoint(backend(), memory());
  }

  /** Adds the scratch shared by all populations, of at most {@code samples} rows, to a plan. */
  static void plan(
      Backend backend,
      MemoryPlan plan,
      FieldShape shape,
      int outputs,
      int samples,
      boolean determinant) {
    int points = shape.points();
    boolean whitened = shape.form() == FieldForm.WHITENED;
    planShared(plan, points, points, shape.rank(), outputs, determinant);
    MovingFields.plan(plan, samples, shape.width(samples));
    plan.add("panel", Precision.FLOAT32, Math.min(samples, backend.panelRows(points)), points)
        .add("jitters", Precision.FLOAT64, 1, shape.layers() - 1);
    if (whitened) {
      plan.add("ones", Precision.FLOAT64, points, points);
      CholeskyAdjoint.plan(backend, plan, points);
    }
    for (int l = 1; l <= shape.layers(); l++) {
      boolean top = l == shape.layers();
      int features = whitened || top ? samples : shape.features(samples);
      if (whitened || top) {
        plan.add("kernel of layer " + l, Precision.FLOAT64, points, points);
      }
      plan.add("phi " + l, Precision.FLOAT32, features, points)
          .add("slope " + l, Precision.FLOAT32, samples, points);
      if (l > 1 && whitened) {
        plan.add("Cholesky factor of layer " + l, Precision.FLOAT64, points, points)
            .add("F of layer " + l, Precision.FLOAT32, points, points);
      }
    }
  }

  private boolean isWhitened() {
    return shape.form() == FieldForm.WHITENED;
  }

  /** The layers at one number of samples, in scratch that all sizes share. */
  private void addStack(int samples, @Nullable CholeskyAdjoint adjoint) {
    MovingFields fields = MovingFields.of(memory(), samples, shape.widths(samples));
    List<LayerFields> layers = new ArrayList<>();
    for (int l = 1; l <= layers(); l++) {
      layers.add(
          new LayerFields(
              backend(),
              network.activation(),
              memory().get("phi " + l).rowRange(0, samples),
              memory().get("slope " + l).rowRange(0, samples),
              backend().panelRows(shape.points())));
    }
    FactorSource input =
        new FactorSource(
            new FieldFactor.General(backend(), inputFactor()),
            layers.get(0).panels(),
            fields.positions().get(0),
            fields.gradients().get(0));
    List<Link> links = new ArrayList<>();
    for (int l = 2; l <= layers(); l++) {
      links.add(
          adjoint == null ? weights(l, fields, layers) : whitened(l, fields, layers, adjoint));
    }
    GramReadout top =
        new GramReadout(
            backend(),
            network.weightVariance(layers()) / samples,
            samples,
            kernels.get(kernels.size() - 1),
            readout(),
            tilt(),
            layers.get(layers() - 1).panels(),
            memory().get("panel"));
    add(fields, new LayerStack(layers, input, links, top));
  }

  private Link whitened(
      int l, MovingFields fields, List<LayerFields> layers, CholeskyAdjoint adjoint) {
    return new WhitenedLink(
        backend(),
        network.weightVariance(l - 1) / fields.samples(),
        kernels.get(l - 2),
        covariances.get(l - 2),
        adjoint,
        jitter::value,
        jitters.view(0, 1, l - 2, 1),
        record().failures(),
        layers.get(l - 1).panels(),
        fields.positions().get(l - 1),
        fields.gradients().get(l - 1),
        memory().get("panel"));
  }

  private Link weights(int l, MovingFields fields, List<LayerFields> layers) {
    return new WeightLink(
        backend(),
        scale(l, fields.samples()),
        layers.get(l - 2),
        features(l, fields.samples()),
        layers.get(l - 1),
        fields.positions().get(l - 1),
        fields.gradients().get(l - 1),
        memory().get("panel"));
  }

  /** sqrt(g_{l-1} / S), of the weights of layer l. */
  private double scale(int l, int samples) {
    return Math.sqrt(network.weightVariance(l - 1) / samples);
  }

  /** What the weights of layer l act on. */
  private Matrix features(int l, int samples) {
    return memory().get("phi " + (l - 1)).rowRange(0, shape.features(samples));
  }

  /** Sets the features that stand for biases, which other sizes have overwritten. */
  @Override
  void prepare(int samples) {
    if (isWhitened() || !shape.biases()) {
      return;
    }
    for (int l = 2; l <= layers(); l++) {
      try (Matrix bias = features(l, samples).rowRange(samples, 1)) {
        backend().fill(WeightLink.biasFeature(scale(l, samples), network.biasVariance()), bias);
      }
    }
  }

  @Override
  public int layers() {
    return shape.layers();
  }

  @Override
  int[] widths(int samples) {
    return shape.widths(samples);
  }

  @Override
  List<Matrix> kernels() {
    return kernels;
  }

  @Override
  Matrix readoutRows() {
    return moving().stack().layer(layers()).phi();
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    FieldPopulation made = super.newPopulation(samples, blocks);
    made.setJitter(firstJitter);
    return made;
  }

  @Override
  public void use(FieldPopulation next) {
    super.use(next);
    jitter.set(next.jitter());
  }

  /**
   * Relative jitter of the covariances of the population in use; larger than {@link
   * RelativeJitter#LEAST} where rounding asked for it. Each population has its own: what one needs
   * is no business of another, which may live elsewhere.
   */
  double jitter() {
    return jitter.value();
  }

  /** Sets the jitter that new populations start with. */
  void setJitter(double relative) {
    firstJitter = relative;
  }

  /** With more jitter where rounding asks for it. */
  @Override
  void resolve() {
    if (!isWhitened()) {
      forwardAndWait();
      return;
    }
    jitter.raising(this::largestJitter);
    population().setJitter(jitter.value());
  }

  /** The largest jitter that is added to a covariance at the position. */
  private double largestJitter() {
    forwardAndWait();
    double[] values = new double[jitters.columns()];
    backend().download(jitters, values);
    return Arrays.stream(values).max().orElse(0);
  }

  /** Kernels of layers below the last, which moves of weights leave as they were. */
  @Override
  public void completeKernels(FieldPopulation of) {
    if (isWhitened()) {
      return;
    }
    use(of);
    LayerStack stack = moving().stack();
    backend().copy(of.xi(), position());
    for (int l = 1; l < layers(); l++) {
      stack.forward(l);
      double weight = network.weightVariance(l) / of.samples();
      backend().gram(weight, stack.layer(l).phi(), 0, of.kernel(l));
    }
  }

  @Override
  public double[] directions(int layer, double[] v) {
    if (layer > 1 && !isWhitened()) {
      try (Matrix features = features(layer, samples())) {
        return imageOf(features, v);
      }
    }
    Matrix factor = layer == 1 ? inputFactor() : covariances.get(layer - 2).factor();
    return EquilibriumIdentity.directions(backend(), factor, v);
  }
}
