package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.emulator.ResidentMemory;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/**
 * Fits one after the other in one JVM, each with a backend of its own: nothing may pile up. The
 * fits run in a JVM whose heap has one size and lies in memory from the start, so that what the
 * system counts grows by native memory only.
 *
 * <p>On the processor every fit runs to its end. The emulated device takes a second for that, so
 * there one in 30 does, and the others stop after a sweep, when everything that a fit holds has
 * been acquired. {@code -Drichkernel.fits=1000} runs the thousand that bench/README.md records.
 */
@OnEmulatedDevice
class ManyFitsTest {
  private static final int FITS = Integer.getInteger("richkernel.fits", 40);

  /** Compilers, caches of the C library and thread stacks settle during these. */
  private static final int WARM_UP = 30;

  /** What the fits after that may add; the map of the emulated device once took 0.5 MB each. */
  private static final long MOST_GROWTH = 8L << 20;

  @TempDir Path folder;

  /** {@code backend warmUp fits}; prints the growth of the resident memory after the warm-up. */
  static final class Program {
    public static void main(String[] arguments) throws IOException {
      Datasets data = ZerosAndOnes.of(4, 2);
      int warmUp = Integer.parseInt(arguments[1]);
      int fits = Integer.parseInt(arguments[2]);
      long before = 0;
      for (int i = 0; i < warmUp + fits; i++) {
        if (i == warmUp) {
          before = ResidentMemory.bytes();
        }
        fit(arguments[0], data, arguments[0].equals("cpu") || i % 30 == 0);
      }
      System.out.println("growth " + (ResidentMemory.bytes() - before));
      if (arguments[0].equals("cuda")) {
        for (String kind :
            List.of("liveAllocations", "liveBytes", "contexts", "streams", "events", "modules")) {
          System.out.println(kind + " " + EmulatedDevice.counter(kind));
        }
        System.out.println("allocations " + EmulatedDevice.counter("allocations"));
      }
    }

    private static void fit(String name, Datasets data, boolean whole) {
      Backend backend = Backends.open(name, BackendOptions.defaults().withThreads(1), line -> {});
      StopSignal stop = new StopSignal();
      RunControl control =
          new RunControl(
              progress -> {
                if (!whole) {
                  stop.raise();
                }
              },
              stop,
              CheckpointStore.none());
      Optional<AdaptiveNbkFit> fit =
          AdaptiveNbk.of(NetworkSpec.of(1, Activation.RELU))
              .gamma(0.5)
              .beta(5)
              .samples(64)
              .maxSweeps(2)
              .fit(data, backend, control);
      fit.ifPresent(finished -> finished.result(Map.of(), 0));
      backend.close();
      if (fit.isPresent() != whole
          || backend.openMatrices() != 0
          || backend.allocatedBytes() != 0) {
        throw new IllegalStateException("left behind: " + backend.allocatedBytes() + " bytes");
      }
    }
  }

  private List<String> run(String backend) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms96m",
                "-Xmx96m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                // the second compiler's memory comes and goes by tens of megabytes
                "-XX:TieredStopAtLevel=1",
                "-Drichkernel.emulated.device=" + System.getProperty("richkernel.emulated.device"),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName(),
                backend,
                Integer.toString(WARM_UP),
                Integer.toString(FITS))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int status = process.waitFor();
    List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
    assertThat(status).as(String.join("\n", lines)).isZero();
    return lines;
  }

  private static long value(List<String> lines, String name) {
    String line = lines.stream().filter(l -> l.startsWith(name + " ")).findFirst().orElseThrow();
    return Long.parseLong(line.substring(name.length() + 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void fitsInOneJvmLeaveNothingAndTheNativeMemoryFlat(String backend) throws Exception {
    List<String> lines = run(backend);
    System.out.println(FITS + " fits on " + backend + ": " + lines);
    assertThat(value(lines, "growth")).isLessThan(MOST_GROWTH);
    if (backend.equals("cuda")) {
      assertThat(value(lines, "allocations")).isGreaterThan(50L * FITS);
      for (String kind :
          List.of("liveAllocations", "liveBytes", "contexts", "streams", "events", "modules")) {
        assertThat(value(lines, kind)).as(kind).isZero();
      }
    }
  }
}
