package org.richkernel.study;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.finite.WidthComparison;
import org.richkernel.finite.WidthOptions;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.Points;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.option.Words;
import org.richkernel.solver.RunControl;

/**
 * Gradient descent of networks of several widths on the same batches, watched on the test points:
 * at one richness for all widths, or at one that makes wide networks lazy. Immutable.
 */
public final class WidthTraining {
  private final NetworkSpec network;
  private final DynamicsOptions descent;
  private final WidthOptions widths;

  private WidthTraining(NetworkSpec network, DynamicsOptions descent, WidthOptions widths) {
    this.network = network;
    this.descent = descent;
    this.widths = widths;
  }

  /**
   * Networks of several widths.
   *
   * @param descent richness of the smallest width, steps, batches; the number of samples is not
   *     used
   */
  public static WidthTraining of(
      NetworkSpec network, DynamicsOptions descent, WidthOptions widths) {
    return new WidthTraining(network, descent, widths);
  }

  /** Peak memory of {@link #fit}. */
  public MemoryPlan plan(Datasets data) {
    return comparison(Points.of(data)).plan();
  }

  /**
   * Trains the networks.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if memory would not suffice
   */
  public Optional<WidthTrainingFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    return comparison(points)
        .run(backend, control)
        .map(
            outcome ->
                new WidthTrainingFit(
                    this, outcome, points, data, FitCost.of(backend, start, control)));
  }

  private WidthComparison comparison(Points points) {
    int outputs = points.trainTargets().outputs();
    return new WidthComparison(
        new DynamicsProblem(
            network,
            descent,
            points.trainInputs(),
            points.trainTargets(),
            points.testInputs(),
            points.testTargets().orElseGet(() -> Targets.of(new double[0], 0, outputs))),
        widths);
  }

  DynamicsOptions descent() {
    return descent;
  }

  WidthOptions widths() {
    return widths;
  }

  /** The options by the names of the command line. */
  public Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("method", "gd");
    all.putAll(ModelSettings.describe(network));
    all.put("widths", widths.widths().toString().replaceAll("[\\[\\] ]", ""));
    all.put("repeats", widths.repeats());
    all.put("scaling", Words.of(widths.scale()));
    all.put("criterion", Words.of(widths.criterion()));
    all.put("gamma", descent.gamma());
    all.put("steps", descent.steps());
    all.put("step-size", descent.stepSize());
    all.put("weight-decay", descent.weightDecay());
    all.put("loss", Words.of(descent.loss()));
    all.put("batch-size", descent.batchSize());
    all.put("record-every", descent.recordEvery());
    all.put("seed", descent.seed());
    return all;
  }
}
