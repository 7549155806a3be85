package org.richkernel.compute;

/**
 * How a backend is opened.
 *
 * @param threads host threads to compute with, at least 1
 * @param memoryLimitBytes most bytes the backend may hold; {@link Long#MAX_VALUE} for what the
 *     machine has
 */
public record BackendOptions(int threads, long memoryLimitBytes) {
  public BackendOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
    if (memoryLimitBytes <= 0) {
      throw new IllegalArgumentException("the memory limit must be positive");
    }
  }

  /** SLURM_CPUS_PER_TASK where set, otherwise the processors of this machine; no memory limit. */
  public static BackendOptions defaults() {
    return new BackendOptions(defaultThreads(), Long.MAX_VALUE);
  }

  /** The same with another number of threads. */
  public BackendOptions withThreads(int count) {
    return new BackendOptions(count, memoryLimitBytes);
  }

  private static int defaultThreads() {
    String slurm = System.getenv("SLURM_CPUS_PER_TASK");
    int processors = Runtime.getRuntime().availableProcessors();
    if (slurm == null || !slurm.matches("[1-9][0-9]{0,4}")) {
      return processors;
    }
    return Integer.parseInt(slurm);
  }
}
