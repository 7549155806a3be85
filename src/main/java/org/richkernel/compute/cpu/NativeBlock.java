package org.richkernel.compute.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.richkernel.compute.Precision;

/**
 * A block of native memory, aligned to pages and filled with zeros, with buffers to copy tiles to
 * and from Java arrays. A {@link ByteBuffer} holds less than 2 GiB, so a large block has several
 * windows; each reaches {@link #LONGEST_RUN} elements into the next, so that no tile is split.
 */
final class NativeBlock {
  /** Most elements that one copy may move. */
  static final int LONGEST_RUN = 1 << 16;

  private static final int WINDOW_SHIFT = 27;
  private static final long WINDOW = 1L << WINDOW_SHIFT;
  private static final long PAGE = 4096;

  private final Pointer memory;
  private final long address;
  private final long bytes;
  private final FloatBuffer[] floats;
  private final DoubleBuffer[] doubles;
  private boolean freed;

  private NativeBlock(Pointer memory, Precision precision, long elements) {
    this.memory = memory;
    this.address = (memory.address() + PAGE - 1) / PAGE * PAGE;
    this.bytes = elements * precision.bytes();
    // an empty block has a window too: copies of nothing are allowed
    int windows = (int) Math.max(1, (elements + WINDOW - 1) / WINDOW);
    boolean single = precision == Precision.FLOAT32;
    this.floats = new FloatBuffer[single ? windows : 0];
    this.doubles = new DoubleBuffer[single ? 0 : windows];
    for (int i = 0; i < windows; i++) {
      long first = i * WINDOW;
      long length = Math.max(1, Math.min(elements - first, WINDOW + LONGEST_RUN));
      Span span = new Span(address + first * precision.bytes(), length * precision.bytes());
      ByteBuffer buffer = span.asBytes().order(ByteOrder.nativeOrder());
      if (single) {
        floats[i] = buffer.asFloatBuffer();
      } else {
        doubles[i] = buffer.asDoubleBuffer();
      }
    }
  }

  /** A new block, or null if the C library has no memory for it. */
  static NativeBlock allocate(Precision precision, long elements) {
    Pointer memory = Pointer.calloc(1, elements * precision.bytes() + PAGE);
    if (memory == null || memory.isNull()) {
      return null;
    }
    return new NativeBlock(memory, precision, elements);
  }

  long address() {
    return address;
  }

  long bytes() {
    return bytes;
  }

  boolean isFreed() {
    return freed;
  }

  /** Frees the memory; the caller ensures that it is no longer in use. */
  void free() {
    if (!freed) {
      freed = true;
      Pointer.free(memory);
    }
  }

  void read(long element, float[] target, int at, int count) {
    floats[(int) (element >>> WINDOW_SHIFT)].get((int) (element & (WINDOW - 1)), target, at, count);
  }

  void read(long element, double[] target, int at, int count) {
    doubles[(int) (element >>> WINDOW_SHIFT)].get(
        (int) (element & (WINDOW - 1)), target, at, count);
  }

  void write(long element, float[] source, int at, int count) {
    floats[(int) (element >>> WINDOW_SHIFT)].put((int) (element & (WINDOW - 1)), source, at, count);
  }

  void write(long element, double[] source, int at, int count) {
    doubles[(int) (element >>> WINDOW_SHIFT)].put(
        (int) (element & (WINDOW - 1)), source, at, count);
  }

  /** Moves a run of elements from another block of the same precision. */
  void copyFrom(NativeBlock source, long from, long to, int count) {
    int i = (int) (from & (WINDOW - 1));
    int j = (int) (to & (WINDOW - 1));
    int sourceWindow = (int) (from >>> WINDOW_SHIFT);
    int targetWindow = (int) (to >>> WINDOW_SHIFT);
    if (floats.length > 0) {
      floats[targetWindow].put(j, source.floats[sourceWindow], i, count);
    } else {
      doubles[targetWindow].put(j, source.doubles[sourceWindow], i, count);
    }
  }

  /** A pointer to memory that something else owns. */
  private static final class Span extends BytePointer {
    Span(long address, long length) {
      this.address = address;
      this.limit = length;
      this.capacity = length;
    }

    @Override
    public int sizeof() {
      return 1;
    }

    ByteBuffer asBytes() {
      return asByteBuffer();
    }
  }
}
