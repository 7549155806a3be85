package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.PrivateFolder;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

/** Compiling kernels, keeping them on disk, and what the driver may refuse. */
@OnEmulatedDevice
class KernelLoadingTest {
  private static final int NO_BINARY_FOR_GPU = 209;

  @TempDir Path folder;

  private PrivateFolder cache() throws IOException {
    return PrivateFolder.open(Map.of("RICHKERNEL_CACHE", folder.toString()), "/", "test", "cuda");
  }

  private CudaBackend open() throws IOException {
    return CudaBackend.open(
        CudaProbe.requireDevices(BackendOptions.defaults()), BackendOptions.defaults(), cache());
  }

  private List<Path> compiled(String pattern) throws IOException {
    try (Stream<Path> files = Files.list(cache().folder())) {
      return files.filter(f -> f.getFileName().toString().matches(pattern)).sorted().toList();
    }
  }

  private static void fill(CudaBackend backend) {
    try (Matrix x = backend.allocate(Precision.FLOAT32, 3, 5, "x")) {
      backend.fillUniform(1, 2, 3, x);
      assertThat(backend.sum(x)).isPositive();
    }
  }

  @Test
  void modulesAreCompiledOnceAndKept() throws IOException {
    try (CudaBackend backend = open()) {
      fill(backend);
    }
    List<Path> kept =
        compiled("sampling-fill_uniform-[0-9a-f]{32}-sm_80-nvrtc12\\.6-emulated\\.cubin");
    assertThat(kept).hasSize(1);
    FileTime written = Files.getLastModifiedTime(kept.get(0));
    // a compilation in the second run would fail
    EmulatedDevice.fail("nvrtcCompileProgram", 1, 6);
    try (CudaBackend backend = open()) {
      fill(backend);
    }
    assertThat(Files.getLastModifiedTime(kept.get(0))).isEqualTo(written);
  }

  @Test
  void damagedCacheIsCompiledAgain() throws IOException {
    try (CudaBackend backend = open()) {
      fill(backend);
    }
    Path kept = compiled("sampling-fill_uniform-.*\\.cubin").get(0);
    Files.writeString(kept, "not a kernel");
    try (CudaBackend backend = open()) {
      fill(backend);
    }
    assertThat(Files.size(kept)).isGreaterThan(100);
  }

  @Test
  void ptxServesWhereTheDriverRefusesMachineCode() throws IOException {
    EmulatedDevice.fail("cuModuleLoadData", 1, NO_BINARY_FOR_GPU);
    try (CudaBackend backend = open()) {
      fill(backend);
    }
    assertThat(compiled("probe-probe-.*-compute_80-nvrtc12\\.6-emulated\\.ptx")).hasSize(1);
    assertThat(compiled("probe-probe-.*\\.cubin")).isEmpty();
  }

  @Test
  void ptxOfTheNewestArchitectureServesDevicesThatNvrtcDoesNotKnow() {
    CudaProbe.requireDevices(BackendOptions.defaults());
    KernelCompiler known = new KernelCompiler(80);
    assertThat(known.targets())
        .containsExactly(KernelCompiler.Target.CUBIN, KernelCompiler.Target.PTX);
    assertThat(known.architecture(KernelCompiler.Target.CUBIN)).isEqualTo("sm_80");
    // a later minor version of a major one that is known runs its machine code
    KernelCompiler later = new KernelCompiler(85);
    assertThat(later.targets())
        .containsExactly(KernelCompiler.Target.CUBIN, KernelCompiler.Target.PTX);
    assertThat(later.architecture(KernelCompiler.Target.CUBIN)).isEqualTo("sm_80");
    KernelCompiler unknown = new KernelCompiler(103);
    assertThat(unknown.targets()).containsExactly(KernelCompiler.Target.PTX);
    assertThat(unknown.architecture(KernelCompiler.Target.PTX)).isEqualTo("compute_90");
    assertThatThrownBy(() -> new KernelCompiler(20))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("compute capability 2.0");
  }

  @Test
  void refusalOfEveryFormNamesTheModule() throws IOException {
    EmulatedDevice.fail("cuModuleLoadData", 1, NO_BINARY_FOR_GPU);
    EmulatedDevice.fail("cuModuleLoadData", 2, NO_BINARY_FOR_GPU);
    assertThatThrownBy(this::open)
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("CUDA_ERROR_NO_BINARY_FOR_GPU")
        .hasMessageContaining("loading probe-probe-");
    assertThat(EmulatedDevice.counter("contexts")).isZero();
  }

  @Test
  void sourceThatDoesNotCompileShowsTheCompilersLog() {
    CudaProbe.requireDevices(BackendOptions.defaults());
    KernelSources broken =
        new KernelSources(
            List.of("probe/probe.cu"),
            List.of("extern \"C\" __global__ void rk_broken(int* p) { undefined_thing(p); }\n"));
    assertThatThrownBy(() -> new KernelCompiler(80).compile(broken, KernelCompiler.Target.CUBIN))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("compiling the kernels probe-probe for sm_80")
        .hasMessageContaining("NVRTC 12.6 says:")
        .hasMessageContaining("undefined_thing");
  }

  @Test
  void everyKernelIsInItsModule() throws IOException {
    try (CudaBackend backend = open()) {
      KernelLoader loader = new KernelLoader(backend.session(), new KernelCompiler(80), cache());
      for (Kernel kernel : Kernel.values()) {
        jcuda.driver.CUmodule loaded = loader.load(kernel.source());
        assertThat(hasSymbol(loaded, kernel)).as(kernel.name()).isTrue();
        jcuda.driver.JCudaDriver.cuModuleUnload(loaded);
      }
    }
  }

  /** A module is compiled when a kernel of it is first launched: start-up waits for no other. */
  @Test
  void onlyWhatIsUsedIsCompiled() throws IOException {
    try (CudaBackend backend = open()) {
      assertThat(compiled(".*\\.cubin")).hasSize(1);
      fill(backend);
    }
    assertThat(compiled(".*\\.cubin"))
        .extracting(file -> file.getFileName().toString().split("-[0-9a-f]{32}", -1)[0])
        .containsExactly("elementwise-reduce", "probe-probe", "sampling-fill_uniform");
  }

  private static boolean hasSymbol(jcuda.driver.CUmodule module, Kernel kernel) {
    boolean found = false;
    for (Precision precision : Precision.values()) {
      found |=
          jcuda.driver.JCudaDriver.cuModuleGetFunction(
                  new jcuda.driver.CUfunction(), module, kernel.symbol(precision))
              == jcuda.driver.CUresult.CUDA_SUCCESS;
    }
    return found;
  }

  @Test
  void changedSourceHasAnotherDigest() {
    KernelSources sources = KernelSources.of(Kernel.KICK_ROTATE.source());
    List<String> texts = new java.util.ArrayList<>(sources.texts());
    texts.set(1, texts.get(1) + "\n");
    KernelSources changed = new KernelSources(sources.names(), texts);
    assertThat(changed.digest()).isNotEqualTo(sources.digest());
    assertThat(sources.digest()).isEqualTo(KernelSources.of(Kernel.KICK_ROTATE.source()).digest());
  }
}
