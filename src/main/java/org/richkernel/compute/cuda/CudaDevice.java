package org.richkernel.compute.cuda;

import static org.richkernel.compute.cuda.CudaResults.requireDriver;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/**
 * A CUDA device with its properties for launches.
 *
 * @param handle the driver's handle
 * @param name its name, "RICHKERNEL-EMU" for the emulated device of the tests
 * @param capability compute capability, 90 for 9.0
 * @param multiprocessors number of multiprocessors
 * @param memoryBytes size of the memory
 * @param driverVersion CUDA version that the driver supports, 12060 for 12.6
 */
record CudaDevice(
    CUdevice handle,
    String name,
    int capability,
    int multiprocessors,
    long memoryBytes,
    int driverVersion) {
  /** Oldest CUDA version whose drivers run this backend's libraries. */
  static final int OLDEST_DRIVER = 12000;

  /** Name of the emulated device. */
  static final String EMULATED = "RICHKERNEL-EMU";

  /** The devices that the driver shows, at least one, in its order. */
  static List<CudaDevice> all() throws CudaRefusal {
    int[] version = new int[1];
    // a toolkit's stub refuses this call already
    requireStart("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(version), "");
    requireStart("cuInit", JCudaDriver.cuInit(0), " (driver for CUDA " + text(version[0]) + ")");
    if (version[0] < OLDEST_DRIVER) {
      throw new CudaRefusal(
          "the driver supports CUDA " + text(version[0]) + " and CUDA 12 is needed",
          "update the NVIDIA driver to 525 or newer");
    }
    int[] count = new int[1];
    requireDriver(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount", "counting devices");
    if (count[0] == 0) {
      throw noDevice();
    }
    List<CudaDevice> devices = new ArrayList<>();
    for (int ordinal = 0; ordinal < count[0]; ordinal++) {
      devices.add(describe(ordinal, version[0]));
    }
    return List.copyOf(devices);
  }

  private static void requireStart(String function, int code, String driver) throws CudaRefusal {
    if (code == jcuda.driver.CUresult.CUDA_SUCCESS) {
      return;
    }
    if (code == jcuda.driver.CUresult.CUDA_ERROR_NO_DEVICE) {
      throw noDevice();
    }
    String mend =
        switch (code) {
          case jcuda.driver.CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
              jcuda.driver.CUresult.CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE ->
              "the driver's library and its kernel module differ in version: restart the machine"
                  + " after a driver update";
          case jcuda.driver.CUresult.CUDA_ERROR_STUB_LIBRARY ->
              "libcuda.so.1 is the toolkit's stub: take its folder out of LD_LIBRARY_PATH, or install"
                  + " the NVIDIA driver";
          default -> "see whether nvidia-smi works on this machine";
        };
    throw new CudaRefusal(function + " answered " + CudaResults.driver(code) + driver, mend);
  }

  private static CudaRefusal noDevice() {
    String visible = System.getenv("CUDA_VISIBLE_DEVICES");
    return new CudaRefusal(
        "the driver is there but shows no device (CUDA_VISIBLE_DEVICES "
            + (visible == null ? "unset" : "= '" + visible + "'")
            + ")",
        "ask the batch system for a GPU, or set CUDA_VISIBLE_DEVICES to one that exists");
  }

  private static CudaDevice describe(int ordinal, int driverVersion) {
    String doing = "describing device " + ordinal;
    CUdevice device = new CUdevice();
    requireDriver(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet", doing);
    byte[] name = new byte[256];
    requireDriver(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName", doing);
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    long[] memory = new long[1];
    requireDriver(JCudaDriver.cuDeviceTotalMem(memory, device), "cuDeviceTotalMem", doing);
    int major =
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, doing);
    int minor =
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, doing);
    return new CudaDevice(
        device,
        new String(name, 0, length, StandardCharsets.UTF_8),
        10 * major + minor,
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, doing),
        memory[0],
        driverVersion);
  }

  private static int attribute(CUdevice device, int which, String doing) {
    int[] value = new int[1];
    requireDriver(
        JCudaDriver.cuDeviceGetAttribute(value, which, device),
        "cuDeviceGetAttribute(" + CUdevice_attribute.stringFor(which) + ")",
        doing);
    return value[0];
  }

  /** "12.6" for 12060. */
  static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** Whether this is the emulated device of the tests. */
  boolean isEmulated() {
    return name.startsWith(EMULATED);
  }

  /** One line: name, compute capability, memory, driver. */
  String summary() {
    return String.format(
        Locale.ROOT,
        "%s%s, compute capability %d.%d, %d multiprocessors, %.1f GB, driver for CUDA %s",
        name,
        isEmulated() ? " (emulated on the processor: its results count, its timings do not)" : "",
        capability / 10,
        capability % 10,
        multiprocessors,
        memoryBytes / 1e9,
        text(driverVersion));
  }
}
