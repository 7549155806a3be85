package org.richkernel.bayes;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ChannelLinks;
import org.richkernel.stack.Conditions;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FeatureReadout;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.PosteriorParameters;

/**
 * The density of {@link ConvolutionPosterior} for more images than features: the readout is
 * integrated out by {@link FeatureReadout}, layers above the first have weights, and no P x P
 * matrix is held.
 *
 * <p>Memory: 3 S times the columns of the fields, 2 S n_l floats for n_l = P s_l per layer, k S n_l
 * for each layer above the first, and five matrices of n x n for n = S pooled rows, or S s of a
 * flattened layer, in addition to the populations.
 */
final class DualConvolutionPosterior extends StackPosterior<LayerStack>
    implements ChannelPosterior, KernelProducts {
  private final ConvolutionShape shape;
  private final PosteriorParameters parameters;
  private final int outputs;
  private final ConvolutionLayers layers;
  private final Map<Integer, FeatureReadout> readouts = new HashMap<>(); // by number of samples
  private final List<Integer> sizes; // numbers of samples that were planned
  private final Runnable resolveExactly = this::forwardAndWait;

  private Conditions conditions; // of the parameters, or others during annealing
  private double[] reference = new double[0]; // u, P x K
  private @Nullable FieldPopulation resident; // whose activations and readout are held
  private double resolved; // potential that was waited for
  private int held; // samples of the fields that were held last

  /**
   * @param shape of the network and its training images, with weights
   * @param patches factor of the covariance of patches, rows ordered (site, image)
   * @param y targets, row-major P x K
   * @param parameters with the variance of {@link ConvolutionLayers#readoutVariance}
   * @param samples numbers of samples of the populations
   */
  DualConvolutionPosterior(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      InputFactor patches,
      double[] y,
      PosteriorParameters parameters,
      int... samples) {
    super(backend, planned(shape, y.length / shape.points(), samples), patches);
    this.shape = shape;
    this.parameters = parameters;
    outputs = y.length / shape.points();
    conditions = parameters.conditions();
    sizes = Arrays.stream(samples).boxed().toList();
    ChannelLinks links = new ChannelLinks(backend, network, shape, memory());
    layers = new ConvolutionLayers(backend, network, shape, memory(), inputFactor(), links);
    backend.upload(y, memory().get("Y"));
    backend.copy(memory().get("Y"), targetsSingle());
  }

  private static MemoryPlan planned(ConvolutionShape shape, int outputs, int[] samples) {
    MemoryPlan plan = new MemoryPlan();
    plan(plan, shape, outputs, samples);
    return plan;
  }

  /**
   * Adds the scratch shared by all populations to a plan.
   *
   * @param samples of each size of population
   */
  static void plan(MemoryPlan plan, ConvolutionShape shape, int outputs, int[] samples) {
    int most = Arrays.stream(samples).max().orElseThrow();
    TrajectoryRecord.plan(plan);
    plan.add("F", Precision.FLOAT32, shape.columns(1), shape.rank());
    FeatureReadout.planTargets(plan, shape.points(), outputs);
    ConvolutionLayers.plan(plan, shape, most);
    ChannelLinks.plan(plan, shape, most);
    for (int s : samples) {
      FeatureReadout.plan(plan, ConvolutionLayers.features(shape, s), outputs);
    }
  }

  @Override
  Block<LayerStack> block(int samples, int first, int rows) {
    return layers.block(
        samples,
        top -> {
          FeatureReadout made =
              new FeatureReadout(
                  backend(),
                  memory(),
                  parameters,
                  samples,
                  top.pooled(0),
                  layers.pull(samples),
                  record().potential(),
                  record().failures());
          made.setConditions(conditions);
          readouts.put(samples, made);
          return made;
        });
  }

  @Override
  void prepare(Block<LayerStack> block) {
    layers.prepare(block.samples());
  }

  private FeatureReadout readout() {
    return readouts.get(samples());
  }

  @Override
  public int layers() {
    return shape.layers();
  }

  /** Sizes of the network and its training images. */
  ConvolutionShape shape() {
    return shape;
  }

  /** K. */
  int outputs() {
    return outputs;
  }

  /** Y, P x K, float32. */
  Matrix targetsSingle() {
    return memory().get("Y, single");
  }

  @Override
  public FieldPopulation newPopulation(int samples, int blocks) {
    cut(samples, blocks);
    int features = readoutFeatures(samples);
    return FieldPopulation.channels(backend(), samples, shape, shape.points(), outputs, features);
  }

  @Override
  public void use(FieldPopulation next) {
    choose(next);
  }

  @Override
  public void refresh(FieldPopulation next) {
    resident = null;
    hold(next);
    save(next);
    next.setPotential(resolved);
  }

  /** Computes activations and readout of a population, unless they are present. */
  private void hold(FieldPopulation of) {
    use(of);
    if (resident != of) {
      fetch();
      backend().exactly(resolveExactly);
      resident = of;
    }
  }

  private void forwardAndWait() {
    record().start();
    moving().stack().forward();
    record().note();
    resolved = record().require(NotPositiveDefiniteException.SCALE_INPUTS);
  }

  @Override
  void save(FieldPopulation into) {
    backend().copy(readout().dual(), into.dual());
    backend().copy(readout().solution().weights(), into.weights());
  }

  @Override
  public void setConditions(Conditions next) {
    boolean changed = !next.equals(conditions);
    conditions = next;
    readouts.values().forEach(each -> each.setConditions(next));
    if (changed) {
      resident = null;
      forgetSteps();
    }
  }

  @Override
  public void begin(int block) {
    resident = null;
    select(block);
    beginSteps(0);
    fetch();
    record().start();
    evaluateAtEnd();
  }

  @Override
  public double largestShare(FieldPopulation of) {
    hold(of);
    Matrix image = readout().solution().image();
    double[] b = new double[Math.toIntExact(image.size())];
    backend().download(image, b);
    int numbers = b.length / of.samples();
    double largest = 0;
    double sum = 0;
    for (int i = 0; i < b.length; i += numbers) {
      double square = 0;
      for (int k = 0; k < numbers; k++) {
        square += b[i + k] * b[i + k];
      }
      largest = Math.max(largest, square);
      sum += square;
    }
    return sum == 0 ? 0 : largest / sum;
  }

  @Override
  public void setReference(double[] u) {
    reference = u.clone();
  }

  @Override
  public double[] kernelImage(FieldPopulation of) {
    hold(of);
    // the image replaces v of the readout, and layers below may share the pooled rows
    resident = null;
    layers.pooled(layers(), samples());
    return readout().kernelImage(reference);
  }

  @Override
  public double effectiveDimension(FieldPopulation of) {
    hold(of);
    return readout().effectiveDimension();
  }

  @Override
  public int readoutFeatures(int samples) {
    return ConvolutionLayers.features(shape, samples);
  }

  @Override
  public void complete(FieldPopulation of) {
    hold(of);
  }

  /** Pooled rows of layer l at the position, (S, or S s) x P, float32. */
  Matrix pooled(int layer) {
    return layers.pooled(layer, samples());
  }

  /** Factor of the Gram matrix of the {@link #pooled} rows in g_l Phi. */
  double weight(int layer) {
    return layers.weight(layer, samples());
  }

  @Override
  public Matrix activations(int layer) {
    return moving().stack().layer(layer).phi();
  }

  /** g v^T phi / (S s), which is w. */
  @Override
  public void readoutWeights(FieldPopulation of, Matrix weights) {
    resident = null;
    hold(of);
    resident = null;
    backend().copy(readout().solution().weights(), weights);
  }

  @Override
  public Channels channels(FieldPopulation of, TestPoints.Draw draw) {
    float[] readout = layers.readout(of.samples(), outputs, weights -> readoutWeights(of, weights));
    return new Channels(fields(of), readout);
  }

  private int samplesOf(float[] fields) {
    return shape.samplesOf(fields.length, sizes);
  }

  @Override
  public void holdFields(float[] fields) {
    resident = null;
    int samples = samplesOf(fields);
    // this posterior may have no population of this size yet
    cut(samples, 1);
    Block<LayerStack> block = turnTo(samples).get(0);
    backend().upload(fields, block.fields().position());
    block.stack().activations();
    held = samples;
  }

  @Override
  public void kernelRows(double scale, int layer, int first, Matrix target) {
    Matrix all = layers.pooled(layer, held);
    try (Matrix some = all.view(0, all.rows(), first, target.rows())) {
      double factor = scale * held * layers.weight(layer, held);
      backend().gemm(Transpose.YES, Transpose.NO, factor, some, all, 0, target);
    }
  }

  @Override
  public void addKernelProducts(
      double weight, float[] fields, List<double[]> vectors, List<double[]> sums) {
    holdFields(fields);
    layers.pooled(layers(), held);
    for (int i = 0; i < vectors.size(); i++) {
      double[] product = readouts.get(held).kernelImage(vectors.get(i));
      double[] sum = sums.get(i);
      for (int j = 0; j < sum.length; j++) {
        sum[j] += weight * product[j];
      }
    }
  }

  @Override
  public double[] directions(int layer, double[] v) {
    return layers.directions(layer, samples(), v);
  }

  /** I of n x n for the population in use. */
  @Override
  public Matrix unitMatrix() {
    return readout().solution().unit();
  }

  @Override
  public long solveNanos() {
    return super.solveNanos() + readouts.values().stream().mapToLong(FeatureReadout::nanos).sum();
  }
}
