package org.richkernel.compute.cuda;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.cublasStatus;
import jcuda.jcusolver.cusolverStatus;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Ownership;

/**
 * A lane of a device: one stream for compute and one for transfers in the context that all lanes
 * share, and the check of every return code. It records the present operation, so that the message
 * of a failure can name it with its operands.
 */
final class CudaSession implements AutoCloseable {
  private static final Matrix[] NOTHING = {};

  /** Approximate device memory of a library's handle and work space: 256 MiB. */
  static final long HANDLE_BYTES = 1L << 28;

  private final Ownership ownership = new Ownership("cuda");
  private final CudaContext context;
  private final CUstream compute = new CUstream();
  private final CUstream transfer = new CUstream();
  private String operation = "opening the backend";
  private Matrix[] operands = NOTHING;
  private boolean closed;

  CudaSession(CudaContext context) {
    this.context = context;
    begin("opening the backend");
    int flags = CUstream_flags.CU_STREAM_NON_BLOCKING;
    check(JCudaDriver.cuStreamCreate(compute, flags), "cuStreamCreate");
    try {
      check(JCudaDriver.cuStreamCreate(transfer, flags), "cuStreamCreate");
    } catch (RuntimeException e) {
      JCudaDriver.cuStreamDestroy(compute);
      throw e;
    }
  }

  CudaContext context() {
    return context;
  }

  CudaDevice device() {
    return context.device();
  }

  /** Which thread the backend of this session serves. */
  Ownership ownership() {
    return ownership;
  }

  CUstream compute() {
    return compute;
  }

  CUstream transfer() {
    return transfer;
  }

  boolean isLost() {
    return context.lost() != null;
  }

  /**
   * Starts an operation: makes the context current on the calling thread and records the operation.
   *
   * @throws IllegalStateException if the backend was closed, or serves another thread
   * @throws DeviceLostException if the device was lost before
   */
  void begin(String name, Matrix... on) {
    if (closed) {
      throw new IllegalStateException(name + ": the cuda backend is closed");
    }
    ownership.check();
    operation = name;
    operands = on;
    String lost = context.lost();
    if (lost != null) {
      throw new DeviceLostException(doing(), lost);
    }
    check(context.makeCurrent(), "cuCtxSetCurrent");
  }

  /** "gemm of A (3 x 4, FLOAT32), B (4 x 5, FLOAT32)". */
  String doing() {
    return operands.length == 0
        ? operation
        : operation
            + " of "
            + Arrays.stream(operands).map(Matrix::describe).collect(Collectors.joining(", "));
  }

  /** Judges the answer of a driver call. */
  void check(int code, String function) {
    if (code == CUresult.CUDA_SUCCESS) {
      return;
    }
    if (CudaResults.losesTheDevice(code)) {
      throw new DeviceLostException(
          doing(),
          context.lose(
              function + " answered " + CudaResults.driver(code) + " on " + device().name()));
    }
    if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw outOfMemory(function);
    }
    throw new CudaException(function, CudaResults.driver(code), code, doing());
  }

  /**
   * Judges the answer to the creation of a library's handle, which takes memory of its own: where
   * that is short, cuBLAS says that it is not initialized.
   *
   * @param uninitialised the library's code for that
   */
  void checkCreation(int status, int uninitialised, IntFunction<String> name, String function) {
    if (status == 0) {
      return;
    }
    requireHealthy();
    String answer = function + " answered " + name.apply(status);
    if (status == uninitialised && freeBytes() < HANDLE_BYTES) {
      throw new OutOfDeviceMemoryException(
          answer + " in " + doing(), HANDLE_BYTES, freeBytes(), DeviceMemory.MEND);
    }
    throw new CudaException(function, name.apply(status), status, doing());
  }

  /** Judges the answer of a cuBLAS call. */
  void checkBlas(int status, String function) {
    if (status == cublasStatus.CUBLAS_STATUS_SUCCESS) {
      return;
    }
    if (status == cublasStatus.CUBLAS_STATUS_ALLOC_FAILED) {
      throw outOfMemory(function);
    }
    requireHealthy();
    throw new CudaException(function, CudaResults.blas(status), status, doing());
  }

  /** Judges the answer of a cuSOLVER call. */
  void checkSolver(int status, String function) {
    if (status == cusolverStatus.CUSOLVER_STATUS_SUCCESS) {
      return;
    }
    if (status == cusolverStatus.CUSOLVER_STATUS_ALLOC_FAILED) {
      throw outOfMemory(function);
    }
    requireHealthy();
    throw new CudaException(function, CudaResults.solver(status), status, doing());
  }

  /**
   * A library reports a lost device as its own failure to execute; the stream tells which it is.
   */
  private void requireHealthy() {
    check(JCudaDriver.cuStreamSynchronize(compute), "cuStreamSynchronize");
  }

  private OutOfDeviceMemoryException outOfMemory(String function) {
    return new OutOfDeviceMemoryException(
        function + " in " + doing(), 0, freeBytes(), DeviceMemory.MEND);
  }

  /** Free memory of the device as the driver sees it. */
  long freeBytes() {
    long[] free = new long[1];
    long[] total = new long[1];
    check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
    return free[0];
  }

  void synchronize() {
    await(this);
  }

  /** Waits for the work of a lane of the same device, this one or another. */
  void await(CudaSession lane) {
    check(JCudaDriver.cuStreamSynchronize(lane.compute), "cuStreamSynchronize");
    check(JCudaDriver.cuStreamSynchronize(lane.transfer), "cuStreamSynchronize");
  }

  /** An event that only orders streams. */
  CUevent orderingEvent() {
    return event(CUevent_flags.CU_EVENT_DISABLE_TIMING);
  }

  /** An event that also keeps the time. */
  CUevent timingEvent() {
    return event(CUevent_flags.CU_EVENT_DEFAULT);
  }

  private CUevent event(int flags) {
    CUevent event = new CUevent();
    check(JCudaDriver.cuEventCreate(event, flags), "cuEventCreate");
    return event;
  }

  /** Orders later work of the second stream after all work given to the first one so far. */
  void order(CUstream first, CUevent event, CUstream second) {
    check(JCudaDriver.cuEventRecord(event, first), "cuEventRecord");
    check(JCudaDriver.cuStreamWaitEvent(second, event, 0), "cuStreamWaitEvent");
  }

  /** Gives the streams back; a lost device answers nothing useful, so it is not asked. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    int first = JCudaDriver.cuStreamDestroy(compute);
    int second = JCudaDriver.cuStreamDestroy(transfer);
    if (!isLost()) {
      operation = "closing the backend";
      operands = NOTHING;
      check(first, "cuStreamDestroy");
      check(second, "cuStreamDestroy");
    }
  }
}
