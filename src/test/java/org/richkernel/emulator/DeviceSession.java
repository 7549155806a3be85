package org.richkernel.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;

/** A primary context with the few calls that the tests of the emulated device share. */
final class DeviceSession implements AutoCloseable {

  private final CUdevice device = new CUdevice();

  DeviceSession() {
    JCudaDriver.setExceptionsEnabled(false);
    JNvrtc.setExceptionsEnabled(false);
    check(JCudaDriver.cuInit(0));
    check(JCudaDriver.cuDeviceGet(device, 0));
    CUcontext context = new CUcontext();
    check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    check(JCudaDriver.cuCtxPushCurrent(context));
  }

  static void check(int result) {
    assertThat(CUresult.stringFor(result)).isEqualTo("CUDA_SUCCESS");
  }

  CUdeviceptr allocate(long bytes) {
    CUdeviceptr pointer = new CUdeviceptr();
    check(JCudaDriver.cuMemAlloc(pointer, bytes));
    return pointer;
  }

  CUdeviceptr upload(float... values) {
    CUdeviceptr pointer = allocate((long) values.length * Sizeof.FLOAT);
    check(
        JCudaDriver.cuMemcpyHtoD(pointer, Pointer.to(values), (long) values.length * Sizeof.FLOAT));
    return pointer;
  }

  CUdeviceptr upload(double... values) {
    CUdeviceptr pointer = allocate((long) values.length * Sizeof.DOUBLE);
    check(
        JCudaDriver.cuMemcpyHtoD(
            pointer, Pointer.to(values), (long) values.length * Sizeof.DOUBLE));
    return pointer;
  }

  float[] floats(CUdeviceptr pointer, int count) {
    float[] values = new float[count];
    check(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), pointer, (long) count * Sizeof.FLOAT));
    return values;
  }

  double[] doubles(CUdeviceptr pointer, int count) {
    double[] values = new double[count];
    check(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), pointer, (long) count * Sizeof.DOUBLE));
    return values;
  }

  int integer(CUdeviceptr pointer) {
    int[] value = new int[1];
    check(JCudaDriver.cuMemcpyDtoH(Pointer.to(value), pointer, Sizeof.INT));
    return value[0];
  }

  /** The CUBIN of a source, compiled for the emulated device. */
  static byte[] compile(String source) {
    nvrtcProgram program = new nvrtcProgram();
    assertThat(JNvrtc.nvrtcCreateProgram(program, source, "test.cu", 0, null, null)).isZero();
    int result = JNvrtc.nvrtcCompileProgram(program, 1, new String[] {"--gpu-architecture=sm_80"});
    String[] log = new String[1];
    JNvrtc.nvrtcGetProgramLog(program, log);
    assertThat(nvrtcResult.stringFor(result)).as(log[0]).isEqualTo("NVRTC_SUCCESS");
    long[] size = new long[1];
    assertThat(JNvrtc.nvrtcGetCUBINSize(program, size)).isZero();
    byte[] cubin = new byte[(int) size[0]];
    assertThat(JNvrtc.nvrtcGetCUBIN(program, cubin)).isZero();
    assertThat(JNvrtc.nvrtcDestroyProgram(program)).isZero();
    return cubin;
  }

  CUfunction kernel(String source, String name) {
    CUmodule module = new CUmodule();
    check(JCudaDriver.cuModuleLoadData(module, compile(source)));
    CUfunction function = new CUfunction();
    check(JCudaDriver.cuModuleGetFunction(function, module, name));
    return function;
  }

  /** Launches a 1-D grid and returns the driver's result. */
  int launch(CUfunction function, int grid, int block, int shared, Pointer... arguments) {
    return JCudaDriver.cuLaunchKernel(
        function, grid, 1, 1, block, 1, 1, shared, null, Pointer.to(arguments), null);
  }

  static Pointer argument(CUdeviceptr pointer) {
    return Pointer.to(pointer);
  }

  static Pointer argument(int value) {
    return Pointer.to(new int[] {value});
  }

  static Pointer argument(float value) {
    return Pointer.to(new float[] {value});
  }

  @Override
  public void close() {
    JCudaDriver.cuCtxPopCurrent(new CUcontext());
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
  }
}
