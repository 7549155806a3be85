package org.richkernel.compute.cpu;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;
import org.richkernel.compute.BackendUnavailableException;

/** Offers the CPU backend, which every supported machine has, as the last choice of "auto". */
public final class CpuBackendProvider implements BackendProvider {
  /** Used by {@link java.util.ServiceLoader}. */
  public CpuBackendProvider() {}

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public Probe probe(BackendOptions options) {
    String device = Processor.name();
    try {
      NativeLibrary.load();
    } catch (BackendUnavailableException e) {
      String reason = String.valueOf(e.getMessage());
      return new Probe(false, "none", reason, List.of(reason));
    }
    return new Probe(
        true,
        device,
        "",
        List.of(
            "processor: " + device,
            "OpenBLAS: bundled, natives kept in " + NativeLibrary.cacheDirectory()));
  }

  @Override
  public Backend open(BackendOptions options) {
    NativeLibrary.load();
    return new CpuBackend(options);
  }
}
