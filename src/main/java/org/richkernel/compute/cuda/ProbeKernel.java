package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Shows that this device compiles, loads and runs a kernel, by its result. */
final class ProbeKernel {
  /** The source that holds it. */
  static final String SOURCE = "probe/probe.cu";

  /** Its name in there. */
  static final String SYMBOL = "rk_probe_write_i32";

  private static final int NUMBERS = 64;

  private ProbeKernel() {}

  /**
   * Runs it.
   *
   * @throws CudaException if any step fails or the numbers are wrong
   */
  static void run(
      CudaSession session,
      KernelLoader loader,
      LaunchArguments arguments,
      DeviceMemory memory,
      Transfers transfers) {
    session.begin("running the probe kernel");
    CUmodule module = loader.load(SOURCE);
    DeviceMemory.Block block = memory.take((long) NUMBERS * Integer.BYTES, "the probe kernel");
    try {
      launch(session, module, arguments, block.pointer());
      requireRight(transfers.fetch(block.pointer(), NUMBERS * Integer.BYTES), session);
    } finally {
      memory.giveBack(block);
      // where a step failed its own message matters, not that of unloading
      JCudaDriver.cuModuleUnload(module);
    }
  }

  private static void launch(
      CudaSession session, CUmodule module, LaunchArguments arguments, DevicePointer numbers) {
    CUfunction function = new CUfunction();
    session.check(
        JCudaDriver.cuModuleGetFunction(function, module, SYMBOL),
        "cuModuleGetFunction(" + SYMBOL + ")");
    arguments.start().add(NUMBERS).add(numbers);
    session.check(
        JCudaDriver.cuLaunchKernel(
            function, 2, 1, 1, 32, 1, 1, 0, session.compute(), arguments.table(), null),
        "cuLaunchKernel");
  }

  private static void requireRight(ByteBuffer numbers, CudaSession session) {
    for (int i = 0; i < NUMBERS; i++) {
      int found = numbers.getInt(i * Integer.BYTES);
      if (found != 2 * i + 1) {
        throw new CudaException(
            "the probe kernel", found + " where " + (2 * i + 1) + " is right", i, session.doing());
      }
    }
  }
}
