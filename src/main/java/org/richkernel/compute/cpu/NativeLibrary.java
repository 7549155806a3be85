package org.richkernel.compute.cpu;

import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_full;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.PrivateFolder;

/**
 * Loads OpenBLAS once per process and sets it to one thread: its own threads spin between calls and
 * would fight with the team of this backend for the processors.
 */
final class NativeLibrary {
  private static final String CACHE_PROPERTY = "org.bytedeco.javacpp.cachedir";
  private static final String NO_POINTER_GC = "org.bytedeco.javacpp.nopointergc";
  private static boolean loaded;

  private NativeLibrary() {}

  /** The folder that the natives are extracted to. */
  static String cacheDirectory() {
    return System.getProperty(CACHE_PROPERTY, "the default cache of JavaCPP");
  }

  /**
   * Loads the library if that has not been done.
   *
   * @throws BackendUnavailableException if it cannot be extracted or linked
   */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    configure();
    try {
      Loader.load(openblas_full.class);
      openblas_full.blas_set_num_threads(1);
    } catch (LinkageError e) {
      throw new BackendUnavailableException(
          "cpu",
          "OpenBLAS cannot be loaded (" + e.getMessage() + ")",
          "use 64-bit x86 Linux with glibc, and a cache folder (RICHKERNEL_CACHE) that is not"
              + " mounted noexec");
    }
    loaded = true;
  }

  /** Must run before the first class of JavaCPP is initialised: it reads these properties once. */
  private static void configure() {
    if (System.getProperty(NO_POINTER_GC) == null) {
      System.setProperty(NO_POINTER_GC, "true");
    }
    if (System.getProperty(CACHE_PROPERTY) != null) {
      return;
    }
    try {
      System.setProperty(CACHE_PROPERTY, PrivateFolder.ofThisUser("javacpp").folder().toString());
    } catch (IOException e) {
      throw new BackendUnavailableException(
          "cpu",
          "no folder for the native libraries can be made (" + e.getMessage() + ")",
          "set RICHKERNEL_CACHE to a writable folder");
    }
  }
}
