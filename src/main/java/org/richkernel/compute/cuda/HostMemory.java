package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Page-locked memory of the host. */
final class HostMemory implements AutoCloseable {
  private final CudaSession session;
  private final HostPointer owned = new HostPointer(0);
  private final HostPointer pointer;
  private final ByteBuffer bytes;

  /** An address only, which JCuda passes on unchanged. */
  private static final class HostPointer extends Pointer {
    HostPointer(long address) {
      super(address);
    }

    long address() {
      return getNativePointer();
    }
  }

  HostMemory(CudaSession session, int size) {
    this.session = session;
    session.check(JCudaDriver.cuMemHostAlloc(owned, size, 0), "cuMemHostAlloc(" + size + ")");
    // a pointer filled by JCuda also holds a buffer, which JCuda would inspect at every use
    pointer = new HostPointer(owned.address());
    bytes = owned.getByteBuffer(0, size).order(ByteOrder.nativeOrder());
  }

  /** Where the memory starts. */
  Pointer pointer() {
    return pointer;
  }

  /** Where a byte of the memory lies. */
  Pointer pointer(int offset) {
    return new HostPointer(pointer.address() + offset);
  }

  /** Where the memory starts, as a number. */
  long address() {
    return pointer.address();
  }

  /** The content, in the order of bytes of the machine. */
  ByteBuffer bytes() {
    return bytes;
  }

  /** Frees the memory; after a device was lost every call only repeats the device's failure. */
  @Override
  public void close() {
    int code = JCudaDriver.cuMemFreeHost(owned);
    if (!session.isLost()) {
      session.check(code, "cuMemFreeHost");
    }
  }
}
