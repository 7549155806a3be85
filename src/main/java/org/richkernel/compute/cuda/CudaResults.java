package org.richkernel.compute.cuda;

import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.cublasStatus;
import jcuda.jcusolver.cusolverStatus;
import jcuda.nvrtc.JNvrtc;

/** Meaning of the return codes of CUDA calls. */
final class CudaResults {
  /** A kernel ended without freeing tensor memory; CUDA 12.8 and newer, not known to JCuda. */
  private static final int TENSOR_MEMORY_LEAK = 721;

  private CudaResults() {}

  /** "CUDA_ERROR_LAUNCH_FAILED (719: unspecified launch failure)". */
  static String driver(int code) {
    return CUresult.stringFor(code) + " (" + code + words(code) + ")";
  }

  /** The driver's words for a code, ": unspecified launch failure"; a stub has none. */
  private static String words(int code) {
    String[] text = new String[1];
    if (code == CUresult.CUDA_ERROR_STUB_LIBRARY
        || JCudaDriver.cuGetErrorString(code, text) != CUresult.CUDA_SUCCESS
        || text[0] == null) {
      return "";
    }
    return ": " + text[0];
  }

  static String blas(int status) {
    return cublasStatus.stringFor(status) + " (" + status + ")";
  }

  static String solver(int status) {
    return cusolverStatus.stringFor(status) + " (" + status + ")";
  }

  static String compiler(int result) {
    return JNvrtc.nvrtcGetErrorString(result) + " (" + result + ")";
  }

  /** Throws unless a call of the driver outside any operation succeeded. */
  static void requireDriver(int code, String function, String doing) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new CudaException(function, driver(code), code, doing);
    }
  }

  /**
   * Errors after which the context is unusable: every later call returns them too (CUDA driver API,
   * type CUresult).
   */
  static boolean losesTheDevice(int code) {
    return switch (code) {
      case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
          CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
          CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
          CUresult.CUDA_ERROR_ASSERT,
          CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
          CUresult.CUDA_ERROR_INVALID_PC,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          TENSOR_MEMORY_LEAK,
          CUresult.CUDA_ERROR_EXTERNAL_DEVICE,
          CUresult.CUDA_ERROR_UNKNOWN ->
          true;
      default -> false;
    };
  }
}
