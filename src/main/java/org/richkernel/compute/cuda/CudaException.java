package org.richkernel.compute.cuda;

/** A call of CUDA failed; the message names the call, its return code, and the operation. */
final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;

  CudaException(String function, String answer, int code, String doing) {
    super(function + " answered " + answer + " while " + doing);
    this.code = code;
  }

  /** The number that the call returned. */
  int code() {
    return code;
  }
}
