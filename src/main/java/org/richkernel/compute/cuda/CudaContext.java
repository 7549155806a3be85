package org.richkernel.compute.cuda;

import static org.richkernel.compute.cuda.CudaResults.requireDriver;

import jcuda.driver.CUcontext;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * The primary context of a device with all that the lanes of a backend share: compiled kernels, the
 * limit of memory, and the word of the device's loss, since a context that one lane's work has
 * spoilt is spoilt for all.
 */
final class CudaContext implements AutoCloseable {
  /** Whose context is current on the calling thread, as far as this backend has made it so. */
  private static final ThreadLocal<CudaContext> CURRENT = new ThreadLocal<>();

  private final CudaDevice device;
  private final CUcontext context = new CUcontext();
  private final KernelModules modules = new KernelModules();
  private final MemoryBudget budget;
  private volatile @Nullable String lost;

  /**
   * @param memoryLimitBytes most bytes that all lanes may hold together
   */
  CudaContext(CudaDevice device, long memoryLimitBytes) {
    this.device = device;
    budget = new MemoryBudget(memoryLimitBytes);
    requireDriver(
        JCudaDriver.cuDevicePrimaryCtxRetain(context, device.handle()),
        "cuDevicePrimaryCtxRetain",
        "opening " + device.name());
  }

  CudaDevice device() {
    return device;
  }

  KernelModules modules() {
    return modules;
  }

  MemoryBudget budget() {
    return budget;
  }

  /** How the device was lost; null while it was not. */
  @Nullable String lost() {
    return lost;
  }

  /** Notes that the device was lost; the first word stays. */
  synchronized String lose(String how) {
    if (lost == null) {
      lost = how;
    }
    return lost;
  }

  /** Makes the context current on the calling thread; the driver's answer. */
  int makeCurrent() {
    if (CURRENT.get() == this) {
      return 0;
    }
    int code = JCudaDriver.cuCtxSetCurrent(context);
    if (code == 0) {
      CURRENT.set(this);
    }
    return code;
  }

  /**
   * Gives modules and context back, after all lanes; a lost device answers nothing useful, so it is
   * not asked.
   */
  @Override
  public void close() {
    int first = makeCurrent();
    int second = modules.unload();
    int third = JCudaDriver.cuDevicePrimaryCtxRelease(device.handle());
    CURRENT.remove();
    if (lost == null) {
      String doing = "closing the backend";
      requireDriver(first, "cuCtxSetCurrent", doing);
      requireDriver(second, "cuModuleUnload", doing);
      requireDriver(third, "cuDevicePrimaryCtxRelease", doing);
    }
  }
}
