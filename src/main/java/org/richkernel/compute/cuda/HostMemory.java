package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Page-locked memory of the host. */
final class HostMemory implements AutoCloseable {
  private final CudaSession session;
  private final HostPointer pointer = new HostPointer();
  private final ByteBuffer bytes;

  /** A pointer whose number can be read. */
  private static final class HostPointer extends Pointer {
    long address() {
      return getNativePointer();
    }
  }

  HostMemory(CudaSession session, int size) {
    this.session = session;
    session.check(JCudaDriver.cuMemHostAlloc(pointer, size, 0), "cuMemHostAlloc(" + size + ")");
    bytes = pointer.getByteBuffer(0, size).order(ByteOrder.nativeOrder());
  }

  /** Where the memory starts; JCuda hands it on as it is, with nothing to unpack. */
  Pointer pointer() {
    return pointer;
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
    int code = JCudaDriver.cuMemFreeHost(pointer);
    if (!session.isLost()) {
      session.check(code, "cuMemFreeHost");
    }
  }
}
