package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.group.RankGroup;

class BackendOptionsTest {
  private static final BackendOptions PLAIN = BackendOptions.defaults();

  @Test
  void firstDeviceInPlainFloat32WithoutALimitUnlessAskedOtherwise() {
    assertThat(PLAIN.devices()).containsExactly(0);
    assertThat(PLAIN.precision()).isEqualTo(FieldPrecision.FP32);
    assertThat(PLAIN.memoryLimitBytes()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void threadsAreThoseOfTheJobWhereItHasSome() {
    int processors = Runtime.getRuntime().availableProcessors();
    assertThat(BackendOptions.defaults(Map.of("SLURM_CPUS_PER_TASK", "3")).threads()).isEqualTo(3);
    assertThat(BackendOptions.defaults(Map.of("SLURM_CPUS_PER_TASK", "")).threads())
        .isEqualTo(processors);
    assertThat(BackendOptions.defaults(Map.of("HOME", "/")).threads()).isEqualTo(processors);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-2", "many", "2.5", "999999"})
  void threadsOfAJobThatAreNoneAreRefused(String value) {
    assertThatThrownBy(() -> BackendOptions.defaults(Map.of("SLURM_CPUS_PER_TASK", value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SLURM_CPUS_PER_TASK is " + value);
  }

  @Test
  void eachSettingLeavesTheOthers() {
    BackendOptions all =
        PLAIN
            .withDevices(List.of(2, 0))
            .withCudaLibraries(Path.of("lib"))
            .withPrecision(FieldPrecision.TF32)
            .withMemoryLimit(5)
            .withThreads(3);
    assertThat(all)
        .isEqualTo(
            new BackendOptions(
                3,
                5,
                List.of(2, 0),
                FieldPrecision.TF32,
                Optional.of(Path.of("lib")),
                RankGroup.alone()))
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
