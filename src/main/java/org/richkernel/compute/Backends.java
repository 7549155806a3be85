package org.richkernel.compute;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/** Finds and opens backends. */
public final class Backends {
  private Backends() {}

  /** All providers, most preferred first. */
  public static List<BackendProvider> providers() {
    return ServiceLoader.load(BackendProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(BackendProvider::rank).reversed())
        .toList();
  }

  /** Opens the CPU backend with default options. */
  public static Backend cpu() {
    return open("cpu", BackendOptions.defaults(), line -> {});
  }

  /**
   * Opens a backend.
   *
   * @param name "cpu", "cuda", or "auto" for the most preferred one that can be used; only "auto"
   *     falls back
   * @param options threads and memory
   * @param notice receives one line for each backend that "auto" passed over, with the first reason
   * @throws BackendUnavailableException if the requested backend cannot be used
   */
  public static Backend open(String name, BackendOptions options, Consumer<String> notice) {
    boolean known = false;
    for (BackendProvider provider : providers()) {
      if (!name.equals("auto") && !name.equals(provider.name())) {
        continue;
      }
      known = true;
      if (name.equals("auto")) {
        BackendProvider.Probe probe = provider.probe(options);
        if (!probe.usable()) {
          notice.accept("backend " + provider.name() + " passed over: " + probe.reason());
          continue;
        }
      }
      return provider.open(options);
    }
    throw known
        ? new BackendUnavailableException(
            name, "no backend can be used", "run 'devices' to see why")
        : new BackendUnavailableException(name, "no such backend", "use auto, cpu or cuda");
  }
}
