package org.richkernel.compute;

import java.util.Map;

/**
 * Machine and libraries of a backend.
 *
 * @param name "cpu" or "cuda"
 * @param device name of the processor or accelerator
 * @param threads host threads that the backend computes with
 * @param lanes number of parallel lanes of each device
 * @param ranks number of processes that compute together, this one included
 * @param libraries the libraries that were loaded, with their versions; empty where they are
 *     bundled
 * @param environment the variables of the environment that change how precisely the libraries
 *     compute, with their values
 */
public record BackendInfo(
    String name,
    String device,
    int threads,
    int lanes,
    int ranks,
    Map<String, String> libraries,
    Map<String, String> environment) {
  public BackendInfo {
    libraries = Map.copyOf(libraries);
    environment = Map.copyOf(environment);
  }

  /** A backend with the bundled libraries, in one process. */
  public BackendInfo(String name, String device, int threads) {
    this(name, device, threads, 1, 1, Map.of(), Map.of());
  }

  /** The same in so many lanes. */
  public BackendInfo withLanes(int count) {
    return new BackendInfo(name, device, threads, count, ranks, libraries, environment);
  }

  /** The same in so many processes. */
  public BackendInfo withRanks(int count) {
    return new BackendInfo(name, device, threads, lanes, count, libraries, environment);
  }
}
