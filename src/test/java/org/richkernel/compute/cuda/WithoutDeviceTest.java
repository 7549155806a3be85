package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;

/** What a machine without a GPU sees, in a JVM of its own. */
class WithoutDeviceTest {
  @TempDir Path folder;

  /** Work on the CPU backend, with all providers constructed. */
  static final class OnTheProcessor {
    public static void main(String[] arguments) {
      for (BackendProvider provider : Backends.providers()) {
        System.out.println("provider " + provider.name() + " " + provider.rank());
      }
      try (Backend backend = Backends.open("cpu", BackendOptions.defaults(), line -> {});
          Matrix x = backend.allocate(Precision.FLOAT32, 10, 10, "x")) {
        backend.fill(1, x);
        System.out.println("sum " + backend.sum(x));
      }
    }
  }

  /** The report of the CUDA provider, then an attempt to open it, then "auto". */
  static final class Probing {
    public static void main(String[] arguments) {
      BackendProvider provider = new CudaBackendProvider();
      BackendProvider.Probe probe = provider.probe(BackendOptions.defaults());
      System.out.println("usable " + probe.usable() + " device " + probe.device());
      probe.report().forEach(line -> System.out.println("report " + line));
      System.out.println("tmpdir " + System.getProperty("java.io.tmpdir"));
      try (Backend backend = provider.open(BackendOptions.defaults())) {
        System.out.println("opened " + backend.info());
      } catch (BackendUnavailableException e) {
        System.out.println("refused " + e.getMessage());
      }
      try (Backend backend =
          Backends.open(
              "auto", BackendOptions.defaults(), line -> System.out.println("notice " + line))) {
        System.out.println("auto " + backend.info().name());
      }
    }
  }

  private List<String> run(String libraryPath, Class<?> program, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("RICHKERNEL_CACHE", folder.resolve("cache").toString());
    builder.environment().put("LD_LIBRARY_PATH", libraryPath);
    int status = builder.start().waitFor();
    List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
    assertThat(status).as(String.join("\n", lines)).isZero();
    return lines;
  }

  @Test
  void processorBackendLoadsNoClassOfJcuda() throws Exception {
    List<String> lines = run("", OnTheProcessor.class, "-verbose:class");
    assertThat(lines)
        .contains("provider cuda 10", "provider cpu 0", "sum 100.0")
        .anyMatch(line -> line.contains("org.richkernel.compute.cuda.CudaBackendProvider"))
        .noneMatch(line -> line.contains(" jcuda."));
  }

  @Test
  void probeSaysWhatWasLookedForWhereAndTheMend() throws Exception {
    List<String> lines = run(folder.toString(), Probing.class);
    assumeThat(lines)
        .as("this machine has a GPU")
        .noneMatch(line -> line.startsWith("report CUDA driver: libcuda.so.1 loaded"));
    assertThat(lines).contains("usable false device none", "auto cpu");
    assertThat(lines)
        .anyMatch(
            line ->
                line.startsWith("report CUDA driver: libcuda.so.1 was looked for in " + folder)
                    && line.contains("not found; mend: install the NVIDIA driver"))
        .anyMatch(
            line ->
                line.startsWith("refused backend cuda cannot be used: CUDA driver")
                    && line.contains("install the NVIDIA driver"))
        .filteredOn(line -> line.startsWith("notice "))
        .singleElement()
        .asString()
        .startsWith("notice backend cuda passed over: CUDA driver")
        .contains("mend: install the NVIDIA driver")
        // the libraries that are missing too are the business of 'devices'
        .doesNotContain("NVRTC", "cuBLAS");
    assertThat(lines).contains("tmpdir " + System.getProperty("java.io.tmpdir"));
  }

  @Test
  void nativesAreExtractedToThePrivateCacheOnly() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    run("", Probing.class, "-Djava.io.tmpdir=" + temporary);
    try (var files = Files.list(temporary)) {
      assertThat(files.map(Path::toString)).noneMatch(name -> name.contains("JCuda"));
    }
    try (var files = Files.walk(folder.resolve("cache"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .contains("libJCudaDriver-12.6.0-linux-x86_64.so");
    }
  }
}
