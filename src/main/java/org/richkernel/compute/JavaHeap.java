package org.richkernel.compute;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;

/**
 * Room for long-lived objects on the Java heap. The serial and the parallel collector keep them in
 * an old generation, two thirds of the heap; others use all of it.
 *
 * @param whole bytes of the heap, -Xmx
 * @param lasting bytes that long-lived objects can take
 */
public record JavaHeap(long whole, long lasting) {
  private static final JavaHeap PRESENT = measured();

  /** The heap of this process. */
  public static JavaHeap present() {
    return PRESENT;
  }

  /**
   * A size of the heap whose room for long-lived objects is as large as asked, with the collector
   * of this process.
   */
  public long wholeFor(long lastingBytes) {
    return (long) Math.ceil((double) lastingBytes * whole / lasting);
  }

  private static JavaHeap measured() {
    long reported = Runtime.getRuntime().maxMemory();
    List<MemoryPoolMXBean> pools =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP && pool.getUsage() != null)
            .toList();
    long largest = pools.stream().mapToLong(pool -> pool.getUsage().getMax()).max().orElse(-1);
    if (largest <= 0 || largest >= reported) {
      return new JavaHeap(reported, reported);
    }
    // of two survivor spaces the reported size counts one
    long survivor =
        pools.stream()
            .filter(pool -> pool.getName().contains("Survivor"))
            .mapToLong(pool -> Math.max(0, pool.getUsage().getMax()))
            .max()
            .orElse(0);
    return new JavaHeap(reported + survivor, largest);
  }
}
