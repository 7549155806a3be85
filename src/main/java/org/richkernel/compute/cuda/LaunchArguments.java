package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import jcuda.Pointer;
import org.richkernel.compute.Precision;

/**
 * The parameters of a launch, each in a slot of 8 bytes, behind the table of the slots' addresses
 * that cuLaunchKernel takes; both lie in one block of native memory. JCuda then passes a single
 * address on, where it would unpack an array of pointers object by object at every launch. The
 * driver copies the parameters during the call, so the block serves every launch.
 */
final class LaunchArguments implements AutoCloseable {
  private static final int SLOTS = 24;
  private static final int FIRST = SLOTS * Long.BYTES;

  private final HostMemory memory;
  private final ByteBuffer values;
  private int next = FIRST;

  LaunchArguments(CudaSession session) {
    memory = new HostMemory(session, 2 * FIRST);
    values = memory.bytes();
    for (int table = 0; table < FIRST; table += Long.BYTES) {
      values.putLong(table, memory.address() + FIRST + table);
    }
  }

  LaunchArguments start() {
    next = FIRST;
    return this;
  }

  LaunchArguments add(long value) {
    values.putLong(next, value);
    return advance();
  }

  LaunchArguments add(int value) {
    values.putInt(next, value);
    return advance();
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
      values.putFloat(next, (float) value);
    } else {
      values.putDouble(next, value);
    }
    return advance();
  }

  private LaunchArguments advance() {
    next += Long.BYTES;
    return this;
  }

  /** The table of addresses; cuLaunchKernel reads as many as the kernel has parameters. */
  Pointer table() {
    return memory.pointer();
  }

  @Override
  public void close() {
    memory.close();
  }
}
