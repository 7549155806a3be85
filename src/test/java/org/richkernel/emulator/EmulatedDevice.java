package org.richkernel.emulator;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The control interface of the emulated CUDA device in {@code native/}.
 *
 * <p>Usable only in a JVM that was started with {@code LD_LIBRARY_PATH} at the build folder of the
 * emulated device and the system property {@code richkernel.emulated.device} naming that folder;
 * {@link OnEmulatedDevice} sees to that.
 */
public final class EmulatedDevice {

  /** What {@code cuDeviceGetName} says, so that no result can be taken for one of a GPU. */
  public static final String NAME = "RICHKERNEL-EMU";

  private static final String FOLDER = System.getProperty("richkernel.emulated.device", "");

  static {
    if (isBuilt()) {
      System.load(library().toAbsolutePath().toString());
    }
  }

  private EmulatedDevice() {}

  /** Whether this JVM was pointed at a build of the emulated device that is complete. */
  public static boolean isBuilt() {
    return !FOLDER.isEmpty() && Files.exists(library());
  }

  private static Path library() {
    return Path.of(FOLDER, "librkemujni.so");
  }

  /** Forgets contexts, allocations, counters, reports and injected errors. */
  public static native void reset();

  /**
   * Makes the {@code n}-th call of a target from now on fail.
   *
   * @param target an entry point as the library exports it ({@code "cublasSgemm_v2"}), or a group:
   *     alloc, free, hostAlloc, launch, copy, sync, module, cublas, cusolver, nvrtc
   * @param n 1 for the next call
   * @param error the status to return, of the library that is called
   */
  public static native void fail(String target, long n, int error);

  /**
   * Reads a counter.
   *
   * @param name launches, allocations, frees, liveBytes, peakBytes, liveAllocations, bytesHtoD,
   *     bytesDtoH, bytesDtoD, bytesSet, syncs, libraryCalls, flops, violations, contexts, streams,
   *     events, modules, graphLaunches, replays (launches and library calls that graphs made) or
   *     graphs
   * @throws IllegalArgumentException for another name
   */
  public static long counter(String name) {
    long value = read(name);
    if (value < 0) {
      throw new IllegalArgumentException("the emulated device has no counter '" + name + "'");
    }
    return value;
  }

  private static native long read(String name);

  /** The last violation in one line, empty if there was none since the reset. */
  public static native String lastReport();

  /** Names the device allocations that are still live on stderr and counts them. */
  public static native long leaks();

  /** How many devices there are from now on, 0 to 4. */
  public static native void setDevices(int count);

  /** How much memory each device has from now on. */
  public static native void setMemory(long bytes);

  /**
   * Which captures of streams are agreed to from now on: "allow" for all, "refuse" for none,
   * "without-solver" for those without a call of cuSOLVER.
   */
  public static native void setCaptures(String agreed);

  /** How much of it the context and the libraries of a device take while they live. */
  public static native void setContextMemory(long bytes);

  /** What {@code cuDriverGetVersion} says from now on, 12060 for CUDA 12.6. */
  public static native void setDriverVersion(int version);
}
