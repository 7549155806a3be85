package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Routine;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.CholeskyAdjoint;
import org.richkernel.stack.DeterminantTilt;
import org.richkernel.stack.FactorSource;
import org.richkernel.stack.FieldFactor;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.GramReadout;
import org.richkernel.stack.LayerCovariance;
import org.richkernel.stack.LayerFields;
import org.richkernel.stack.Link;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.PrimalReadout;
import org.richkernel.stack.Source;
import org.richkernel.stack.WeightLink;
import org.richkernel.stack.WhitenedLink;

/**
 * Marginal posterior of the preactivation samples of a network of any depth. Given the layer below,
 * the rows of h^l are independent Gaussians, so with standard normal xi^l
 *
 * <pre>  V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A,   A = g_L Phi^L + kappa,
 *   h^l = xi^l F_l^T,  F_l F_l^T = g_{l-1} Phi^{l-1} + g_b,  Phi^l = phi(h^l)^T phi(h^l) / S.</pre>
 *
 * <p>F is a Cholesky factor ({@link WhitenedLink}), or the activations of the layer below
 * themselves, which makes xi^l the weights ({@link WeightLink}). All layers and all samples move
 * together, since a layer acts on every row of the next.
 *
 * <p>Memory: 3 S times the columns of the fields and 2 L S P floats, and (2 L + 7) P^2 doubles for
 * whitened fields or 3 P^2 for weights, beside the populations.
 */
final class DeepPosterior implements MarginalPosterior {
  private final Backend backend;
  private final NetworkSpec network;
  private final FieldShape shape;
  private final Workspace memory;
  private final Matrix inputFactor;
  private final Matrix targetsSingle;
  private final TrajectoryRecord record;
  private final PrimalReadout readout;
  private final @Nullable DeterminantTilt tilt;
  private final List<Matrix> kernels = new ArrayList<>(); // g_l Phi^l at the position
  private final List<LayerCovariance> covariances = new ArrayList<>(); // of layers 2 to L
  private final List<Moving> sizes = new ArrayList<>();
  private final RelativeJitter jitter; // of the population in use
  private final Matrix jitters; // that were added to the covariances, 1 x (L - 1), float64
  private final StepRoutines steps;
  private final StepRoutines ends;
  private final Runnable evaluateExactly = this::runEnd;
  private final Runnable resolveExactly = this::resolve;

  private FieldPopulation population;
  private Moving moving;
  private Routine step; // of what moves
  private Routine end;
  private double firstJitter;
  private double potential;

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
    this.backend = backend;
    this.network = network;
    int points = input.points();
    shape =
        new FieldShape(
            network.hiddenLayers(), input.rank(), points, form, network.biasVariance() > 0);
    firstJitter = isWhitened() ? RelativeJitter.LEAST : 0;
    jitter = new RelativeJitter(parameters.kappa());
    MemoryPlan plan = new MemoryPlan();
    int most = Arrays.stream(samples).max().orElseThrow();
    plan(backend, plan, shape, y.length / points, most, parameters.hasDeterminant());
    memory = new Workspace(backend, plan);
    inputFactor = memory.get("F");
    record = new TrajectoryRecord(backend, memory);
    readout =
        new PrimalReadout(backend, memory, parameters, y, record.potential(), record.failures());
    targetsSingle = memory.get("Y, single");
    backend.upload(input.factor(), inputFactor);
    backend.copy(readout.targets(), targetsSingle);
    Matrix unit = memory.get("unit matrix");
    jitters = memory.get("jitters");
    backend.addDiagonal(1, unit);
    for (int l = isWhitened() ? 1 : layers(); l <= layers(); l++) {
      kernels.add(memory.get("kernel of layer " + l));
    }
    tilt = parameters.hasDeterminant() ? new DeterminantTilt(backend, memory, parameters) : null;
    CholeskyAdjoint adjoint = isWhitened() ? factors(unit) : null;
    steps = new StepRoutines(backend, this::step);
    ends = new StepRoutines(backend, this::step);
    for (int s : samples) {
      sizes.add(new Moving(s, adjoint));
    }
  }

  /** What whitened fields of all sizes share. */
  private CholeskyAdjoint factors(Matrix unit) {
    Matrix ones = memory.get("ones");
    backend.fill(1, ones);
    for (int l = 2; l <= layers(); l++) {
      covariances.add(
          new LayerCovariance(
              backend,
              unit,
              ones,
              memory.get("Cholesky factor of layer " + l),
              memory.get("F of layer " + l),
              network.biasVariance()));
    }
    return new CholeskyAdjoint(backend, memory);
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
    int width = shape.width(samples);
    boolean whitened = shape.form() == FieldForm.WHITENED;
    TrajectoryRecord.plan(plan);
    PrimalReadout.plan(plan, points, outputs);
    plan.add("F", Precision.FLOAT32, points, shape.rank())
        .add("Y, single", Precision.FLOAT32, points, outputs)
        .add("panel", Precision.FLOAT32, Math.min(samples, backend.panelRows(points)), points)
        .add("position", Precision.FLOAT32, samples, width)
        .add("momentum", Precision.FLOAT32, samples, width)
        .add("gradient", Precision.FLOAT32, samples, width)
        .add("jitters", Precision.FLOAT64, 1, shape.layers() - 1)
        .add("unit matrix", Precision.FLOAT64, points, points);
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
    if (determinant) {
      DeterminantTilt.plan(plan, points);
    }
  }

  private boolean isWhitened() {
    return shape.form() == FieldForm.WHITENED;
  }

  /** The stack of layers at one number of samples, in scratch that all sizes share. */
  private final class Moving {
    private final int samples;
    private final Matrix position;
    private final Matrix momentum;
    private final Matrix gradient;
    private final List<Matrix> positions = new ArrayList<>(); // by layer
    private final List<Matrix> gradients = new ArrayList<>();
    private final List<LayerFields> layers = new ArrayList<>();
    private final List<Link> links = new ArrayList<>(); // into layers 2 to L
    private final Source input;
    private final GramReadout top;

    Moving(int samples, @Nullable CholeskyAdjoint adjoint) {
      this.samples = samples;
      position = memory.get("position").view(0, samples, 0, shape.width(samples));
      momentum = memory.get("momentum").view(0, samples, 0, shape.width(samples));
      gradient = memory.get("gradient").view(0, samples, 0, shape.width(samples));
      Matrix panel = memory.get("panel");
      int column = 0;
      int[] widths = shape.widths(samples);
      for (int l = 1; l <= layers(); l++) {
        positions.add(position.view(0, samples, column, widths[l - 1]));
        gradients.add(gradient.view(0, samples, column, widths[l - 1]));
        layers.add(
            new LayerFields(
                backend,
                network.activation(),
                memory.get("phi " + l).rowRange(0, samples),
                memory.get("slope " + l).rowRange(0, samples),
                backend.panelRows(shape.points())));
        column += widths[l - 1];
      }
      input =
          new FactorSource(
              new FieldFactor.General(backend, inputFactor),
              layers.get(0).panels(),
              positions.get(0),
              gradients.get(0));
      for (int l = 2; l <= layers(); l++) {
        links.add(adjoint == null ? weights(l, panel) : whitened(l, adjoint, panel));
      }
      double weight = network.weightVariance(layers()) / samples;
      top =
          new GramReadout(
              backend,
              weight,
              samples,
              kernels.get(kernels.size() - 1),
              readout,
              tilt,
              layers.get(layers() - 1).panels(),
              panel);
    }

    private Link whitened(int l, CholeskyAdjoint adjoint, Matrix panel) {
      return new WhitenedLink(
          backend,
          network.weightVariance(l - 1) / samples,
          kernels.get(l - 2),
          covariances.get(l - 2),
          adjoint,
          jitter::value,
          jitters.view(0, 1, l - 2, 1),
          record.failures(),
          layers.get(l - 1).panels(),
          positions.get(l - 1),
          gradients.get(l - 1),
          panel);
    }

    private Link weights(int l, Matrix panel) {
      return new WeightLink(
          backend,
          scale(l),
          layers.get(l - 2),
          features(l),
          layers.get(l - 1),
          positions.get(l - 1),
          gradients.get(l - 1),
          panel);
    }

    /** sqrt(g_{l-1} / S), of the weights of layer l. */
    private double scale(int l) {
      return Math.sqrt(network.weightVariance(l - 1) / samples);
    }

    /** What the weights of layer l act on. */
    private Matrix features(int l) {
      return memory.get("phi " + (l - 1)).rowRange(0, shape.features(samples));
    }

    /** Sets the features that stand for biases, which other sizes have overwritten. */
    void prepare() {
      if (isWhitened() || !shape.biases()) {
        return;
      }
      for (int l = 2; l <= layers(); l++) {
        try (Matrix bias = features(l).rowRange(samples, 1)) {
          backend.fill(WeightLink.biasFeature(scale(l), network.biasVariance()), bias);
        }
      }
    }

    void forward() {
      for (int l = 1; l <= layers(); l++) {
        Source below = l == 1 ? input : links.get(l - 2);
        layers.get(l - 1).forward(below, l == layers() ? top : links.get(l - 1));
      }
    }

    void pull() {
      for (int l = layers(); l >= 1; l--) {
        Source below = l == 1 ? input : links.get(l - 2);
        layers.get(l - 1).pull(l == layers() ? top : links.get(l - 1), below);
      }
    }
  }

  @Override
  public int layers() {
    return shape.layers();
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    if (blocks != 1) {
      throw new IllegalArgumentException("all samples of a deep network move together");
    }
    scratch(samples);
    FieldPopulation made =
        new FieldPopulation(
            backend,
            samples,
            1,
            shape.widths(samples),
            shape.points(),
            readout.dual().columns());
    made.setJitter(firstJitter);
    return made;
  }

  private Moving scratch(int samples) {
    for (Moving scratch : sizes) {
      if (scratch.samples == samples) {
        return scratch;
      }
    }
    throw new IllegalArgumentException("no population of " + samples + " samples was planned");
  }

  @Override
  public void use(FieldPopulation next) {
    population = next;
    Moving scratch = scratch(next.samples());
    if (scratch != moving) {
      moving = scratch;
      moving.prepare();
    }
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

  /** Computes everything at the position, with more jitter where rounding asks for it. */
  private void resolve() {
    if (!isWhitened()) {
      forwardAndWait();
      return;
    }
    jitter.raising(this::forwardAndWait);
    population.setJitter(jitter.value());
  }

  @Override
  public void refresh(FieldPopulation next) {
    use(next);
    backend.copy(next.xi(), moving.position);
    backend.exactly(resolveExactly);
    save(next);
    next.setPotential(potential);
  }

  private void save(FieldPopulation into) {
    int below = layers() - kernels.size();
    for (int i = 0; i < kernels.size(); i++) {
      backend.copy(kernels.get(i), into.kernel(below + i + 1));
    }
    backend.copy(readout.dual(), into.dual());
  }

  /** Kernels of layers below the last, which moves of weights leave as they were. */
  @Override
  public void completeKernels(FieldPopulation of) {
    if (isWhitened()) {
      return;
    }
    use(of);
    backend.copy(of.xi(), moving.position);
    for (int l = 1; l < layers(); l++) {
      LayerFields layer = moving.layers.get(l - 1);
      layer.forward(l == 1 ? moving.input : moving.links.get(l - 2));
      double weight = network.weightVariance(l) / of.samples();
      backend.gram(weight, layer.phi(), 0, of.kernel(l));
    }
  }

  @Override
  public void setConditions(double gamma, double kappa) {
    if (readout.setConditions(gamma, kappa)) {
      steps.forget();
      ends.forget();
    }
  }

  @Override
  public double largestShare(FieldPopulation of) {
    use(of);
    backend.copy(of.xi(), moving.position);
    backend.exactly(resolveExactly);
    double[] largestAndSum = new double[2];
    MovingBlock.shares(
        backend, moving.layers.get(layers() - 1).phi(), targetsSingle, largestAndSum);
    return largestAndSum[1] == 0 ? 0 : largestAndSum[0] / largestAndSum[1];
  }

  @Override
  public double[] directions(int layer, double[] v) {
    if (layer > 1 && !isWhitened()) {
      try (Matrix features = moving.features(layer)) {
        return imageOf(features, v);
      }
    }
    Matrix factor = layer == 1 ? inputFactor : covariances.get(layer - 2).factor();
    return EquilibriumIdentity.directions(backend, factor, v);
  }

  /** features v, row-major. */
  private double[] imageOf(Matrix features, double[] v) {
    int outputs = v.length / shape.points();
    try (Matrix dual = backend.allocate(Precision.FLOAT32, shape.points(), outputs, "v");
        Matrix image = backend.allocate(Precision.FLOAT32, features.rows(), outputs, "F^T v")) {
      double[] values = new double[Math.toIntExact(image.size())];
      backend.upload(v, dual);
      backend.gemm(Transpose.NO, Transpose.NO, 1, features, dual, 0, image);
      backend.download(image, values);
      return values;
    }
  }

  @Override
  public Matrix inputFactor() {
    return inputFactor;
  }

  @Override
  public Matrix position(int layer) {
    return moving.positions.get(layer - 1);
  }

  @Override
  public Matrix gradient(int layer) {
    return moving.gradients.get(layer - 1);
  }

  @Override
  public Matrix unitMatrix() {
    return memory.get("unit matrix");
  }

  @Override
  public int blocks() {
    return 1;
  }

  @Override
  public int samples() {
    return population.samples();
  }

  @Override
  public int firstSample(int block) {
    return 0;
  }

  @Override
  public void begin(int block) {
    backend.copy(population.xi(), moving.position);
    record.start();
    step = steps.of(samples(), samples(), jitter.value());
    end = ends.of(samples(), samples(), jitter.value());
    evaluateAtEnd();
  }

  @Override
  public void evaluate() {
    step.run();
  }

  @Override
  public void evaluateAtEnd() {
    backend.exactly(evaluateExactly);
  }

  private void runEnd() {
    end.run();
  }

  private void step() {
    moving.forward();
    record.note();
    moving.pull();
  }

  /** Factorizations fail for fields that have overflowed or collapsed: the move is then refused. */
  @Override
  public double potential() {
    potential = record.read();
    return potential;
  }

  @Override
  public TrajectoryRecord record() {
    return record;
  }

  @Override
  public void accept() {
    backend.copy(moving.position, population.xi());
    save(population);
    population.setPotential(potential);
  }

  @Override
  public Matrix position() {
    return moving.position;
  }

  @Override
  public Matrix momentum() {
    return moving.momentum;
  }

  @Override
  public Matrix gradient() {
    return moving.gradient;
  }

  /**
   * Kernels of all layers, dual vector and potential at the position.
   *
   * @return the largest jitter that was added to a covariance
   * @throws NotPositiveDefiniteException if a covariance or the kernel of the readout is not
   */
  private double forwardAndWait() {
    record.start();
    moving.forward();
    record.note();
    potential = record.require();
    double[] values = new double[jitters.columns()];
    backend.download(jitters, values);
    return Arrays.stream(values).max().orElse(0);
  }

  @Override
  public long gramNanos() {
    long nanos = 0;
    for (Moving scratch : sizes) {
      nanos += scratch.top.gramNanos();
      for (Link link : scratch.links) {
        nanos += link.gramNanos();
      }
    }
    return nanos;
  }

  @Override
  public long solveNanos() {
    long nanos = readout.nanos();
    for (Moving scratch : sizes) {
      for (Link link : scratch.links) {
        nanos += link.solveNanos();
      }
    }
    return nanos;
  }

  @Override
  public void close() {
    steps.close();
    ends.close();
    memory.close();
  }
}
