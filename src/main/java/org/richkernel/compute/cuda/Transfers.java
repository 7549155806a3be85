package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Supplier;
import jcuda.Pointer;
import jcuda.driver.CUDA_MEMCPY2D;
import jcuda.driver.CUevent;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.richkernel.compute.Precision;

/**
 * Moves elements between Java arrays and the device through two page-locked buffers: while one is
 * on the bus the other is filled or emptied, converting where the precisions differ. Large matrices
 * use a separate stream, ordered with the compute stream by events; a transfer of one piece uses
 * the compute stream itself.
 */
final class Transfers implements AutoCloseable {
  private static final int STAGE_BYTES = 4 << 20;

  private final CudaSession session;
  private final CUevent order;
  private final PinnedBuffer[] stages = new PinnedBuffer[2];
  private final CUDA_MEMCPY2D rectangle = new CUDA_MEMCPY2D();
  private final HostMemory answers;
  private final SmallUploads small;

  Transfers(CudaSession session) {
    this.session = session;
    order = session.orderingEvent();
    try {
      answers = new HostMemory(session, 256);
    } catch (RuntimeException e) {
      JCudaDriver.cuEventDestroy(order);
      throw e;
    }
    try {
      small = new SmallUploads(session);
    } catch (RuntimeException e) {
      answers.close();
      JCudaDriver.cuEventDestroy(order);
      throw e;
    }
  }

  void upload(double[] source, CudaMatrix target) {
    Precision kind = target.precision();
    upload(
        source.length,
        target,
        () -> small.put(kind, source),
        (stage, from, count) -> stage.put(kind, source, from, count));
  }

  void upload(float[] source, CudaMatrix target) {
    Precision kind = target.precision();
    upload(
        source.length,
        target,
        () -> small.put(kind, source),
        (stage, from, count) -> stage.put(kind, source, from, count));
  }

  void download(CudaMatrix source, double[] target) {
    Precision kind = source.precision();
    download(source, target.length, (stage, from, count) -> stage.get(kind, target, from, count));
  }

  void download(CudaMatrix source, float[] target) {
    Precision kind = source.precision();
    download(source, target.length, (stage, from, count) -> stage.get(kind, target, from, count));
  }

  /** Moves elements of an array from or to a page-locked buffer. */
  @FunctionalInterface
  private interface Staging {
    void move(PinnedBuffer stage, int from, int count);
  }

  private void upload(
      int length, CudaMatrix target, Supplier<Pointer> smallSource, Staging staging) {
    requireFits("upload", length, target);
    if (isSmall(target)) {
      toDevice(smallSource.get(), target, whole(target), session.compute());
      return;
    }
    beforeTransfer();
    for (Pieces p = new Pieces(target); p.next(); ) {
      PinnedBuffer stage = stage(p);
      stage.await();
      staging.move(stage, p.host, p.count());
      toDevice(stage.pointer(), target, p, session.transfer());
      stage.markBusy();
    }
    session.order(session.transfer(), order, session.compute());
  }

  private void download(CudaMatrix source, int length, Staging staging) {
    requireFits("download", length, source);
    Pieces filled = new Pieces(source);
    Pieces emptied = new Pieces(source);
    if (filled.isOne()) {
      staging.move(fetchPiece(source), 0, length);
      return;
    }
    beforeTransfer();
    for (boolean more = fill(source, filled); more; ) {
      more = fill(source, filled);
      emptied.next();
      PinnedBuffer stage = stage(emptied);
      stage.await();
      staging.move(stage, emptied.host, emptied.count());
    }
  }

  private static boolean isSmall(CudaMatrix matrix) {
    return !matrix.isEmpty()
        && matrix.size() * matrix.precision().bytes() <= SmallUploads.MOST_BYTES;
  }

  /** The one piece of a small matrix. */
  private static Pieces whole(CudaMatrix matrix) {
    Pieces piece = new Pieces(matrix);
    piece.next();
    return piece;
  }

  /** All of a matrix that is one piece, by the compute stream; waits for it. */
  private PinnedBuffer fetchPiece(CudaMatrix source) {
    Pieces piece = whole(source);
    PinnedBuffer stage = stage(piece);
    stage.await();
    toHost(source, piece, stage, session.compute());
    session.check(JCudaDriver.cuStreamSynchronize(session.compute()), "cuStreamSynchronize");
    return stage;
  }

  /** Starts the next piece of a download; false after the last piece. */
  private boolean fill(CudaMatrix source, Pieces p) {
    if (!p.next()) {
      return false;
    }
    PinnedBuffer stage = stage(p);
    stage.await();
    toHost(source, p, stage, session.transfer());
    stage.markBusy();
    return true;
  }

  private void toHost(CudaMatrix source, Pieces p, PinnedBuffer stage, CUstream stream) {
    if (p.isContiguous()) {
      session.check(
          JCudaDriver.cuMemcpyDtoHAsync(
              stage.pointer(), source.pointer(p.row, p.column), p.bytes(), stream),
          "cuMemcpyDtoHAsync");
      return;
    }
    describe(source, p);
    rectangle.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
    rectangle.srcDevice = source.pointer(p.row, p.column);
    rectangle.srcPitch = (long) source.stride() * source.precision().bytes();
    rectangle.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_HOST;
    rectangle.dstHost = stage.pointer();
    rectangle.dstPitch = rectangle.WidthInBytes;
    session.check(JCudaDriver.cuMemcpy2DAsync(rectangle, stream), "cuMemcpy2DAsync");
  }

  private void toDevice(Pointer source, CudaMatrix target, Pieces p, CUstream stream) {
    if (p.isContiguous()) {
      session.check(
          JCudaDriver.cuMemcpyHtoDAsync(target.pointer(p.row, p.column), source, p.bytes(), stream),
          "cuMemcpyHtoDAsync");
      return;
    }
    describe(target, p);
    rectangle.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_HOST;
    rectangle.srcHost = source;
    rectangle.srcPitch = rectangle.WidthInBytes;
    rectangle.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
    rectangle.dstDevice = target.pointer(p.row, p.column);
    rectangle.dstPitch = (long) target.stride() * target.precision().bytes();
    session.check(JCudaDriver.cuMemcpy2DAsync(rectangle, stream), "cuMemcpy2DAsync");
  }

  /** Integers to the device, behind the work that was given to it; waits only for room. */
  void send(int[] values, DevicePointer target) {
    int most = SmallUploads.MOST_BYTES / Integer.BYTES;
    for (int first = 0; first < values.length; first += most) {
      int[] part = Arrays.copyOfRange(values, first, Math.min(values.length, first + most));
      session.check(
          JCudaDriver.cuMemcpyHtoDAsync(
              target.plus((long) first * Integer.BYTES),
              small.put(part),
              (long) part.length * Integer.BYTES,
              session.compute()),
          "cuMemcpyHtoDAsync");
    }
  }

  private void describe(CudaMatrix matrix, Pieces p) {
    rectangle.WidthInBytes = (long) p.columns * matrix.precision().bytes();
    rectangle.Height = p.rows;
  }

  /**
   * A few bytes from the device, valid until the next call; waits for them. They come by the
   * compute stream itself, behind all work given to it, since nothing could go on beside them.
   */
  ByteBuffer fetch(DevicePointer source, int bytes) {
    session.check(
        JCudaDriver.cuMemcpyDtoHAsync(answers.pointer(), source, bytes, session.compute()),
        "cuMemcpyDtoHAsync");
    session.check(JCudaDriver.cuStreamSynchronize(session.compute()), "cuStreamSynchronize");
    return answers.bytes();
  }

  private void beforeTransfer() {
    session.order(session.compute(), order, session.transfer());
  }

  private PinnedBuffer stage(Pieces p) {
    int which = p.number % 2;
    if (stages[which] == null) {
      stages[which] = new PinnedBuffer(session, STAGE_BYTES);
    }
    return stages[which];
  }

  private static void requireFits(String operation, int length, CudaMatrix matrix) {
    if (length != matrix.size()) {
      throw new IllegalArgumentException(
          operation + ": an array of " + length + " elements does not fit " + matrix.describe());
    }
  }

  @Override
  public void close() {
    for (int i = 0; i < stages.length; i++) {
      if (stages[i] != null) {
        stages[i].close();
        stages[i] = null;
      }
    }
    answers.close();
    small.close();
    int code = JCudaDriver.cuEventDestroy(order);
    if (!session.isLost()) {
      session.check(code, "cuEventDestroy");
    }
  }

  /** Cuts a matrix into pieces that fit a stage: whole rows, or parts of one very long row. */
  private static final class Pieces {
    private final CudaMatrix matrix;
    private final int elementBytes;
    private final int rowsPerPiece;
    private final int columnsPerPiece;
    private int number = -1;
    private int row;
    private int column;
    private int rows;
    private int columns;
    private int host;

    Pieces(CudaMatrix matrix) {
      this.matrix = matrix;
      this.elementBytes = matrix.precision().bytes();
      int most = STAGE_BYTES / elementBytes;
      this.columnsPerPiece = Math.max(1, Math.min(matrix.columns(), most));
      this.rowsPerPiece = Math.max(1, most / columnsPerPiece);
    }

    /** Whether the matrix, which has elements, is one piece. */
    boolean isOne() {
      return !matrix.isEmpty()
          && columnsPerPiece == matrix.columns()
          && rowsPerPiece >= matrix.rows();
    }

    boolean next() {
      if (matrix.isEmpty()) {
        return false;
      }
      if (number >= 0) {
        column += columns;
        if (column == matrix.columns()) {
          column = 0;
          row += rows;
        }
        host += rows * columns;
      }
      if (row >= matrix.rows()) {
        return false;
      }
      number++;
      columns = Math.min(columnsPerPiece, matrix.columns() - column);
      rows = columns == matrix.columns() ? Math.min(rowsPerPiece, matrix.rows() - row) : 1;
      return true;
    }

    int count() {
      return rows * columns;
    }

    long bytes() {
      return (long) count() * elementBytes;
    }

    boolean isContiguous() {
      return rows == 1 || matrix.isDense();
    }
  }
}
