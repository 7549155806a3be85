package org.richkernel.cli;

import java.util.List;
import java.util.Locale;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;

/** What memory to ask for, in one line. */
final class MemoryAdvice {
  private static final long MIB = 1 << 20;

  /** Room that the heap needs beside what lives in it, as a share of it and at least. */
  private static final double SLACK = 1.3;

  private static final long LEAST_HEAP = 256 * MIB;

  /** Room of the process beside what was counted. */
  private static final double PROCESS_SLACK = 1.1;

  private MemoryAdvice() {}

  /**
   * The peak of all stages, the heap of Java and the memory of a batch job that suffice.
   *
   * @param stages one after the other
   */
  static String line(List<MemoryPlan> stages, Backend backend) {
    long peak = 0;
    long heap = LEAST_HEAP;
    long process = 0;
    for (MemoryPlan plan : stages) {
      long room = Math.max(LEAST_HEAP, (long) (SLACK * plan.hostBytes()) + LEAST_HEAP / 2);
      heap = Math.max(heap, room);
      peak = Math.max(peak, plan.processBytes(backend));
      process = Math.max(process, plan.processBytes(backend) - plan.hostBytes() + room);
    }
    return String.format(
        Locale.ROOT,
        "peak memory about %.0f MB: ask for java -Xmx%dm, and a batch job for --mem=%dM",
        peak / 1e6,
        up(heap, 64),
        up((long) (PROCESS_SLACK * process), 64));
  }

  /** In MiB, rounded up. */
  private static long up(long bytes, long step) {
    long unit = step * MIB;
    return (bytes + unit - 1) / unit * step;
  }
}
