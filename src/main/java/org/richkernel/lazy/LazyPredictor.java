package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.solver.StopSignal;

/** A fitted predictor f(x) = k(x)^T C, from the training inputs and the coefficients C alone. */
public final class LazyPredictor implements Predictor {
  private static final String COEFFICIENTS = "coefficients";

  private final NetworkSpec network;
  private final KernelKind kind;
  private final Inputs trainInputs;
  private final double[] coefficients;
  private final int outputs;

  /**
   * A predictor from stored coefficients.
   *
   * @param trainInputs P x D
   * @param coefficients C, P x K, row-major, K at least 1
   */
  public LazyPredictor(
      NetworkSpec network, KernelKind kind, Inputs trainInputs, double[] coefficients) {
    int points = trainInputs.rows();
    if (points == 0 || coefficients.length == 0 || coefficients.length % points != 0) {
      throw new InvalidProblemException(
          "coefficients",
          coefficients.length + " numbers",
          "give a multiple of the training points, " + points);
    }
    this.network = network;
    this.kind = kind;
    this.trainInputs = trainInputs;
    this.coefficients = coefficients.clone();
    this.outputs = coefficients.length / points;
  }

  /** The network whose kernel is used. */
  public NetworkSpec network() {
    return network;
  }

  /** NNGP or NTK. */
  public KernelKind kernel() {
    return kind;
  }

  /** P x D. */
  public Inputs trainInputs() {
    return trainInputs;
  }

  /** C, P x K, row-major; a copy. */
  public double[] coefficients() {
    return coefficients.clone();
  }

  /** K. */
  public int outputs() {
    return outputs;
  }

  /**
   * Peak memory of {@link #predict}: O(panel x P) for any number of inputs.
   *
   * @throws InvalidProblemException as for {@link #predict}
   */
  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    return plan(backend, inputs, recursion(inputs));
  }

  /**
   * Predictions at new inputs.
   *
   * @param inputs rows x D
   * @return rows x K, row-major
   * @throws InvalidProblemException if the dimension does not fit, a kernel overflows or the
   *     activation series does not converge
   * @throws OutOfDeviceMemoryException if the memory does not suffice
   */
  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    return predict(backend, inputs, StopSignal.never());
  }

  /**
   * The same with a stop at the next block of rows.
   *
   * @throws org.richkernel.solver.InterruptedRunException for a stop
   */
  double[] predict(Backend backend, Inputs inputs, StopSignal stop) {
    KernelRecursion recursion = recursion(inputs);
    recursion.obey(stop);
    MemoryPlan plan = plan(backend, inputs, recursion);
    plan.requireFits(backend, "lower the number of new inputs");
    try (Workspace workspace = new Workspace(backend, plan)) {
      recursion.uploadPoints(backend, workspace);
      backend.upload(coefficients, workspace.get(COEFFICIENTS));
      return PanelPrediction.predict(backend, workspace, recursion, workspace.get(COEFFICIENTS));
    }
  }

  private KernelRecursion recursion(Inputs inputs) {
    return KernelRecursion.of(network, kind, trainInputs, inputs);
  }

  private MemoryPlan plan(Backend backend, Inputs inputs, KernelRecursion recursion) {
    int points = trainInputs.rows();
    MemoryPlan plan = new MemoryPlan();
    recursion.planPoints(plan);
    PanelPrediction.plan(
        plan, recursion, PanelSize.of(backend, trainInputs, inputs.rows()), outputs);
    plan.add(COEFFICIENTS, Precision.FLOAT64, points, outputs);
    plan.addHost(8L * inputs.rows() * outputs);
    return plan;
  }
}
