package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Activations whose kink is resolved under a pull. */
interface SlidingActivationContract extends ContractSubject {
  /** clamp(1/2 + h / (reach |pull|), 0, 1) for ReLU, the derivative otherwise. */
  private static double slope(Activation f, double h, double pull, double reach) {
    double width = reach * Math.abs(pull);
    if (!f.hasKink()) {
      return f.derivative(h);
    }
    double ramp = Math.max(0, Math.min(1, 0.5 + h / Math.max(width, Float.MIN_NORMAL)));
    return f.parameter() + (1 - f.parameter()) * ramp;
  }

  @Test
  default void slidingActivationsMatchTheirDefinition() {
    for (int n : ODD_SIZES) {
      for (int columns : new int[] {1, 33, 64}) {
        Host h = Host.random(n, columns, 1);
        Host pull = Host.random(n, columns, 2);
        Host reach = new Host(1, columns);
        for (int j = 0; j < columns; j++) {
          reach.set(0, j, (float) (0.3 + j));
        }
        for (int i = 0; i < Math.min(h.data.length, 9); i++) {
          // far on both sides of the kink, on it, and without a pull
          h.data[i] = (float) (i % 3 - 1) * (i > 5 ? 1e30 : 1);
          pull.data[i] = i % 2 == 0 ? 0 : (float) (-1e-3 * i);
        }
        for (Activation f : Activation.all()) {
          Matrix[] owners = new Matrix[1];
          Matrix[] pullOwners = new Matrix[1];
          Matrix field = h.inWindow(backend(), Precision.FLOAT32, "h", owners);
          Matrix force = pull.inWindow(backend(), Precision.FLOAT32, "pull", pullOwners);
          try (Matrix width = reach.on(backend(), Precision.FLOAT32, "reach");
              Matrix phi = backend().allocate(Precision.FLOAT32, n, columns, "phi");
              Matrix slope = backend().allocate(Precision.FLOAT32, n, columns, "slope")) {
            Host held = Host.from(backend(), field);
            Host forces = Host.from(backend(), force);
            backend().activateSliding(f, field, force, width, phi, slope);
            requireSliding(f, held, forces, reach, phi, slope);
            backend().activateSliding(f, field, force, width, field, force);
            requireSliding(f, held, forces, reach, field, force);
          }
          owners[0].close();
          pullOwners[0].close();
        }
      }
    }
  }

  private void requireSliding(
      Activation f, Host h, Host pull, Host reach, Matrix phi, Matrix slope) {
    Host value = Host.from(backend(), phi);
    Host derivative = Host.from(backend(), slope);
    for (int i = 0; i < h.data.length; i++) {
      double x = h.data[i];
      assertThat(value.data[i])
          .as("%s(%s)", f, x)
          .isCloseTo(
              f.value(x),
              within(Tolerance.ACTIVATION.of(Precision.FLOAT32, Math.max(1, Math.abs(x)))));
      assertThat(derivative.data[i])
          .as("%s' at %s under %s", f, x, pull.data[i])
          .isCloseTo(
              slope(f, x, pull.data[i], reach.data[i % reach.data.length]),
              within(Tolerance.SLOPE.of(Precision.FLOAT32, 1)));
    }
  }

  @Test
  default void slidingActivationsKeepNan() {
    for (Activation f : Activation.all()) {
      Host h = Host.random(3, 5, 1);
      h.set(1, 2, Double.NaN);
      Host pull = Host.random(3, 5, 2);
      pull.set(2, 4, Double.NaN);
      Host reach = new Host(1, 5);
      java.util.Arrays.fill(reach.data, 0.5);
      try (Matrix field = h.on(backend(), Precision.FLOAT32, "h");
          Matrix force = pull.on(backend(), Precision.FLOAT32, "pull");
          Matrix width = reach.on(backend(), Precision.FLOAT32, "reach")) {
        backend().activateSliding(f, field, force, width, field, force);
        Host phi = Host.from(backend(), field);
        Host slope = Host.from(backend(), force);
        for (int i = 0; i < 15; i++) {
          boolean lost = i == 7 && f != Activation.LINEAR;
          assertThat(Double.isNaN(phi.data[i])).as("%s, element %d", f, i).isEqualTo(i == 7);
          assertThat(Double.isNaN(slope.data[i]))
              .as("slope of %s, element %d", f, i)
              .isEqualTo(lost || (i == 14 && f.hasKink()));
        }
      }
    }
  }

  @Test
  default void slidingActivationsRefuseShapesThatDoNotFit() {
    try (Matrix h = backend().allocate(Precision.FLOAT32, 3, 4, "h");
        Matrix tall = backend().allocate(Precision.FLOAT32, 4, 1, "tall");
        Matrix row = backend().allocate(Precision.FLOAT32, 1, 4, "row")) {
      assertThatThrownBy(() -> backend().activateSliding(Activation.RELU, h, h, tall, h, h))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("activateSliding");
      assertThatThrownBy(() -> backend().activateSliding(Activation.RELU, h, row, row, h, h))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("activateSliding");
    }
  }
}
