package org.richkernel.compute.cuda;

import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendContract;
import org.richkernel.compute.BackendOptions;
import org.richkernel.emulator.OnCudaDevice;

/** The contract of the facade on a CUDA device. */
@OnCudaDevice
class CudaBackendTest extends BackendContract {
  @Override
  protected Backend open(BackendOptions options) {
    return new CudaBackendProvider().open(options);
  }
}
