package org.richkernel.cli;

import java.util.List;
import java.util.Locale;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;

/** Advice on the memory of a job, in one line. */
final class MemoryAdvice {
  private static final long MIB = 1 << 20;
  private static final long STEP = 64 * MIB;

  /** Memory of a batch job in addition to the counted one. */
  private static final double PROCESS_SLACK = 1.1;

  private MemoryAdvice() {}

  /**
   * The peak of all stages, the heap of Java and the memory of a batch job that suffice.
   *
   * @param stages one after the other
   */
  static String line(List<MemoryPlan> stages, Backend backend) {
    long heap = stages.stream().mapToLong(MemoryPlan::heapBytes).max().orElse(0);
    long peak = stages.stream().mapToLong(plan -> plan.processBytes(backend, heap)).max().orElse(0);
    long job = (long) (PROCESS_SLACK * peak);
    return String.format(
        Locale.ROOT,
        "peak memory about %.0f MB: ask for java -Xmx%dm, and a batch job for --mem=%dM",
        peak / 1e6,
        heap / MIB,
        (job + STEP - 1) / STEP * STEP / MIB);
  }
}
