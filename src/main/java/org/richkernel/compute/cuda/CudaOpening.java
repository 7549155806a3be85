package org.richkernel.compute.cuda;

import java.io.IOException;
import java.util.List;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcusolver.JCusolver;
import jcuda.nvrtc.JNvrtc;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.PrivateFolder;

/** Opens backends and says why where one cannot be opened. */
final class CudaOpening {
  private CudaOpening() {}

  /** Opens the devices of the options; the first one represents all. */
  static Backend open(BackendOptions options) {
    return open(CudaProbe.requireDevices(options), options);
  }

  /** Opens devices that were found; the libraries must be loaded. */
  static CudaBackend open(List<CudaDevice> devices, BackendOptions options) {
    // return codes are checked here with the operation, which JCuda's own exceptions lack
    JCudaDriver.setExceptionsEnabled(false);
    JNvrtc.setExceptionsEnabled(false);
    JCublas2.setExceptionsEnabled(false);
    JCusolver.setExceptionsEnabled(false);
    try {
      return CudaBackend.open(devices, options, PrivateFolder.ofThisUser("cuda"));
    } catch (OutOfDeviceMemoryException e) {
      throw unavailable(e, "free memory of the device: see nvidia-smi for who holds it");
    } catch (CudaException | DeviceLostException e) {
      throw unavailable(e, "see whether nvidia-smi and other CUDA programs work on this machine");
    } catch (LinkageError e) {
      throw unavailable(e, "put the JCuda jars and natives of one version on the class path");
    } catch (IOException e) {
      throw unavailable(e, "set RICHKERNEL_CACHE to a folder that can be written");
    }
  }

  private static BackendUnavailableException unavailable(Throwable cause, String mend) {
    BackendUnavailableException refusal =
        new BackendUnavailableException("cuda", String.valueOf(cause.getMessage()), mend);
    refusal.initCause(cause);
    return refusal;
  }
}
