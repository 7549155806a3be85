package org.richkernel.bayes.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.DualAveraging;

/**
 * Samples of one layer under a fixed tilt, in panels that stay in the fast memory of the device,
 * with a common step.
 */
final class TiltedSamples {
  /** Angle of a trajectory, radians; a quarter of a turn refreshes the Gaussian part. */
  private static final double ANGLE = 1.5;

  private static final int MOST_LEAPFROGS = 40;
  private static final double FIRST_STEP = 0.25;
  private static final double LARGEST_STEP = 0.5;
  private static final double ACCEPTANCE = 0.9;

  private final int samples;
  private final Streams streams;
  private final List<ParticlePanel> panels = new ArrayList<>();
  private final DualAveraging adaptation = new DualAveraging(ACCEPTANCE, FIRST_STEP, LARGEST_STEP);
  private boolean adapting = true;
  private long moves;
  private double step = FIRST_STEP;
  private double acceptance = Double.NaN;

  /**
   * Keys of the random streams; see {@link RandomStreams}.
   *
   * @param seed the key
   * @param momentum purpose of the momenta
   * @param decision purpose of the Metropolis decisions
   * @param index of the samples, 0 to 65535
   */
  record Streams(long seed, int momentum, int decision, int index) {
    ParticlePanel.Draw draw(long move) {
      return new ParticlePanel.Draw(
          seed,
          RandomStreams.stream(momentum, index, move),
          RandomStreams.stream(decision, index, move));
    }
  }

  /**
   * @param memory with the matrices of {@link ParticlePanel#plan}
   * @param xi samples, n x r, float32
   * @param factor F, P x r, float32
   */
  TiltedSamples(
      Backend backend,
      Activation activation,
      Workspace memory,
      Matrix xi,
      Matrix factor,
      Tilt tilt,
      Streams streams) {
    samples = xi.rows();
    this.streams = streams;
    int most = panelRows(backend, samples, factor.rows());
    for (int from = 0; from < samples; from += most) {
      Matrix rows = xi.rowRange(from, Math.min(most, samples - from));
      panels.add(new ParticlePanel(backend, activation, memory, rows, from, factor, tilt));
    }
  }

  /** Rows of the largest panel. */
  static int panelRows(Backend backend, int samples, int points) {
    return Math.min(samples, backend.panelRows(points));
  }

  /**
   * Moves all samples by some trajectories, panel by panel; the step adapts to their acceptance
   * until it is frozen.
   *
   * @param then receives each panel after its moves, while it is in fast memory
   */
  void move(int trajectories, Consumer<ParticlePanel> then) {
    double accepted = 0;
    for (ParticlePanel panel : panels) {
      for (int t = 0; t < trajectories; t++) {
        accepted += panel.move(streams.draw(moves + t), step, leapfrogs(ANGLE));
      }
      then.accept(panel);
    }
    moves += trajectories;
    acceptance = accepted / trajectories / samples;
    if (adapting) {
      adaptation.observe(acceptance);
      step = adaptation.current();
    }
  }

  /**
   * Moves all samples by a trajectory of three times the angle, with the tilt switched off and on
   * again on the way, so that samples can leave a well.
   */
  void moveWithTiltOff() {
    int leapfrogs = leapfrogs(3 * ANGLE);
    IntToDoubleFunction strength = k -> Math.abs(leapfrogs - 2 * k) / (double) leapfrogs;
    for (ParticlePanel panel : panels) {
      panel.move(streams.draw(moves), step, leapfrogs, strength);
    }
    moves++;
  }

  private int leapfrogs(double angle) {
    return (int) Math.max(1, Math.min(MOST_LEAPFROGS * angle / ANGLE, Math.round(angle / step)));
  }

  /** Visits every panel in its present state. */
  void forEach(Consumer<ParticlePanel> visitor) {
    panels.forEach(visitor);
  }

  /** Freezes the step. */
  void freeze() {
    adapting = false;
    step = adaptation.settled();
  }

  /** Accepted fraction of the last {@link #move}. */
  double acceptance() {
    return acceptance;
  }
}
