package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import org.richkernel.compute.Precision;

/**
 * The parameters of a launch, each in a slot of 8 bytes of one block of native memory. The driver
 * copies them during the call, so the block serves every launch.
 */
final class LaunchArguments {
  private static final int SLOTS = 24;

  private final ByteBuffer values =
      ByteBuffer.allocateDirect(SLOTS * Long.BYTES).order(ByteOrder.nativeOrder());
  private final Pointer pointers;
  private int count;

  LaunchArguments() {
    Pointer base = Pointer.to(values);
    Pointer[] slots = new Pointer[SLOTS];
    for (int i = 0; i < SLOTS; i++) {
      slots[i] = base.withByteOffset((long) i * Long.BYTES);
    }
    pointers = Pointer.to(slots);
  }

  LaunchArguments start() {
    count = 0;
    return this;
  }

  LaunchArguments add(long value) {
    values.putLong(next(), value);
    return this;
  }

  LaunchArguments add(int value) {
    values.putInt(next(), value);
    return this;
  }

  LaunchArguments add(DevicePointer value) {
    return add(value.address());
  }

  /** A pointer and a leading dimension. */
  LaunchArguments add(CudaMatrix matrix) {
    return add(matrix.pointer()).add((long) matrix.stride());
  }

  /** A scalar in the given precision. */
  LaunchArguments add(double value, Precision precision) {
    if (precision == Precision.FLOAT32) {
      values.putFloat(next(), (float) value);
    } else {
      values.putDouble(next(), value);
    }
    return this;
  }

  private int next() {
    return Long.BYTES * count++;
  }

  /** Addresses of the slots, as cuLaunchKernel takes them; it reads as many as the kernel has. */
  Pointer pointers() {
    return pointers;
  }
}
