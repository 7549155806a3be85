package org.richkernel.compute.cuda;

import java.util.function.Supplier;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;

/**
 * Offers the first CUDA device that the driver shows, before the CPU in the order of "auto". The
 * variable CUDA_VISIBLE_DEVICES chooses the device.
 *
 * <p>Constructing a provider loads nothing of CUDA.
 */
public final class CudaBackendProvider implements BackendProvider {
  private final Supplier<FieldPrecision> precision;

  /**
   * Used by {@link java.util.ServiceLoader}; the precision of float32 products comes from the
   * environment variable {@value FieldPrecision#VARIABLE}, read when a backend is opened.
   */
  public CudaBackendProvider() {
    precision = () -> FieldPrecision.named(System.getenv(FieldPrecision.VARIABLE));
  }

  /** Opens backends with the given precision of float32 products. */
  public CudaBackendProvider(FieldPrecision precision) {
    this.precision = () -> precision;
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int rank() {
    return 10;
  }

  @Override
  public Probe probe() {
    return CudaProbe.run();
  }

  @Override
  public Backend open(BackendOptions options) {
    return CudaOpening.open(options, precision.get());
  }
}
