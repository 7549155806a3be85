package org.richkernel.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.BackendOptions;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** Where the libraries of CUDA are taken from. */
@HelpGroup(HelpGroup.MACHINE)
final class CudaLibrariesOption {
  @Option(
      names = "--cuda-libraries",
      paramLabel = "DIR",
      description =
          "Folder that NVRTC, cuBLAS and cuSOLVER of CUDA 12 or 13 are taken from, such as a "
              + "toolkit's or pip's site-packages/nvidia. Default: LD_LIBRARY_PATH, CUDA_HOME and "
              + "its like, environments of Python, and the usual places.")
  private @Nullable Path folder;

  /**
   * Options with this one.
   *
   * @throws InvalidProblemException if there is no such folder
   */
  BackendOptions applyTo(BackendOptions options) {
    if (folder == null) {
      return options;
    }
    if (!Files.isDirectory(folder)) {
      throw new InvalidProblemException(
          "cuda-libraries", folder, "name a folder that exists and holds libcublas.so.12 or .13");
    }
    return options.withCudaLibraries(folder.toAbsolutePath().normalize());
  }

  /** The folder that was given. */
  @Nullable Path folder() {
    return folder;
  }
}
