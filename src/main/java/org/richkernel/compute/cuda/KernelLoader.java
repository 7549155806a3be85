package org.richkernel.compute.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.richkernel.compute.PrivateFolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a module onto the device: from the disk cache if it was compiled before for the same
 * sources, device and compiler, otherwise by compilation. A cached module that the driver refuses
 * is compiled again; refused machine code is replaced by PTX.
 */
final class KernelLoader {
  private static final Logger LOG = LoggerFactory.getLogger(KernelLoader.class);

  private final CudaSession session;
  private final KernelCompiler compiler;
  private final PrivateFolder cache;

  KernelLoader(CudaSession session, KernelCompiler compiler, PrivateFolder cache) {
    this.session = session;
    this.compiler = compiler;
    this.cache = cache;
  }

  /**
   * Loads the module of a source.
   *
   * @throws CudaException if it cannot be compiled or the driver refuses every form of it
   */
  CUmodule load(String source) {
    KernelSources sources = KernelSources.of(source);
    CUmodule loaded = new CUmodule();
    CudaException refusal = null;
    for (KernelCompiler.Target target : compiler.targets()) {
      String name = cacheName(sources, target);
      byte[] kept = read(name);
      if (kept != null && tryLoad(loaded, kept) == CUresult.CUDA_SUCCESS) {
        return loaded;
      }
      byte[] code = compiler.compile(sources, target);
      int answer = tryLoad(loaded, code);
      if (answer == CUresult.CUDA_SUCCESS) {
        keep(name, code);
        return loaded;
      }
      refusal =
          new CudaException(
              "cuModuleLoadData", CudaResults.driver(answer), answer, "loading " + name);
    }
    throw refusal;
  }

  /**
   * Stable name of a compiled module: sources, architecture, compiler. Modules of the emulated
   * device must never reach a driver, so their names differ.
   */
  private String cacheName(KernelSources sources, KernelCompiler.Target target) {
    return sources.name()
        + "-"
        + sources.digest().substring(0, 32)
        + "-"
        + compiler.architecture(target)
        + "-nvrtc"
        + compiler.version()
        + (session.device().isEmulated() ? "-emulated." : ".")
        + target.suffix();
  }

  /** Answers that concern the code are for the caller to judge; all others are failures. */
  private int tryLoad(CUmodule module, byte[] code) {
    int answer = JCudaDriver.cuModuleLoadData(module, code);
    return switch (answer) {
      case CUresult.CUDA_SUCCESS,
          CUresult.CUDA_ERROR_INVALID_IMAGE,
          CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU,
          CUresult.CUDA_ERROR_INVALID_PTX,
          CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
          CUresult.CUDA_ERROR_INVALID_SOURCE,
          CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND ->
          answer;
      default -> {
        session.check(answer, "cuModuleLoadData");
        yield answer;
      }
    };
  }

  private byte[] read(String name) {
    Path file = cache.file(name);
    try {
      return Files.exists(file) ? Files.readAllBytes(file) : null;
    } catch (IOException e) {
      LOG.warn(
          "the compiled kernels in {} cannot be read ({}); compiling again", file, e.toString());
      return null;
    }
  }

  private void keep(String name, byte[] code) {
    try {
      cache.write(name, code);
    } catch (IOException e) {
      LOG.warn(
          "the compiled kernels cannot be kept in {} ({}); the next run compiles again",
          cache.file(name),
          e.toString());
    }
  }
}
