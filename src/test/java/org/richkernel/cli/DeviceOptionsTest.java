package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;

/** Options that choose among devices and what of them is used, on two emulated devices. */
@OnEmulatedDevice
class DeviceOptionsTest {
  @TempDir Path folder;

  @BeforeEach
  void twoDevices() {
    EmulatedDevice.setDevices(2);
  }

  @AfterEach
  void nothingIsLeft() {
    assertThat(EmulatedDevice.counter("liveAllocations")).isZero();
    assertThat(EmulatedDevice.counter("contexts")).isZero();
    EmulatedDevice.setDevices(1);
  }

  private Program run(String command, String backend, String... more) {
    String[] options =
        Stream.concat(
                Stream.of("--backend=" + backend, "--out=" + folder.resolve("out")),
                Arrays.stream(more))
            .toArray(String[]::new);
    return Program.onDigits(command, 10, 5, options);
  }

  @Test
  void fitOnTwoDevicesKeepsTheBudgetOfEachAndRecordsBoth() {
    EmulatedDevice.reset();
    EmulatedDevice.setDevices(2);
    Program run =
        run(
            "bayes",
            "cuda",
            "--samples=64",
            "--beta=5",
            "--max-sweeps=2",
            "--devices=0,1",
            "--device-memory=3m");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.NOT_CONVERGED);
    Summary summary = ResultFolder.readSummary(folder.resolve("out"));
    assertThat(summary.backend().orElseThrow().device()).isEqualTo("2 x " + EmulatedDevice.NAME);
    assertThat(summary.config())
        .containsEntry("devices", "0,1")
        .containsEntry("device-memory", "3m")
        .containsEntry("precision", "fp32");
    long budget = 2 * (3L << 20);
    assertThat(summary.peakBytes().get("device")).isBetween(100_000L, budget);
    // the device's own allocator rounds blocks up to 512 bytes
    assertThat(EmulatedDevice.counter("peakBytes")).isBetween(100_000L, budget + budget / 10);
  }

  @Test
  void deviceThatDoesNotExistEndsWithFourInOneLine() {
    for (String backend : List.of("cuda", "auto")) {
      Program run = run("bayes", backend, "--devices=0,7");
      assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
      assertThat(run.line()).contains("there is no device 7, the driver shows devices 0 to 1");
    }
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void cudaWithoutADeviceEndsWithFourAndDevicesSaysWhy() {
    EmulatedDevice.setDevices(0);
    Program run = run("lazy", "cuda");
    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.line()).contains("cuda").contains("device");
    assertThat(folder.resolve("out")).doesNotExist();
    Program devices = Program.run("devices");
    assertThat(devices.code()).isZero();
    assertThat(devices.out()).contains("cuda: not usable").contains("device: ").contains("mend: ");
  }

  @Test
  void budgetThatDoesNotHoldThePlanEndsWithFourBeforeTheWork() {
    Program run = run("bayes", "cuda", "--device-memory=30k");
    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.line()).contains(" bytes are free").contains("--samples");
    assertThat(EmulatedDevice.counter("peakBytes")).isLessThan(100_000);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tf32", "tf32x3"})
  void precisionIsRecordedWhereItIsAskedFor(String precision) {
    Program run = run("lazy", "cuda", "--precision=" + precision);
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(ResultFolder.readSummary(folder.resolve("out")).config())
        .containsEntry("precision", precision);
  }

  @Test
  void autoThatFallsBackSaysWhatNoLongerApplies() {
    EmulatedDevice.setDevices(0);
    Program run = run("lazy", "auto", "--devices=0,1", "--precision=tf32");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .contains("backend cuda passed over: ")
        .contains("--devices and --precision have no effect on the cpu backend");
  }
}
