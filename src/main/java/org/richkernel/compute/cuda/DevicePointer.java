package org.richkernel.compute.cuda;

import jcuda.driver.CUdeviceptr;

/** A device address whose number can be read, as kernel arguments need it. */
final class DevicePointer extends CUdeviceptr {
  DevicePointer() {}

  private DevicePointer(DevicePointer base, long byteOffset) {
    super(base, byteOffset);
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }

  /** The address so many bytes further on. */
  DevicePointer plus(long bytes) {
    return bytes == 0 ? this : new DevicePointer(this, bytes);
  }
}
