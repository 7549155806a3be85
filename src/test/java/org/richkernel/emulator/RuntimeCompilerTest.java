package org.richkernel.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.richkernel.emulator.DeviceSession.argument;
import static org.richkernel.emulator.DeviceSession.check;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The emulated NVRTC takes and refuses what the real one does. */
@OnEmulatedDevice
class RuntimeCompilerTest {

  @BeforeEach
  void statusesInsteadOfExceptions() {
    JNvrtc.setExceptionsEnabled(false);
  }

  private static nvrtcProgram program(String source, String[] headers, String[] names) {
    nvrtcProgram program = new nvrtcProgram();
    int count = headers == null ? 0 : headers.length;
    assertThat(JNvrtc.nvrtcCreateProgram(program, source, "p.cu", count, headers, names)).isZero();
    return program;
  }

  private static int compile(nvrtcProgram program, String... options) {
    return JNvrtc.nvrtcCompileProgram(program, options.length, options);
  }

  private static String log(nvrtcProgram program) {
    String[] log = new String[1];
    assertThat(JNvrtc.nvrtcGetProgramLog(program, log)).isZero();
    return log[0];
  }

  @Test
  void errorInTheSourceComesBackWithFileAndLine() {
    nvrtcProgram program = program("\n\nextern \"C\" __global__ void k() { wrong; }", null, null);
    assertThat(compile(program)).isEqualTo(nvrtcResult.NVRTC_ERROR_COMPILATION);
    assertThat(log(program)).contains("p.cu:3:").contains("wrong");
    JNvrtc.nvrtcDestroyProgram(program);
  }

  @Test
  void standardHeadersAreNotFound() {
    nvrtcProgram program = program("#include <cmath>\n", null, null);
    assertThat(compile(program)).isEqualTo(nvrtcResult.NVRTC_ERROR_COMPILATION);
    assertThat(log(program)).contains("cmath");
    JNvrtc.nvrtcDestroyProgram(program);
  }

  @Test
  void unknownOptionIsRefused() {
    nvrtcProgram program = program("", null, null);
    assertThat(compile(program, "-O17")).isEqualTo(nvrtcResult.NVRTC_ERROR_INVALID_OPTION);
    assertThat(log(program)).contains("-O17");
    assertThat(compile(program, "--gpu-architecture=sm_42"))
        .isEqualTo(nvrtcResult.NVRTC_ERROR_INVALID_OPTION);
    JNvrtc.nvrtcDestroyProgram(program);
  }

  @Test
  void headersInMemoryMacrosAndMathematicsWork() {
    String header =
        """
        #pragma once
        #define KERNEL extern "C" __global__
        __device__ __forceinline__ float4 twice(float4 v) {
          return make_float4(2 * v.x, 2 * v.y, 2 * v.z, 2 * v.w);
        }
        """;
    String source =
        """
        #include "include/twice.cuh"
        __constant__ float factors[2];
        KERNEL void __launch_bounds__(32)
        k(const float4* __restrict__ in, float4* out, double* y, long long n, float c) {
          if (threadIdx.x < n) out[threadIdx.x] = twice(in[threadIdx.x]);
          if (threadIdx.x == 0) {
            y[0] = erf(0.5) + tanh(0.25) + exp(-1.0);
            y[1] = fmaf(2.0f, c, SHIFT) * factors[1];
            y[2] = __umulhi(0x80000000u, 6u) + __float_as_uint(1.0f);
          }
        }
        """;
    nvrtcProgram program =
        program(source, new String[] {header}, new String[] {"include/twice.cuh"});
    int result =
        compile(
            program, "--gpu-architecture=compute_80", "--std=c++17", "-DSHIFT=1.0f", "-lineinfo");
    assertThat(result).as(log(program)).isZero();
    long[] size = new long[1];
    assertThat(JNvrtc.nvrtcGetCUBINSize(program, size)).isZero();
    assertThat(size[0]).as("a virtual architecture has no CUBIN").isZero();
    String[] ptx = new String[1];
    assertThat(JNvrtc.nvrtcGetPTX(program, ptx)).isZero();
    JNvrtc.nvrtcDestroyProgram(program);
    byte[] text = ptx[0].getBytes(StandardCharsets.US_ASCII);
    try (DeviceSession session = new DeviceSession()) {
      CUmodule module = new CUmodule();
      check(JCudaDriver.cuModuleLoadData(module, Arrays.copyOf(text, text.length + 1)));
      CUfunction kernel = new CUfunction();
      check(JCudaDriver.cuModuleGetFunction(kernel, module, "k"));
      assertThat(JCudaDriver.cuModuleGetFunction(new CUfunction(), module, "twice"))
          .isEqualTo(CUresult.CUDA_ERROR_NOT_FOUND);
      CUdeviceptr factors = new CUdeviceptr();
      long[] bytes = new long[1];
      check(JCudaDriver.cuModuleGetGlobal(factors, bytes, module, "factors"));
      assertThat(bytes[0]).isEqualTo(8);
      check(JCudaDriver.cuMemcpyHtoD(factors, Pointer.to(new float[] {1f, 10f}), 8));
      CUdeviceptr in = session.upload(1f, 2f, 3f, 4f);
      CUdeviceptr out = session.allocate(16);
      CUdeviceptr y = session.allocate(24);
      Pointer n = Pointer.to(new long[] {1});
      check(
          session.launch(
              kernel, 1, 32, 0, argument(in), argument(out), argument(y), n, argument(3f)));
      assertThat(session.floats(out, 4)).containsExactly(2f, 4f, 6f, 8f);
      double[] values = session.doubles(y, 3);
      assertThat(values[0])
          .isEqualTo(
              org.apache.commons.math3.special.Erf.erf(0.5) + Math.tanh(0.25) + Math.exp(-1),
              org.assertj.core.data.Offset.offset(1e-14));
      assertThat(values[1]).isEqualTo(70.0);
      assertThat(values[2]).isEqualTo(3.0 + 0x3f800000);
    }
  }

  @Test
  void templateIsLaunchedThroughItsNameExpression() {
    String source =
        "template <class T, int N> __global__ void set(T* x) { x[threadIdx.x] = T(N) / 2; }";
    nvrtcProgram program = program(source, null, null);
    String expression = "set<double, 7>";
    assertThat(JNvrtc.nvrtcAddNameExpression(program, expression)).isZero();
    assertThat(compile(program, "--gpu-architecture=sm_80")).as(log(program)).isZero();
    String[] name = new String[1];
    assertThat(JNvrtc.nvrtcGetLoweredName(program, expression, name)).isZero();
    long[] size = new long[1];
    JNvrtc.nvrtcGetCUBINSize(program, size);
    byte[] cubin = new byte[(int) size[0]];
    JNvrtc.nvrtcGetCUBIN(program, cubin);
    JNvrtc.nvrtcDestroyProgram(program);
    try (DeviceSession session = new DeviceSession()) {
      CUmodule module = new CUmodule();
      check(JCudaDriver.cuModuleLoadData(module, cubin));
      CUfunction kernel = new CUfunction();
      check(JCudaDriver.cuModuleGetFunction(kernel, module, name[0]));
      CUdeviceptr x = session.allocate(16);
      check(session.launch(kernel, 1, 2, 0, argument(x)));
      assertThat(session.doubles(x, 2)).containsExactly(3.5, 3.5);
    }
  }
}
