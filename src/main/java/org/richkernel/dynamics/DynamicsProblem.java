package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.lazy.InputCovariance;
import org.richkernel.network.BatchSchedule;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A network, its training, and the points whose outputs are computed; test points evolve but do not
 * train.
 *
 * <p>With K outputs the network has K readouts, f_k = w_k . phi(h^L) / (gamma N), and the squared
 * errors of all of them are added.
 *
 * @param network depth and activation; weight variances 1, no biases
 * @param options richness, steps, samples
 * @param trainInputs P x D
 * @param trainTargets P x K
 * @param testInputs Q x D; zero rows when there are none
 * @param testTargets Q x K, or zero rows when they are not known
 */
public record DynamicsProblem(
    NetworkSpec network,
    DynamicsOptions options,
    Inputs trainInputs,
    Targets trainTargets,
    Inputs testInputs,
    Targets testTargets) {
  /**
   * @throws InvalidProblemException for weight variances other than 1 or biases, without training
   *     points, if rows, dimensions or outputs do not agree, a batch is larger than P, or outputs
   *     over time or two-time kernels do not fit an array
   */
  public DynamicsProblem {
    requireUnitPrior(network);
    if (trainInputs.rows() < 1) {
      throw new InvalidProblemException("train-size", 0, "give at least 1 training point");
    }
    requireRows("train-y", trainTargets, trainInputs.rows());
    testInputs.requireTestsOf(trainInputs);
    if (testTargets.rows() > 0) {
      requireRows("test-y", testTargets, testInputs.rows());
      if (testTargets.outputs() != trainTargets.outputs()) {
        throw new InvalidProblemException(
            "test-y",
            testTargets.outputs() + " outputs",
            "give as many as the training targets have, " + trainTargets.outputs());
      }
    }
    if (options.batchSize() > trainInputs.rows()) {
      throw new InvalidProblemException(
          "batch-size",
          options.batchSize(),
          "use at most the number of training points, " + trainInputs.rows());
    }
    long points = (long) trainInputs.rows() + testInputs.rows();
    long width = points * trainTargets.outputs();
    if (width > Integer.MAX_VALUE / (options.steps() + 1L)) {
      throw new InvalidProblemException(
          "steps",
          options.steps(),
          "(steps + 1) times points, those of the test included, times outputs must stay below"
              + " 2^31; use fewer of them");
    }
    long history = (long) trainInputs.rows() * (options.steps() + 1L);
    if (options.saveHistory() && history * history > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          "save-history",
          "asked for with training points times (steps + 1) = " + history,
          "two-time kernels are kept up to 46340; use fewer steps or points");
    }
  }

  private static void requireUnitPrior(NetworkSpec network) {
    for (double g : network.weightVariances()) {
      if (g != 1) {
        throw new InvalidProblemException(
            "weight-variance", g, "the dynamics are solved for weight variance 1; leave it out");
      }
    }
    if (network.biasVariance() != 0) {
      throw new InvalidProblemException(
          "bias-variance",
          network.biasVariance(),
          "the dynamics are solved without biases; add a constant column to the inputs instead");
    }
  }

  private static void requireRows(String field, Targets targets, int rows) {
    if (targets.rows() != rows) {
      throw new InvalidProblemException(
          field, targets.rows() + " rows", "give one row per input, " + rows);
    }
  }

  /** A problem without test points. */
  public static DynamicsProblem of(
      NetworkSpec network, DynamicsOptions options, Inputs inputs, Targets targets) {
    return new DynamicsProblem(
        network, options, inputs, targets, inputs.none(), Targets.of(new double[0]));
  }

  /** The same with other options. */
  public DynamicsProblem withOptions(DynamicsOptions other) {
    return new DynamicsProblem(network, other, trainInputs, trainTargets, testInputs, testTargets);
  }

  /** K, outputs of the network. */
  public int outputs() {
    return trainTargets.outputs();
  }

  /** Training points that drive each step. */
  public BatchSchedule batches() {
    int size = options.batchSize();
    return new BatchSchedule(trainPoints(), size == 0 ? trainPoints() : size);
  }

  /**
   * Refuses several outputs on behalf of a method for one output.
   *
   * @param method its name, for the message
   * @throws InvalidProblemException if K is not 1
   */
  public void requireOneOutput(String method) {
    if (outputs() != 1) {
      throw new InvalidProblemException(
          "train-y", outputs() + " outputs", method + " needs 1; use the causal solver for more");
    }
  }

  /**
   * Refuses mini-batches on behalf of a method without them.
   *
   * @param method its name, for the message
   * @throws InvalidProblemException if a batch is smaller than the training set
   */
  public void requireFullBatches(String method) {
    if (!batches().isFull()) {
      throw new InvalidProblemException(
          "batch-size",
          options.batchSize(),
          method + " needs full batches; leave it out, or use the causal solver");
    }
  }

  /** P, training points. */
  public int trainPoints() {
    return trainInputs.rows();
  }

  /** Q, test points. */
  public int testPoints() {
    return testInputs.rows();
  }

  /** M = P + Q; in arrays of all points training points come first. */
  public int points() {
    return trainPoints() + testPoints();
  }

  /** Block of the training points, P x P, of a kernel of all points, M x M. */
  public double[] trainBlock(double[] kernel) {
    int points = points();
    int train = trainPoints();
    double[] block = new double[train * train];
    for (int i = 0; i < train; i++) {
      System.arraycopy(kernel, i * points, block, i * train, train);
    }
    return block;
  }

  /** All inputs, training points first. */
  Inputs inputs() {
    return Inputs.of(allInputs(), points(), dimension()).withShape(trainInputs.shape());
  }

  /** The sites of the layers, a single one for a fully connected network. */
  public NetworkSites sites() {
    return NetworkSites.of(network, trainInputs.shape());
  }

  /**
   * The patches that the first layer reads, row-major (M s_1) x (k_1 C), rows ordered (point,
   * site); of a fully connected network the inputs.
   */
  double[] patches() {
    if (network.convolutions().isEmpty()) {
      return allInputs();
    }
    NetworkSites sites = sites();
    Inputs all = inputs();
    int each = Math.multiplyExact(sites.sites(1), sites.inputs());
    double[] patches = new double[Math.multiplyExact(points(), each)];
    for (int mu = 0; mu < points(); mu++) {
      System.arraycopy(sites.patches(all, mu, 1), 0, patches, mu * each, each);
    }
    return patches;
  }

  /** All inputs, row-major M x D. */
  public double[] allInputs() {
    double[] train = trainInputs.toArray();
    double[] all = java.util.Arrays.copyOf(train, train.length + testPoints() * dimension());
    System.arraycopy(testInputs.toArray(), 0, all, train.length, all.length - train.length);
    return all;
  }

  /** D. */
  public int dimension() {
    return trainInputs.dimension();
  }

  /**
   * Phi^0 = X X^T / D of all points by one product on a backend, row-major M x M; of a
   * convolutional network F Phi^0 of all points and sites of the first layer, (M s_1) x (M s_1).
   */
  double[] inputKernel(Backend backend) {
    NetworkSites sites = sites();
    int fields = Math.multiplyExact(points(), sites.sites(1));
    return InputCovariance.of(backend, network, patches(), fields, sites.inputs());
  }

  /**
   * Phi^0 = X X^T / D of all points, row-major M x M, in a loop on the host; of the patches of a
   * convolution with one site.
   *
   * @throws InvalidProblemException if there are several sites, whose kernel is not one between
   *     points
   */
  public double[] inputKernel() {
    return inputKernel(inputs());
  }

  /** Phi^0 of the training points alone, row-major P x P. */
  public double[] trainInputKernel() {
    return inputKernel(trainInputs);
  }

  /** The tangent kernel of all points, row-major M x M, from kernels of all points. */
  public double[] tangentKernel(LayerKernels kernels) {
    return kernels.tangent().orElseGet(() -> kernels.tangentKernel(inputKernel()));
  }

  private double[] patches(Inputs inputs) {
    if (sites().sites(1) > 1) {
      network.requireDense("a kernel of inputs", "take the tangent kernel");
    }
    return sites().patches(inputs, 0, inputs.rows());
  }

  private double[] inputKernel(Inputs inputs) {
    double[] x = patches(inputs);
    int rows = inputs.rows();
    int dimension = sites().inputs();
    double[] kernel = new double[rows * rows];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = 0;
        for (int k = 0; k < dimension; k++) {
          sum += x[i * dimension + k] * x[j * dimension + k];
        }
        kernel[i * rows + j] = sum / dimension;
        kernel[j * rows + i] = sum / dimension;
      }
    }
    return kernel;
  }
}
