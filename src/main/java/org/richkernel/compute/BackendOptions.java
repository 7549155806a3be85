package org.richkernel.compute;

import java.util.HashSet;
import java.util.List;

/**
 * How a backend is opened.
 *
 * @param threads host threads to compute with, at least 1
 * @param memoryLimitBytes most bytes the backend may hold, on each device; {@link Long#MAX_VALUE}
 *     for what the machine has
 * @param devices CUDA devices to compute on, as the driver numbers them, the first of them for work
 *     that is not spread; the processor is not numbered
 * @param precision how products of float32 matrices are taken on a CUDA device
 */
public record BackendOptions(
    int threads, long memoryLimitBytes, List<Integer> devices, FieldPrecision precision) {
  public BackendOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
    if (memoryLimitBytes <= 0) {
      throw new IllegalArgumentException("the memory limit must be positive");
    }
    devices = List.copyOf(devices);
    if (devices.isEmpty() || new HashSet<>(devices).size() < devices.size()) {
      throw new IllegalArgumentException(
          "devices must be named once each, at least one: " + devices);
    }
    if (devices.stream().anyMatch(ordinal -> ordinal < 0)) {
      throw new IllegalArgumentException("devices are numbered from 0: " + devices);
    }
  }

  /** The first device, in plain float32. */
  public BackendOptions(int threads, long memoryLimitBytes) {
    this(threads, memoryLimitBytes, List.of(0), FieldPrecision.FP32);
  }

  /** SLURM_CPUS_PER_TASK where set, otherwise the processors of this machine; no memory limit. */
  public static BackendOptions defaults() {
    return new BackendOptions(defaultThreads(), Long.MAX_VALUE);
  }

  /** The same with another number of threads. */
  public BackendOptions withThreads(int count) {
    return new BackendOptions(count, memoryLimitBytes, devices, precision);
  }

  /** The same with another memory limit, in bytes on each device. */
  public BackendOptions withMemoryLimit(long bytes) {
    return new BackendOptions(threads, bytes, devices, precision);
  }

  /** The same on other CUDA devices. */
  public BackendOptions withDevices(List<Integer> ordinals) {
    return new BackendOptions(threads, memoryLimitBytes, ordinals, precision);
  }

  /** The same with float32 products taken otherwise. */
  public BackendOptions withPrecision(FieldPrecision products) {
    return new BackendOptions(threads, memoryLimitBytes, devices, products);
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
