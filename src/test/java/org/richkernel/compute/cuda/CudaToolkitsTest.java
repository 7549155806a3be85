package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.emulator.OnEmulatedDevice;

/**
 * Machines with CUDA 12, CUDA 13, both, or parts of them. Each is a folder of emulated libraries,
 * which carry the names and version nodes of real ones, in a process that sees no others.
 */
@OnEmulatedDevice
class CudaToolkitsTest {
  private static final Path EMULATED =
      Path.of(System.getProperty("richkernel.emulated.device", ""));
  private static final List<String> OF_12 =
      List.of("libnvrtc.so.12", "libcublas.so.12", "libcusolver.so.11", "libcusolverMg.so.11");
  private static final List<String> OF_13 =
      List.of("libnvrtc.so.13", "libcublas.so.13", "libcusolver.so.12", "libcusolverMg.so.12");

  /** Shared: unpacking OpenBLAS takes longer than anything here. */
  @TempDir static Path cache;

  @TempDir Path folder;
  private Path driver;
  private Path libraries;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void driverAlone() throws IOException {
    driver = Files.createDirectory(folder.resolve("driver"));
    libraries = Files.createDirectory(folder.resolve("libraries"));
    Files.copy(EMULATED.resolve("libcuda.so.1"), driver.resolve("libcuda.so.1"));
    environment.put("LD_LIBRARY_PATH", driver.toString());
    environment.put("RICHKERNEL_CACHE", cache.toString());
    environment.put("RICHKERNEL_EMU_DRIVER_VERSION", "13000");
  }

  private static void install(List<String> names, Path target) throws IOException {
    for (String name : names) {
      Path source = EMULATED.resolve(name);
      Files.copy(
          Files.exists(source) ? source : EMULATED.resolve("cuda13").resolve(name),
          target.resolve(name));
    }
  }

  /** Runs the program in a process of its own; its lines on both streams. */
  private List<String> run(int exitCode, String... arguments) throws Exception {
    return run(exitCode, List.of(), arguments);
  }

  private List<String> run(int exitCode, List<String> prefix, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), "org.richkernel.cli.Main"));
    command.addAll(List.of(arguments));
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    int status = builder.start().waitFor();
    List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
    assertThat(status).as(String.join("\n", lines)).isEqualTo(exitCode);
    return lines;
  }

  private List<String> devices() throws Exception {
    return run(0, "devices", "--cuda-libraries", libraries.toString());
  }

  private static void requireLine(List<String> lines, String... parts) {
    assertThat(lines).anySatisfy(line -> assertThat(line).contains(parts));
  }

  @ParameterizedTest
  @CsvSource({"12, libcublas.so.12, 12.6.3", "13, libcublas.so.13, 13.6.3"})
  void oneMajorVersionIsLoadedAndNamed(int major, String file, String version) throws Exception {
    install(major == 12 ? OF_12 : OF_13, libraries);
    List<String> lines = devices();
    requireLine(lines, "cuda: usable");
    requireLine(lines, "cuBLAS: " + file, "version " + version, libraries.resolve(file).toString());
    requireLine(
        lines, "cuSOLVER: libcusolver.so." + (major - 1), "version " + (major - 1) + ".7.1");
    requireLine(lines, "NVRTC: libnvrtc.so." + major, "version " + major + ".6");
    requireLine(lines, "trial: a kernel was compiled, loaded and run");
  }

  @Test
  void fitOnCuda13HasTheNumbersOfCuda12AndSaysWhatItRanOn() throws Exception {
    environment.put("NVIDIA_TF32_OVERRIDE", "0");
    Map<Integer, byte[]> kernels = new HashMap<>();
    for (int major : new int[] {12, 13}) {
      Path own = Files.createDirectory(folder.resolve("cuda" + major));
      install(major == 12 ? OF_12 : OF_13, own);
      Path out = folder.resolve("fit" + major);
      List<String> lines =
          run(
              0,
              "lazy",
              "--train-x=test-data/mnist01-train-images-idx3-ubyte.gz",
              "--train-y=test-data/mnist01-train-labels-idx1-ubyte.gz",
              "--classes=0,1",
              "--train-size=8",
              "--backend=cuda",
              "--cuda-libraries=" + own,
              "--out=" + out);
      requireLine(lines, "NVIDIA_TF32_OVERRIDE=0 changes how precisely cuBLAS computes");
      try (Stream<Path> files = Files.list(out)) {
        Path arrays =
            files.filter(f -> f.toString().endsWith(".npz")).sorted().findFirst().orElseThrow();
        kernels.put(major, Files.readAllBytes(arrays));
      }
      assertThat(Files.readString(out.resolve("summary.json")))
          .contains("\"cublas\" : \"" + major + ".6.3\"", "\"NVIDIA_TF32_OVERRIDE\" : \"0\"");
    }
    assertThat(kernels.get(13)).isEqualTo(kernels.get(12));
  }

  @Test
  void cuda12IsTakenWhereBothAreThere() throws Exception {
    install(OF_12, libraries);
    install(OF_13, libraries);
    requireLine(devices(), "cuBLAS: libcublas.so.12");
  }

  @Test
  void packagesOfPythonAreFoundByThemselves() throws Exception {
    Path packages =
        Files.createDirectories(folder.resolve("env/lib/python3.11/site-packages/nvidia/cu13/lib"));
    install(OF_13, packages);
    environment.put("VIRTUAL_ENV", folder.resolve("env").toString());
    requireLine(run(0, "devices"), "cuBLAS: libcublas.so.13", packages.toString());
  }

  @Test
  void packagesInFoldersOfTheirOwnServeTogether() throws Exception {
    Path packages = folder.resolve("site-packages/nvidia");
    for (String name : OF_12) {
      String component = name.startsWith("libcusolver") ? "cusolver" : name.substring(3, 8);
      install(List.of(name), Files.createDirectories(packages.resolve(component + "/lib")));
    }
    requireLine(
        run(0, "devices", "--cuda-libraries", packages.toString()),
        "trial: a kernel was compiled, loaded and run");
  }

  @Test
  void mixedMajorVersionsAreRefusedInOneLine() throws Exception {
    install(List.of("libnvrtc.so.13", "libcublas.so.12"), libraries);
    install(OF_13.subList(2, 4), libraries);
    requireLine(
        devices(),
        "libraries of CUDA 12 (",
        "and of CUDA 13 (",
        "of neither all three",
        "mend: install libcublas.so.13 of CUDA 13, or give --cuda-libraries");
    requireLine(
        run(4, "demo", "--backend=cuda", "--cuda-libraries", libraries.toString()),
        "richkernel: backend cuda cannot be used: libraries: libraries of CUDA 12");
  }

  @Test
  void toolkitThatTheDriverIsTooOldForIsRefused() throws Exception {
    install(OF_13, libraries);
    environment.put("RICHKERNEL_EMU_DRIVER_VERSION", "12060");
    requireLine(
        devices(),
        "only CUDA 13 was found",
        "the driver supports CUDA 12.6",
        "mend: update the NVIDIA driver to 580 or newer, or install the runtime libraries of CUDA"
            + " 12");
  }

  @ParameterizedTest
  @CsvSource({
    "libnvrtc.so.12, NVRTC",
    "libcublas.so.12, cuBLAS",
    "libcusolver.so.11, cuSOLVER",
    "libcusolver.so.12, cuSOLVER"
  })
  void libraryThatIsMissingIsNamed(String missing, String title) throws Exception {
    List<String> of = OF_12.contains(missing) ? OF_12 : OF_13;
    install(of.stream().filter(name -> !name.equals(missing)).toList(), libraries);
    int major = of == OF_12 ? 12 : 13;
    List<String> lines = devices();
    requireLine(lines, "cuda: not usable");
    requireLine(
        lines,
        title + ": " + missing + " was looked for in " + libraries + "; not found",
        "mend: install the runtime libraries of CUDA " + major);
  }

  @Test
  void autoTakesTheProcessorAndSaysWhichLibraryIsMissing() throws Exception {
    install(OF_13.subList(0, 2), libraries);
    requireLine(
        run(
            0,
            "lazy",
            "--train-x=test-data/mnist01-train-images-idx3-ubyte.gz",
            "--train-y=test-data/mnist01-train-labels-idx1-ubyte.gz",
            "--classes=0,1",
            "--train-size=8",
            "--cuda-libraries=" + libraries,
            "--out=" + folder.resolve("lazy")),
        "backend cuda passed over: cuSOLVER: libcusolver.so.12");
  }

  @Test
  void stubOfTheToolkitIsToldFromADriver() throws Exception {
    install(OF_12, libraries);
    environment.put("RICHKERNEL_EMU_STUB", "1");
    requireLine(
        devices(),
        "device: cuDriverGetVersion answered CUDA_ERROR_STUB_LIBRARY (34)",
        "mend: libcuda.so.1 is the toolkit's stub");
  }

  /** A native that was damaged, or put there by another program, must not be loaded. */
  @Test
  void cachedNativeIsTrustedByItsContentNotItsSize() throws Exception {
    install(OF_13, libraries);
    devices();
    Path cached;
    try (Stream<Path> files = Files.walk(cache)) {
      cached =
          files
              .filter(f -> f.toString().contains("jcuda-for-13/libJCublas2"))
              .findFirst()
              .orElseThrow();
    }
    byte[] content = Files.readAllBytes(cached);
    byte[] damaged = content.clone();
    java.util.Arrays.fill(damaged, 0, 4096, (byte) 0);
    Files.write(cached, damaged);
    requireLine(devices(), "cuda: usable");
    assertThat(Files.readAllBytes(cached)).isEqualTo(content);
  }

  /** The limit on the size of a file stands for a disk that is full. */
  @Test
  void diskThatIsFullIsSaidWithItsMend() throws Exception {
    install(OF_12, libraries);
    environment.put("RICHKERNEL_CACHE", folder.resolve("empty").toString());
    requireLine(
        run(
            0,
            List.of("sh", "-c", "ulimit -f 64; exec \"$@\"", "sh"),
            "devices",
            "--cuda-libraries",
            libraries.toString()),
        "CUDA driver: JCuda's natives could not be prepared",
        "mend: set RICHKERNEL_CACHE to a folder that can be written and has room");
  }

  @Test
  void folderThatDoesNotExistIsAUsageError() throws Exception {
    requireLine(
        run(2, "devices", "--cuda-libraries", folder.resolve("none").toString()),
        "--cuda-libraries",
        "name a folder that exists");
  }
}
