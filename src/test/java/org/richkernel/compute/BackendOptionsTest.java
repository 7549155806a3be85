package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class BackendOptionsTest {
  private static final BackendOptions PLAIN = BackendOptions.defaults();

  @Test
  void firstDeviceInPlainFloat32WithoutALimitUnlessAskedOtherwise() {
    assertThat(PLAIN.devices()).containsExactly(0);
    assertThat(PLAIN.precision()).isEqualTo(FieldPrecision.FP32);
    assertThat(PLAIN.memoryLimitBytes()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void eachSettingLeavesTheOthers() {
    BackendOptions all =
        PLAIN
            .withDevices(List.of(2, 0))
            .withPrecision(FieldPrecision.TF32)
            .withMemoryLimit(5)
            .withThreads(3);
    assertThat(all)
        .isEqualTo(new BackendOptions(3, 5, List.of(2, 0), FieldPrecision.TF32))
        .isEqualTo(all.withThreads(3).withMemoryLimit(5).withDevices(List.of(2, 0)));
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThatThrownBy(() -> PLAIN.withDevices(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one");
    assertThatThrownBy(() -> PLAIN.withDevices(List.of(1, 0, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[1, 0, 1]");
    assertThatThrownBy(() -> PLAIN.withDevices(List.of(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from 0");
    assertThatThrownBy(() -> PLAIN.withMemoryLimit(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> PLAIN.withThreads(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
