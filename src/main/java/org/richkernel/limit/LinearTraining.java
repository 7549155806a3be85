package org.richkernel.limit;

import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.BatchSchedule;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;

/**
 * Trains a one-hidden-layer linear network, of infinite width or of a finite one, on points: all in
 * every step, in batches, or one after the other.
 *
 * <p>Cost of a step on B points with H = d + K rows: 4 B H (d + K) flops, and 2 H^2 K more at a
 * finite width beyond H.
 *
 * @param shape of the network
 * @param inputs P x d; points beyond those of the targets are recorded and do not train
 * @param targets first points' targets, P_train x K
 * @param loss of a point; the mean over a batch is lowered
 * @param rule of the descent
 * @param batches points that drive each step
 * @param steps T
 * @param precision of weights and fields
 */
public record LinearTraining(
    LinearShape shape,
    Inputs inputs,
    Targets targets,
    OutputLoss loss,
    DescentRule rule,
    BatchSchedule batches,
    int steps,
    Precision precision) {

  /**
   * Outputs over time.
   *
   * @param outputs f, (T + 1) x P x K
   * @param losses mean over the batch of each step, before it, T
   * @param norms of its gradient before clipping, T; NaN without clipping
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Course(double[] outputs, double[] losses, double[] norms) {}

  /**
   * Checks that the parts fit together.
   *
   * @throws InvalidProblemException naming the first that does not
   */
  public LinearTraining {
    requireEqual("input dimension", inputs.dimension(), shape.inputs());
    requireEqual("outputs", targets.outputs(), shape.outputs());
    requireEqual("train-size", batches.points(), targets.rows());
    if (targets.rows() > inputs.rows()) {
      throw new InvalidProblemException(
          "train-y", targets.rows() + " rows", "give at most one for each of the inputs");
    }
    if (steps < 0) {
      throw new InvalidProblemException("steps", steps, "use at least 0");
    }
  }

  private static void requireEqual(String field, int found, int expected) {
    if (found != expected) {
      throw new InvalidProblemException(field, found, "the other parts have " + expected);
    }
  }

  /** Peak memory of a training. */
  public MemoryPlan plan() {
    int points = inputs.rows();
    int batch = batches.size();
    return LinearNetwork.plan(shape, rule, precision)
        .add("inputs", precision, points, shape.columns())
        .add("fields", precision, points, shape.rows())
        .add("outputs", precision, points, shape.outputs())
        .add("inputs of a batch", precision, batch, shape.columns())
        .add("fields of a batch", precision, batch, shape.rows())
        .add("outputs of a batch", precision, batch, shape.outputs())
        .addHost(
            (long) Double.BYTES
                * ((steps + 1L) * points * shape.outputs() + 2L * points * shape.columns()));
  }

  /**
   * Trains a network.
   *
   * @param seed of its initial weights
   * @param repeat index of the network among those of the seed
   * @return empty if a stop was requested
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public Optional<Course> run(Backend backend, RunControl control, long seed, int repeat) {
    MemoryPlan plan = plan();
    plan.requireFits(backend, "use fewer points or steps");
    try (Workspace memory = new Workspace(backend, plan)) {
      LinearNetwork network = new LinearNetwork(shape, backend, memory);
      network.draw(seed, repeat);
      Matrix x = memory.get("inputs");
      backend.upload(shape.withBiasColumn(inputs.toArray()), x);
      int block = inputs.rows() * shape.outputs();
      Course course =
          new Course(new double[(steps + 1) * block], new double[steps], new double[steps]);
      double[] now = new double[block];
      for (int t = 0; t <= steps; t++) {
        network.forward(x, memory.get("fields"));
        network.outputs(memory.get("fields"), memory.get("outputs"));
        backend.download(memory.get("outputs"), now);
        System.arraycopy(now, 0, course.outputs(), t * block, block);
        if (t < steps) {
          if (control.stop().isRaised()) {
            return Optional.empty();
          }
          descend(network, backend, memory, now, t, course);
          control
              .listener()
              .progress(new Progress("linear", Double.NaN, t + 1L, steps, Double.NaN, Double.NaN));
        }
      }
      return Optional.of(course);
    }
  }

  private void descend(
      LinearNetwork network,
      Backend backend,
      Workspace memory,
      double[] now,
      int step,
      Course course) {
    int outputs = shape.outputs();
    int[] batch = batches.batch(step);
    double[] f = new double[batch.length * outputs];
    double[] y = new double[f.length];
    Matrix x = memory.get("inputs of a batch");
    Matrix h = memory.get("fields of a batch");
    for (int i = 0; i < batch.length; i++) {
      backend.copy(memory.get("inputs").rowRange(batch[i], 1), x.rowRange(i, 1));
      backend.copy(memory.get("fields").rowRange(batch[i], 1), h.rowRange(i, 1));
      for (int k = 0; k < outputs; k++) {
        f[i * outputs + k] = now[batch[i] * outputs + k];
        y[i * outputs + k] = targets.at(batch[i], k);
      }
    }
    double[] pull = new double[f.length];
    course.losses()[step] = loss.mean(f, y, outputs, pull);
    backend.upload(pull, memory.get("outputs of a batch"));
    network.backward(x, h, memory.get("outputs of a batch"));
    course.norms()[step] = network.descend(rule);
  }
}
