package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Precision;

/**
 * Every module of kernels goes through a real NVRTC, without a device: for each architecture that
 * it knows, as machine code and as PTX. Run by the profile "nvrtc", which fetches the library; the
 * property richkernel.nvrtc names its folder.
 */
@Tag("nvrtc")
class NvrtcModulesTest {
  /** Double-precision atomics and warp primitives as the kernels use them begin with this. */
  private static final int OLDEST_ARCHITECTURE = 70;

  private static final Pattern PTX_ENTRY = Pattern.compile("\\.visible \\.entry (\\w+)");
  private static final Pattern CUBIN_ENTRY = Pattern.compile("\\.text\\.(\\w+)\0");

  @Test
  void everyModuleCompilesForEveryArchitectureWithTheSameEntries() throws Exception {
    Path folder = Path.of(System.getProperty("richkernel.nvrtc"));
    CudaToolkit toolkit =
        CudaToolkit.choose(LibraryFolders.given(folder), false, Integer.MAX_VALUE);
    CudaLibrary.Status status = CudaLibrary.NVRTC.load(toolkit);
    assertThat(status.loaded()).as(status.finding()).isTrue();
    int[] known =
        Arrays.stream(KernelCompiler.architectures())
            .filter(a -> a >= OLDEST_ARCHITECTURE)
            .toArray();
    assertThat(known).contains(80, 90);
    List<String> rows = new ArrayList<>();
    for (int architecture : known) {
      rows.add(row(architecture));
    }
    record(status.version(), rows);
  }

  /** Every source with the symbols by which launches ask for its kernels, where they exist. */
  private static Map<String, Set<String>> sources() {
    Map<String, Set<String>> sources = new TreeMap<>();
    sources.put(ProbeKernel.SOURCE, Set.of(ProbeKernel.SYMBOL));
    for (Kernel kernel : Kernel.values()) {
      Set<String> symbols = sources.computeIfAbsent(kernel.source(), source -> new TreeSet<>());
      for (Precision precision : Precision.values()) {
        symbols.add(kernel.symbol(precision));
      }
    }
    return sources;
  }

  /** Compiles all sources for an architecture; a row of the record. */
  private static String row(int architecture) {
    KernelCompiler compiler = new KernelCompiler(architecture);
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    double total = 0;
    double longest = 0;
    long bytes = 0;
    int count = 0;
    for (Map.Entry<String, Set<String>> source : sources().entrySet()) {
      KernelSources sources = KernelSources.of(source.getKey());
      long start = clock.getCurrentThreadCpuTime();
      byte[] cubin = compiler.compile(sources, KernelCompiler.Target.CUBIN);
      double seconds = (clock.getCurrentThreadCpuTime() - start) / 1e9;
      total += seconds;
      longest = Math.max(longest, seconds);
      bytes += cubin.length;
      Set<String> entries =
          entries(PTX_ENTRY, compiler.compile(sources, KernelCompiler.Target.PTX));
      assertThat(entries(CUBIN_ENTRY, cubin))
          .as("entries of %s for sm_%d", source.getKey(), architecture)
          .isEqualTo(entries)
          .isNotEmpty();
      assertThat(source.getValue()).as("launches of %s", source.getKey()).containsAll(entries);
      count += entries.size();
    }
    return String.format(
        Locale.ROOT,
        "| sm_%d | %d | %.1f s | %.2f s | %d kB |",
        architecture,
        count,
        total,
        longest,
        Math.round(bytes / 1e3));
  }

  private static Set<String> entries(Pattern entry, byte[] code) {
    return entry
        .matcher(new String(code, StandardCharsets.ISO_8859_1))
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void record(String version, List<String> rows) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(
        "| NVRTC " + version + " | entry points | all sources | slowest source | machine code |");
    lines.add("| --- | ---: | ---: | ---: | ---: |");
    lines.addAll(rows);
    Files.write(Path.of("target", "nvrtc-" + version + ".md"), lines);
    lines.forEach(System.out::println);
  }
}
