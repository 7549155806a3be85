package org.richkernel.compute.cuda;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;

/**
 * Compiles kernels with NVRTC: to machine code (CUBIN) for the device found or its newest known
 * predecessor of the same major compute capability, which also works where the toolkit is newer
 * than the driver; to PTX for the newest architecture known, which the driver compiles, where this
 * NVRTC does not know the device's family yet.
 */
final class KernelCompiler {
  private final int capability;
  private final int newestKnown;
  private final String version;

  /** A compiler for devices of this compute capability, 90 for 9.0. */
  KernelCompiler(int capability) {
    this.capability = capability;
    int[] major = new int[1];
    int[] minor = new int[1];
    require(JNvrtc.nvrtcVersion(major, minor), "nvrtcVersion", "asking for the compiler's version");
    this.version = major[0] + "." + minor[0];
    this.newestKnown = newestArchitectureUpTo(capability);
  }

  /** The architectures that NVRTC knows, 90 for 9.0. */
  static int[] architectures() {
    String doing = "asking for the architectures that NVRTC knows";
    int[] count = new int[1];
    require(JNvrtc.nvrtcGetNumSupportedArchs(count), "nvrtcGetNumSupportedArchs", doing);
    int[] known = new int[count[0]];
    require(JNvrtc.nvrtcGetSupportedArchs(known), "nvrtcGetSupportedArchs", doing);
    return known;
  }

  private int newestArchitectureUpTo(int limit) {
    int[] known = architectures();
    return Arrays.stream(known)
        .filter(architecture -> architecture <= limit)
        .max()
        .orElseThrow(
            () ->
                new CudaException(
                    "NVRTC " + version,
                    "architectures " + Arrays.toString(known),
                    limit,
                    "looking for one that a device of compute capability "
                        + limit / 10
                        + "."
                        + limit % 10
                        + " runs"));
  }

  /** NVRTC's version, "12.6". */
  String version() {
    return version;
  }

  /** Output of a compilation. */
  enum Target {
    /** Machine code. */
    CUBIN("sm_"),
    /** Text that the driver compiles; ends in a zero byte. */
    PTX("compute_");

    private final String prefix;

    Target(String prefix) {
      this.prefix = prefix;
    }

    String suffix() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Possible outputs for the device, the best first. Machine code runs on devices of the same major
   * and a later minor compute capability (CUDA Programming Guide, "Binary Compatibility"), and
   * needs no driver that is as new as the compiler.
   */
  List<Target> targets() {
    return newestKnown / 10 == capability / 10
        ? List.of(Target.CUBIN, Target.PTX)
        : List.of(Target.PTX);
  }

  /** "sm_90" or "compute_90". */
  String architecture(Target target) {
    return target.prefix + newestKnown;
  }

  /**
   * Compiles a module.
   *
   * @throws CudaException with the compiler's log if the source does not compile
   */
  byte[] compile(KernelSources sources, Target target) {
    String[] options = {"--gpu-architecture=" + architecture(target), "--std=c++17", "-lineinfo"};
    String doing = "compiling the kernels " + sources.name() + " for " + architecture(target);
    nvrtcProgram program = new nvrtcProgram();
    require(
        JNvrtc.nvrtcCreateProgram(
            program,
            sources.program(),
            sources.name() + ".cu",
            sources.names().size(),
            sources.texts().toArray(String[]::new),
            sources.names().toArray(String[]::new)),
        "nvrtcCreateProgram",
        doing);
    try {
      int result = JNvrtc.nvrtcCompileProgram(program, options.length, options);
      if (result != nvrtcResult.NVRTC_SUCCESS) {
        throw new CudaException(
            "nvrtcCompileProgram",
            CudaResults.compiler(result),
            result,
            doing + "; NVRTC " + version + " says:\n" + log(program));
      }
      return target == Target.CUBIN ? cubin(program, doing) : ptx(program, doing);
    } finally {
      JNvrtc.nvrtcDestroyProgram(program);
    }
  }

  private static String log(nvrtcProgram program) {
    String[] log = new String[1];
    int result = JNvrtc.nvrtcGetProgramLog(program, log);
    if (result != nvrtcResult.NVRTC_SUCCESS || log[0] == null) {
      return "(no log: " + CudaResults.compiler(result) + ")";
    }
    return log[0].strip();
  }

  private static byte[] cubin(nvrtcProgram program, String doing) {
    long[] size = new long[1];
    require(JNvrtc.nvrtcGetCUBINSize(program, size), "nvrtcGetCUBINSize", doing);
    byte[] code = new byte[Math.toIntExact(size[0])];
    require(JNvrtc.nvrtcGetCUBIN(program, code), "nvrtcGetCUBIN", doing);
    return code;
  }

  private static byte[] ptx(nvrtcProgram program, String doing) {
    String[] text = new String[1];
    require(JNvrtc.nvrtcGetPTX(program, text), "nvrtcGetPTX", doing);
    byte[] bytes = text[0].getBytes(StandardCharsets.US_ASCII);
    boolean terminated = bytes.length > 0 && bytes[bytes.length - 1] == 0;
    return terminated ? bytes : Arrays.copyOf(bytes, bytes.length + 1);
  }

  private static void require(int result, String function, String doing) {
    if (result != nvrtcResult.NVRTC_SUCCESS) {
      throw new CudaException(function, CudaResults.compiler(result), result, doing);
    }
  }
}
