package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;

class RestDistanceTest {
  private static final int POINTS = 7;

  /** Two decays of opposite sign, the slower one of such a size that the trace turns. */
  private static LayerKernels kernels(double time) {
    double[] phi = new double[POINTS * POINTS];
    for (int i = 0; i < POINTS; i++) {
      phi[i * POINTS + i] = 1;
    }
    phi[0] += Math.exp(-time);
    phi[POINTS + 1] -= 0.3776 * Math.exp(-time / 2);
    return new LayerKernels(1, List.of(phi), List.of(new double[POINTS * POINTS]));
  }

  /** The trace, which rests at 1, is equal at the last two times to a ten thousandth of that. */
  @Test
  void aNumberThatTurnsIsNotTakenForOneAtRest() {
    DynamicsProblem problem =
        PlanePoints.problem(1, Activation.TANH, DynamicsOptions.of(1, 4, 1).withWeightDecay(0.1));
    RestDistance distance = new RestDistance(problem);
    for (double time : new double[] {2, 2.83, 4}) {
      distance.take(time, new double[POINTS], kernels(time));
    }
    List<LayerKernels> kept = List.of(kernels(0), kernels(4));
    Trajectory course =
        new Trajectory(
            POINTS,
            1,
            new double[2 * POINTS],
            new double[2],
            new double[2],
            kept,
            KernelCourse.of(kept, problem));
    double trace = course.course().trace()[2];
    double left = distance.left(course, 0).course().trace()[2];
    assertThat(trace).isBetween(0.991, 0.993);
    assertThat(left).isBetween((1 - trace) / 2, 10 * (1 - trace));
  }
}
