package org.richkernel.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.OutOfDeviceMemoryException;

/**
 * One measured stage of bench/gpu.sh on one backend. Rows go to standard output as they come, one
 * JSON object a line, so that a run that is cut short keeps those it had; {@link RunSummary} reads
 * them. An emulated device has no times: everything runs and nothing is timed.
 */
final class DeviceRun {
  /** Exit code of a stage that was not run for lack of memory. */
  static final int SKIPPED = 3;

  private static final String EMULATED = "RICHKERNEL-EMU";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Backend backend;
  private final boolean timed;

  private DeviceRun(Backend backend) {
    this.backend = backend;
    timed = !backend.info().device().contains(EMULATED);
  }

  /**
   * Opens the backend, prints what it runs on, and does the work; leaves the process with {@link
   * #SKIPPED} and a row with the reason if memory does not suffice.
   */
  static void on(String name, Consumer<DeviceRun> work) {
    int code = 0;
    try (Backend backend = Backends.open(name, BackendOptions.defaults(), System.err::println)) {
      DeviceRun run = new DeviceRun(backend);
      Map<String, Object> row = run.row("backends");
      row.put("device", backend.info().device());
      row.put("threads", backend.info().threads());
      row.put("libraries", new TreeMap<>(backend.info().libraries()));
      row.put("environment", new TreeMap<>(backend.info().environment()));
      print(row);
      try {
        work.accept(run);
      } catch (OutOfDeviceMemoryException e) {
        Map<String, Object> skipped = run.row("skipped");
        skipped.put("reason", e.getMessage());
        print(skipped);
        code = SKIPPED;
      }
    }
    if (code != 0) {
      System.exit(code);
    }
  }

  Backend backend() {
    return backend;
  }

  /** A new row of a table, with the backend in it. */
  Map<String, Object> row(String table) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("table", table);
    row.put("backend", backend.info().name());
    return row;
  }

  /** Prints a row with its time and rates; both are null on an emulated device. */
  void print(Map<String, Object> row, double seconds, Work work) {
    row.put("seconds", timed ? seconds : null);
    row.put("flops32", work.single());
    row.put("flops64", work.twice());
    row.put("bytes", work.bytes());
    row.put("teraflops", timed ? (work.single() + work.twice()) / seconds * 1e-12 : null);
    row.put("gigabytesPerSecond", timed ? work.bytes() / seconds * 1e-9 : null);
    print(row);
  }

  private static void print(Map<String, Object> row) {
    try {
      System.out.println(JSON.writeValueAsString(row));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a row cannot be written", e);
    }
  }

  /**
   * Refuses work that the backend has no memory for.
   *
   * @throws OutOfDeviceMemoryException if fewer bytes are available
   */
  void requireMemory(String purpose, double bytes) {
    if (bytes > backend.availableBytes()) {
      throw new OutOfDeviceMemoryException(
          purpose, (long) bytes, backend.availableBytes(), "give a smaller size");
    }
  }

  /**
   * Work that was done.
   *
   * @param single floating-point operations in float32
   * @param twice the same in float64
   * @param bytes through the memory at least; 0 where they were not counted
   */
  record Work(double single, double twice, double bytes) {}
}
