package org.richkernel.compute.cuda;

import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;

/**
 * Offers the CUDA devices that the driver shows, before the CPU in the order of "auto". {@link
 * BackendOptions#devices()} chooses among them; the variable CUDA_VISIBLE_DEVICES selects and
 * orders the devices that the driver shows.
 *
 * <p>Constructing a provider loads nothing of CUDA.
 */
public final class CudaBackendProvider implements BackendProvider {
  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int rank() {
    return 10;
  }

  @Override
  public Probe probe(BackendOptions options) {
    return CudaProbe.run(options);
  }

  @Override
  public Backend open(BackendOptions options) {
    return CudaOpening.open(options);
  }
}
