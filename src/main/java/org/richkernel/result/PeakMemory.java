package org.richkernel.result;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.richkernel.compute.Backend;

/**
 * Most bytes that were held at once until now.
 *
 * @param host of this process in memory: matrices, Java's heap with its garbage, libraries and the
 *     virtual machine itself, as the system counted them (VmHWM of /proc/self/status); where it
 *     does not say, matrices on the host and the largest use of every pool of Java's heap
 * @param device of matrices on all devices of the backend; 0 where the host computes
 * @param matrices of matrices at all places, the quantity that a memory plan predicts
 */
public record PeakMemory(long host, long device, long matrices) {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** The peaks of a backend with all its devices, and of the process around it. */
  public static PeakMemory of(Backend backend) {
    long matrices = backend.devices().stream().mapToLong(Backend::peakBytes).sum();
    boolean onHost = backend.info().name().equals("cpu");
    long resident = resident(lines());
    return new PeakMemory(
        resident > 0 ? resident : heap() + (onHost ? matrices : 0),
        onHost ? 0 : matrices,
        matrices);
  }

  private static List<String> lines() {
    if (!Files.isReadable(STATUS)) {
      return List.of();
    }
    try {
      return Files.readAllLines(STATUS);
    } catch (IOException e) {
      return List.of();
    }
  }

  /** The high-water mark in the lines of a status file, 0 without one. */
  static long resident(List<String> status) {
    for (String line : status) {
      if (line.startsWith("VmHWM:")) {
        String kibibytes = line.replaceAll("[^0-9]", "");
        return kibibytes.isEmpty() ? 0 : Long.parseLong(kibibytes) * 1024;
      }
    }
    return 0;
  }

  private static long heap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
        .sum();
  }
}
