package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;

/**
 * Trains networks that differ only in width and initial weights, one after the other.
 *
 * <p>Cost of a step: about 6 P n^2 flops for each hidden matrix, and a pass over its entries. No
 * checkpoints: the usual task takes seconds.
 */
public final class ScalingExperiment {
  private final Parametrization parametrization;
  private final ScalingOptions options;

  /**
   * Networks of a parametrization.
   *
   * @throws InvalidProblemException if the exponents of the options have another depth
   */
  public ScalingExperiment(Parametrization parametrization, ScalingOptions options) {
    int layers = parametrization.depth() + 1;
    if (options.epsilonExponents().size() != layers
        || options.weightDecayExponents().size() != layers) {
      throw new InvalidProblemException(
          "exponents of epsilon and weight decay",
          options.epsilonExponents().size() + " and " + options.weightDecayExponents().size(),
          "give one for each of the " + layers + " layers");
    }
    this.parametrization = parametrization;
    this.options = options;
  }

  /** The points that every network is trained on, P x d. */
  public static double[] inputs(ScalingOptions options, Backend backend) {
    int points = options.points();
    int dimension = options.inputDimension();
    double[] values = new double[points * dimension];
    try (Workspace memory = new Workspace(backend, ScaledNetwork.inputsPlan(options))) {
      Matrix inputs = memory.get("inputs");
      ScaledNetwork.drawInputs(options, backend, memory.get("drawn inputs"), inputs);
      backend.download(inputs, values);
    }
    return values;
  }

  /** Peak memory: the widest network, and the coordinates of all. */
  public MemoryPlan plan() {
    long widest = options.widths().get(options.widths().size() - 1);
    long coordinates = options.widths().stream().mapToLong(width -> width).sum();
    long depth = parametrization.depth();
    long recorded =
        (options.steps() + 1L) * options.points() * (depth + 1) * coordinates * options.repeats();
    boolean hasMoments = parametrization.optimizer().isNormalized();
    long moments =
        hasMoments ? 3 * ((depth - 1) * widest + options.inputDimension() + 1) * widest : 0;
    return ScaledNetwork.plan(parametrization, options, (int) widest)
        .addHost(Double.BYTES * (recorded + moments));
  }

  /**
   * The runs in order of width and repeat.
   *
   * @return empty if a stop was requested
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public Optional<List<CoordinateRun>> run(Backend backend, RunControl control) {
    plan().requireFits(backend, "lower --widths, --points or --steps");
    List<CoordinateRun> runs = new ArrayList<>();
    int total = options.widths().size() * options.repeats();
    for (int width : options.widths()) {
      MemoryPlan plan = ScaledNetwork.plan(parametrization, options, width);
      try (Workspace memory = new Workspace(backend, plan)) {
        for (int repeat = 0; repeat < options.repeats(); repeat++) {
          if (control.stop().isRaised()) {
            return Optional.empty();
          }
          runs.add(
              new ScaledNetwork(parametrization, options, backend, memory, width, repeat).train());
          control
              .listener()
              .progress(
                  new Progress(
                      String.format(Locale.ROOT, "width %d", width),
                      Double.NaN,
                      runs.size(),
                      total,
                      Double.NaN,
                      Double.NaN));
        }
      }
    }
    return Optional.of(runs);
  }
}
