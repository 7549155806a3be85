package org.richkernel.compute.cuda;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;
import org.richkernel.compute.Precision;

/**
 * Page-locked memory for few numbers at a time on their way to the device. They use the compute
 * stream, after its earlier work, and the host continues at once; it waits only before it writes to
 * one of the two halves that the device may still be reading.
 */
final class SmallUploads implements AutoCloseable {
  /** The most bytes at a time. */
  static final int MOST_BYTES = 1 << 16;

  private static final int HALF_BYTES = 1 << 18;
  private static final int ALIGN = 256;

  private final CudaSession session;
  private final HostMemory memory;
  private final FloatBuffer floats;
  private final DoubleBuffer doubles;
  private final IntBuffer integers;
  private final CUevent[] left = new CUevent[2];
  private final boolean[] busy = new boolean[2];
  private int half;
  private int next;

  SmallUploads(CudaSession session) {
    this.session = session;
    memory = new HostMemory(session, 2 * HALF_BYTES);
    floats = memory.bytes().asFloatBuffer();
    doubles = memory.bytes().asDoubleBuffer();
    integers = memory.bytes().asIntBuffer();
    try {
      left[0] = session.orderingEvent();
      left[1] = session.orderingEvent();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Writes numbers; where they lie, until the next call. */
  Pointer put(Precision precision, double[] source) {
    int at = take(source.length * precision.bytes());
    if (precision == Precision.FLOAT64) {
      doubles.put(at / Double.BYTES, source);
    } else {
      for (int i = 0; i < source.length; i++) {
        floats.put(at / Float.BYTES + i, (float) source[i]);
      }
    }
    return memory.pointer(at);
  }

  /** The same for float32. */
  Pointer put(Precision precision, float[] source) {
    int at = take(source.length * precision.bytes());
    if (precision == Precision.FLOAT32) {
      floats.put(at / Float.BYTES, source);
    } else {
      for (int i = 0; i < source.length; i++) {
        doubles.put(at / Double.BYTES + i, source[i]);
      }
    }
    return memory.pointer(at);
  }

  /** The same for integers. */
  Pointer put(int[] source) {
    int at = take(source.length * Integer.BYTES);
    integers.put(at / Integer.BYTES, source);
    return memory.pointer(at);
  }

  private int take(int bytes) {
    if (next + bytes > HALF_BYTES) {
      session.check(JCudaDriver.cuEventRecord(left[half], session.compute()), "cuEventRecord");
      busy[half] = true;
      half = 1 - half;
      next = 0;
      if (busy[half]) {
        busy[half] = false;
        session.check(JCudaDriver.cuEventSynchronize(left[half]), "cuEventSynchronize");
      }
    }
    int at = half * HALF_BYTES + next;
    next += (bytes + ALIGN - 1) / ALIGN * ALIGN;
    return at;
  }

  /** Frees the memory; the device has been waited for. */
  @Override
  public void close() {
    for (CUevent event : left) {
      int code = event == null ? 0 : JCudaDriver.cuEventDestroy(event);
      if (!session.isLost()) {
        session.check(code, "cuEventDestroy");
      }
    }
    memory.close();
  }
}
