package org.richkernel.compute;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.group.RankGroup;

/**
 * How a backend is opened.
 *
 * @param threads host threads to compute with, at least 1
 * @param memoryLimitBytes most bytes the backend may hold, on each device; {@link Long#MAX_VALUE}
 *     for all memory of the machine
 * @param devices CUDA devices to compute on, as the driver numbers them, the first of them for work
 *     that is not spread; the processor is not numbered
 * @param precision how products of float32 matrices are taken on a CUDA device
 * @param cudaLibraries the folder of all libraries of CUDA; empty for a search of the machine
 * @param ranks the group of processes that compute together, this one included
 */
public record BackendOptions(
    int threads,
    long memoryLimitBytes,
    List<Integer> devices,
    FieldPrecision precision,
    Optional<Path> cudaLibraries,
    RankGroup ranks) {
  /** Environment variable with the number of processors of a Slurm job. */
  public static final String THREADS_VARIABLE = "SLURM_CPUS_PER_TASK";

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
    this(
        threads,
        memoryLimitBytes,
        List.of(0),
        FieldPrecision.FP32,
        Optional.empty(),
        RankGroup.alone());
  }

  /** {@link #defaults(Map)} in the environment of this process. */
  public static BackendOptions defaults() {
    return defaults(System.getenv());
  }

  /**
   * As many threads as {@link #THREADS_VARIABLE} says where it is set, otherwise as the machine has
   * processors; no memory limit.
   *
   * @param environment variables with their values
   * @throws IllegalArgumentException if the variable holds no number of threads: a job that took
   *     all processors instead would be in the way of others on its node
   */
  public static BackendOptions defaults(Map<String, String> environment) {
    return new BackendOptions(defaultThreads(environment), Long.MAX_VALUE);
  }

  /** The same with another number of threads. */
  public BackendOptions withThreads(int count) {
    return new BackendOptions(count, memoryLimitBytes, devices, precision, cudaLibraries, ranks);
  }

  /** The same with another memory limit, in bytes on each device. */
  public BackendOptions withMemoryLimit(long bytes) {
    return new BackendOptions(threads, bytes, devices, precision, cudaLibraries, ranks);
  }

  /** The same on other CUDA devices. */
  public BackendOptions withDevices(List<Integer> ordinals) {
    return new BackendOptions(threads, memoryLimitBytes, ordinals, precision, cudaLibraries, ranks);
  }

  /** The same with float32 products taken otherwise. */
  public BackendOptions withPrecision(FieldPrecision products) {
    return new BackendOptions(threads, memoryLimitBytes, devices, products, cudaLibraries, ranks);
  }

  /** The same with the libraries of CUDA taken from a folder, and from nowhere else. */
  public BackendOptions withCudaLibraries(Path folder) {
    return new BackendOptions(
        threads, memoryLimitBytes, devices, precision, Optional.of(folder), ranks);
  }

  /** The same among other processes. */
  public BackendOptions among(RankGroup group) {
    return new BackendOptions(threads, memoryLimitBytes, devices, precision, cudaLibraries, group);
  }

  private static int defaultThreads(Map<String, String> environment) {
    String slurm = environment.getOrDefault(THREADS_VARIABLE, "");
    if (slurm.isBlank()) {
      return Runtime.getRuntime().availableProcessors();
    }
    if (!slurm.strip().matches("[1-9][0-9]{0,4}")) {
      throw new IllegalArgumentException(
          THREADS_VARIABLE + " is " + slurm + "; set it to a whole number of at least 1");
    }
    return Integer.parseInt(slurm.strip());
  }
}
