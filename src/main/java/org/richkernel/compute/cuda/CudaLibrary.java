package org.richkernel.compute.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import jcuda.jcublas.JCublas2;
import jcuda.jcusolver.JCusolver;
import jcuda.nvrtc.JNvrtc;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.PrivateFolder;

/**
 * The libraries of CUDA that the backend calls, each reached through natives of JCuda. Every one is
 * loaded once per process; a failure is kept with its cause and advice.
 */
enum CudaLibrary {
  DRIVER("CUDA driver", List.of("libcuda.so.1"), "JCudaDriver", "jcuda.driver.JCudaDriver"),
  NVRTC("NVRTC", List.of("libnvrtc.so.12"), "JNvrtc", "jcuda.nvrtc.JNvrtc"),
  CUBLAS("cuBLAS", List.of("libcublas.so.12"), "JCublas2", "jcuda.jcublas.JCublas2"),
  CUSOLVER(
      "cuSOLVER",
      List.of("libcusolver.so.11", "libcusolverMg.so.11"),
      "JCusolver",
      "jcuda.jcusolver.JCusolverDn");

  /** Those that come with a toolkit, all of one major version; the driver has its own. */
  static final List<CudaLibrary> OF_TOOLKITS = List.of(NVRTC, CUBLAS, CUSOLVER);

  /** Major version of CUDA that JCuda's natives were linked with. */
  private static final int JCUDA_MAJOR = 12;

  /** The dynamic loader's words for a file that is not there. */
  private static final String NOT_FOUND = "cannot open shared object file";

  private static final String JCUDA_PLATFORM = "-12.6.0-linux-x86_64";
  private static final Map<CudaLibrary, Status> TRIED = new EnumMap<>(CudaLibrary.class);

  private final String title;

  /** Libraries that JCuda's native needs, the library itself first. */
  private final List<String> linked;

  private final String nativeName;
  private final String bindingClass;

  CudaLibrary(String title, List<String> linked, String nativeName, String bindingClass) {
    this.title = title;
    this.linked = linked;
    this.nativeName = nativeName;
    this.bindingClass = bindingClass;
  }

  /**
   * Whether a library can be called.
   *
   * @param loaded whether it was loaded
   * @param version its own version, "12.6.4"; empty if not loaded or unknown
   * @param finding searched names and folders, and the result
   * @param mend advice; empty if it was loaded
   */
  record Status(boolean loaded, String version, String finding, String mend) {
    private static Status failure(String finding, String mend) {
      return new Status(false, "", finding, mend);
    }
  }

  String title() {
    return title;
  }

  /** Name of the library's file in a major version of CUDA: "libcublas.so.12". */
  String soname(int major) {
    return of(major, linked.get(0));
  }

  /** The name in another major version of CUDA of a file that JCuda's natives ask for. */
  private static String of(int major, String name) {
    int dot = name.lastIndexOf('.') + 1;
    return name.substring(0, dot) + (Integer.parseInt(name.substring(dot)) + major - JCUDA_MAJOR);
  }

  /** Patterns of the files that the library needs of its toolkit, those first that others need. */
  List<String> companions(int major) {
    return switch (this) {
      case DRIVER -> List.of();
      case NVRTC -> List.of("libnvrtc-builtins.so." + major + ".*");
      case CUBLAS -> List.of("libcublasLt.so." + major);
      // cuSPARSE has one name in CUDA 12 and 13
      case CUSOLVER ->
          List.of("libnvJitLink.so." + major, "libcusparse.so.12", of(major, linked.get(1)));
    };
  }

  /** The driver, unless that was tried before. */
  static Status loadDriver() {
    return DRIVER.loadOnce(null);
  }

  /** Loads the library of a toolkit unless that was tried before. */
  Status load(CudaToolkit toolkit) {
    return loadOnce(toolkit);
  }

  /** Versions of the loaded libraries; "driver" gives the CUDA version that it supports. */
  static Map<String, String> versions(CudaDevice device) {
    Map<String, String> versions = new TreeMap<>();
    versions.put("driver", CudaDevice.text(device.driverVersion()));
    synchronized (TRIED) {
      TRIED.forEach(
          (library, status) -> {
            if (!status.version().isEmpty()) {
              versions.put(library.name().toLowerCase(Locale.ROOT), status.version());
            }
          });
    }
    return versions;
  }

  private Status loadOnce(@Nullable CudaToolkit toolkit) {
    synchronized (TRIED) {
      Status status = TRIED.get(this);
      if (status == null) {
        status = tryToLoad(toolkit);
        TRIED.put(this, status);
      }
      return status;
    }
  }

  private Status tryToLoad(@Nullable CudaToolkit toolkit) {
    if (!"Linux".equals(System.getProperty("os.name"))
        || !"amd64".equals(System.getProperty("os.arch"))) {
      return Status.failure(
          title
              + ": this is "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch"),
          "CUDA is supported on Linux x86-64 only");
    }
    String soname = toolkit == null ? linked.get(0) : soname(toolkit.major());
    try {
      if (toolkit != null) {
        loadFiles(toolkit);
      }
      loadBinding(toolkit == null ? JCUDA_MAJOR : toolkit.major());
      String version = version();
      return new Status(
          true,
          version,
          title
              + ": "
              + soname
              + (version.isEmpty() ? "" : ", version " + version + ",")
              + " loaded from "
              + loadedFrom(),
          "");
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      return diagnose(soname, toolkit, String.valueOf(e.getMessage()));
    } catch (IOException | ClassNotFoundException e) {
      return Status.failure(
          title + ": JCuda's natives could not be prepared (" + e + ")",
          "set RICHKERNEL_CACHE to a folder that can be written and has room");
    }
  }

  /**
   * Loads the library from the folder of the search. The dynamic loader takes a library that is
   * loaded for the one of the same name that JCuda's native asks for.
   */
  private void loadFiles(CudaToolkit toolkit) {
    Optional<Path> file = toolkit.file(this);
    if (file.isEmpty()) {
      if (!toolkit.loaderMaySearch()) {
        throw new UnsatisfiedLinkError(soname(toolkit.major()) + ": " + NOT_FOUND);
      }
      return;
    }
    for (Path companion : toolkit.companions(this)) {
      System.load(companion.toString());
    }
    System.load(file.get().toString());
  }

  /**
   * Loads JCuda's class with its native part coming from the private cache. JCuda takes a file of a
   * fixed name from java.io.tmpdir if one is there; ours is put there whole, and the property is
   * set for the time of the loading only.
   */
  private void loadBinding(int major) throws IOException, ClassNotFoundException {
    PrivateFolder cache = PrivateFolder.ofThisUser("jcuda-for-" + major);
    extract("lib" + nativeName + JCUDA_PLATFORM + ".so", major, cache);
    String temporary = System.getProperty("java.io.tmpdir");
    System.setProperty("java.io.tmpdir", cache.folder().toString());
    try {
      Class.forName(bindingClass, true, CudaLibrary.class.getClassLoader());
    } finally {
      System.setProperty("java.io.tmpdir", temporary);
    }
  }

  /** Puts the native into the cache, unless the very same one lies there. */
  private void extract(String file, int major, PrivateFolder cache) throws IOException {
    try (InputStream resource = CudaLibrary.class.getResourceAsStream("/lib/" + file)) {
      if (resource == null) {
        throw new IOException("no resource /lib/" + file + " on the class path");
      }
      byte[] content = retargeted(resource.readAllBytes(), major);
      Path target = cache.file(file);
      if (!Files.exists(target) || !Arrays.equals(Files.readAllBytes(target), content)) {
        cache.write(file, content);
      }
    }
  }

  private byte[] retargeted(byte[] content, int major) {
    if (this == DRIVER || major == JCUDA_MAJOR) {
      return content;
    }
    Map<String, String> names = new LinkedHashMap<>();
    for (String name : linked) {
      names.put(name, of(major, name));
    }
    return NativeRetargeting.retarget(content, names);
  }

  /** The library's own version; empty where it does not tell. */
  private String version() {
    int[] parts = new int[3];
    boolean told =
        switch (this) {
          case DRIVER -> false;
          case NVRTC -> {
            int[] minor = new int[1];
            boolean answered = JNvrtc.nvrtcVersion(parts, minor) == 0;
            parts[1] = minor[0];
            yield answered;
          }
          case CUBLAS -> properties(JCublas2::cublasGetProperty, parts);
          case CUSOLVER -> properties(JCusolver::cusolverGetProperty, parts);
        };
    if (!told) {
      return "";
    }
    return parts[0] + "." + parts[1] + (this == NVRTC ? "" : "." + parts[2]);
  }

  /** A call that answers one number of a library's version: 0 major, 1 minor, 2 patch. */
  private interface Property {
    int get(int which, int[] value);
  }

  private static boolean properties(Property property, int[] parts) {
    for (int which = 0; which < parts.length; which++) {
      int[] value = new int[1];
      if (property.get(which, value) != 0) {
        return false;
      }
      parts[which] = value[0];
    }
    return true;
  }

  /** The file that is mapped into this process, as the kernel names it. */
  private String loadedFrom() throws IOException {
    String stem = "/" + linked.get(0).substring(0, linked.get(0).lastIndexOf('.') + 1);
    return Files.readString(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)
        .lines()
        .filter(line -> line.contains(stem))
        .map(line -> line.substring(line.indexOf('/')))
        .findFirst()
        .orElse("a place that is not known");
  }

  /** The cause behind the dynamic loader's words. */
  private Status diagnose(String soname, @Nullable CudaToolkit toolkit, String words) {
    String places =
        toolkit == null
            ? LibraryFolders.searchPath(System.getenv()) + " and the system's folders"
            : toolkit.words();
    String looked = title + ": " + soname + " was looked for in " + places;
    if (words.contains(soname + ": " + NOT_FOUND)) {
      return Status.failure(looked + "; not found", mendWhenMissing(toolkit));
    }
    return Status.failure(
        looked + "; the loader said: " + loaderLine(words),
        "check with 'ldd' that the library and what it needs can be loaded");
  }

  private static String mendWhenMissing(@Nullable CudaToolkit toolkit) {
    return toolkit == null
        ? "install the NVIDIA driver, whose library this is; in a container, start it with GPU"
            + " access (--gpus all, or the site's --nv)"
        : "install the runtime libraries of CUDA "
            + toolkit.major()
            + ", or name their folder with --cuda-libraries";
  }

  private static String loaderLine(String words) {
    return words
        .lines()
        .filter(line -> line.contains(".so"))
        .map(String::strip)
        .reduce((first, last) -> last)
        .orElse(words.lines().findFirst().orElse("nothing"));
  }
}
