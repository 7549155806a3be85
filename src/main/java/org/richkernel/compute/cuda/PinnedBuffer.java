package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;
import org.richkernel.compute.Precision;

/**
 * Page-locked host memory that the device reads and writes by itself, with an event that tells
 * when.
 */
final class PinnedBuffer implements AutoCloseable {
  private final CudaSession session;
  private final HostMemory memory;
  private final CUevent done;
  private final FloatBuffer floats;
  private final DoubleBuffer doubles;
  private boolean busy;

  PinnedBuffer(CudaSession session, int size) {
    this.session = session;
    memory = new HostMemory(session, size);
    floats = memory.bytes().asFloatBuffer();
    doubles = memory.bytes().asDoubleBuffer();
    try {
      done = session.orderingEvent();
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  Pointer pointer() {
    return memory.pointer();
  }

  /** The content as integers and doubles at byte offsets. */
  ByteBuffer bytes() {
    return memory.bytes();
  }

  /** Notes that a transfer just given to the transfer stream uses this buffer. */
  void markBusy() {
    session.check(JCudaDriver.cuEventRecord(done, session.transfer()), "cuEventRecord");
    busy = true;
  }

  /** Waits until the last transfer has finished. */
  void await() {
    if (busy) {
      busy = false;
      session.check(JCudaDriver.cuEventSynchronize(done), "cuEventSynchronize");
    }
  }

  void put(Precision precision, double[] source, int from, int count) {
    if (precision == Precision.FLOAT64) {
      doubles.put(0, source, from, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      floats.put(i, (float) source[from + i]);
    }
  }

  void put(Precision precision, float[] source, int from, int count) {
    if (precision == Precision.FLOAT32) {
      floats.put(0, source, from, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      doubles.put(i, source[from + i]);
    }
  }

  void get(Precision precision, double[] target, int from, int count) {
    if (precision == Precision.FLOAT64) {
      doubles.get(0, target, from, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      target[from + i] = floats.get(i);
    }
  }

  void get(Precision precision, float[] target, int from, int count) {
    if (precision == Precision.FLOAT32) {
      floats.get(0, target, from, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      target[from + i] = (float) doubles.get(i);
    }
  }

  /** Frees the memory once the device has let go of it. */
  @Override
  public void close() {
    if (!session.isLost()) {
      await();
      session.check(JCudaDriver.cuEventDestroy(done), "cuEventDestroy");
    }
    memory.close();
  }
}
