package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Widths of the ramps in which the slope of a ReLU rises from 0 to 1, so that a neuron can rest on
 * a kink: the distance that a point's own pull moves its h in a given time, {@link
 * Backend#activateSliding}.
 */
final class KinkRamps {
  /**
   * Decay rate of several kinks of one neuron relative to that of one kink (about 5 kinks per
   * neuron on MNIST, 20 at most).
   */
  private static final double KINKS_TOGETHER = 8;

  /** Width of a typical ramp per unit of accuracy, relative to the fields. */
  private static final double RAMP_WIDTH = 3;

  /** Largest time of a ramp in decay times of f. */
  private static final double LONGEST_RAMP = 4;

  private final Backend backend;
  private final double accuracy;
  private final double gamma;
  private final int samples;
  private final int outputCount;
  private final int points;
  private final int readoutSites;
  private final double[] squares; // c Phi^0_jj, P s
  private final Matrix reach; // 1 x (P s)
  private final Matrix readoutMoments; // <z z^T>, K x K
  private double time; // in which the pull of a point crosses the ramp of its kink

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    int k = problem.outputs();
    plan.add("reach", Precision.FLOAT32, 1, RankSpace.fields(problem, problem.trainPoints()))
        .add("moments of the readouts", Precision.FLOAT64, k, k);
  }

  /**
   * @param accuracy largest relative error by the ramps
   * @param space of the training points
   */
  KinkRamps(
      Backend backend,
      Workspace memory,
      DynamicsProblem problem,
      double accuracy,
      int samples,
      RankSpace space) {
    this.backend = backend;
    this.accuracy = accuracy;
    this.samples = samples;
    gamma = problem.options().gamma();
    outputCount = problem.outputs();
    points = problem.trainPoints();
    readoutSites = problem.sites().readoutSites();
    squares = space.trainSquares();
    double factor = problem.sites().readoutScale();
    for (int j = 0; j < squares.length; j++) {
      squares[j] *= factor;
    }
    reach = memory.get("reach");
    readoutMoments = memory.get("moments of the readouts");
  }

  /**
   * reach_j, 1 x (P s): reach_j |z Delta_j| is the distance that the pull of point j moves h_j in
   * the time of a ramp.
   */
  Matrix reach() {
    return reach;
  }

  /** Updates {@link #reach} to the present time of a ramp. */
  void set() {
    double[] way = new double[squares.length];
    for (int j = 0; j < way.length; j++) {
      // before the first measurement the ramps are as narrow as float32 allows
      way[j] = Math.max(Float.MIN_NORMAL, time * gamma * squares[j]);
    }
    backend.upload(way, reach);
  }

  /**
   * Updates the time of a ramp.
   *
   * @param scale root mean square of the features
   * @param decayRate fastest decay of f
   * @param state neurons in so many panels
   * @param pulls Delta of their outputs, row-major P x K
   */
  void adapt(double scale, double decayRate, NeuronState state, int panels, double[] pulls) {
    double wanted = RAMP_WIDTH * accuracy * scale / typicalPull(state, panels, pulls);
    time = Math.min(wanted, LONGEST_RAMP / decayRate);
    set();
  }

  /**
   * Root mean square of gamma c |z . Delta_j| Phi^0_jj, the rate at which the pull of a point moves
   * its h.
   */
  private double typicalPull(NeuronState state, int panels, double[] pulls) {
    for (int i = 0; i < panels; i++) {
      double share = 1.0 / (samples * (double) readoutSites);
      backend.crossGram(share, state.z(i), state.z(i), i == 0 ? 0 : 1, readoutMoments);
    }
    double[] moments = new double[outputCount * outputCount];
    backend.download(readoutMoments, moments);
    double sum = 0;
    for (int j = 0; j < squares.length; j++) {
      double own = gamma * squares[j];
      for (int k = 0; k < outputCount; k++) {
        for (int l = 0; l < outputCount; l++) {
          sum +=
              own
                  * own
                  * moments[k * outputCount + l]
                  * pulls[j % points * outputCount + k]
                  * pulls[j % points * outputCount + l];
        }
      }
    }
    return Math.sqrt(sum / squares.length);
  }

  /** Fastest decay rate by the kinks, per unit of time. */
  double stiffness() {
    return KINKS_TOGETHER / time;
  }

  /** Time in which the pull of a point crosses the ramp of its kink. */
  double time() {
    return time;
  }

  /** Restores a saved time. */
  void restore(double saved) {
    time = saved;
    set();
  }
}
