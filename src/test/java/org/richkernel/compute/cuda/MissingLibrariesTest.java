package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.emulator.OnEmulatedDevice;

/** A machine with a driver and a device, but with one library of CUDA missing. */
@OnEmulatedDevice
class MissingLibrariesTest {
  @TempDir Path folder;

  /** The emulated device's libraries but one, in a JVM that sees no others. */
  private List<String> probeWithout(String stem) throws IOException, InterruptedException {
    Path libraries = Files.createDirectory(folder.resolve("libraries"));
    try (var files = Files.list(Path.of(System.getProperty("richkernel.emulated.device")))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.contains(".so") && !name.startsWith(stem)) {
          Files.copy(file, libraries.resolve(name));
        }
      }
    }
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WithoutDeviceTest.Probing.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("LD_LIBRARY_PATH", libraries.toString());
    assertThat(builder.start().waitFor()).isZero();
    return Files.readAllLines(output, StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({
    "libnvrtc., NVRTC, libnvrtc.so.12",
    "libcublas., cuBLAS, libcublas.so.12",
    "libcusolver., cuSOLVER, libcusolver.so.11"
  })
  void libraryThatIsMissingIsNamedAndAutoTakesTheProcessor(String stem, String title, String soname)
      throws Exception {
    List<String> lines = probeWithout(stem);
    assertThat(lines).contains("usable false device RICHKERNEL-EMU", "auto cpu");
    assertThat(lines)
        .anyMatch(
            line ->
                line.startsWith("refused backend cuda cannot be used: " + title + ": " + soname)
                    && line.contains("install the runtime libraries of CUDA 12"))
        .anyMatch(line -> line.startsWith("notice backend cuda passed over: " + title))
        .anyMatch(line -> line.equals("report CUDA driver: libcuda.so.1 loaded"));
  }
}
