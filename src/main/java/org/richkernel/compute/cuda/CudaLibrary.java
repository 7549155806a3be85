package org.richkernel.compute.cuda;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.PrivateFolder;

/**
 * The four libraries of CUDA that the backend calls, each reached through natives of JCuda. Every
 * one is loaded once per process, and a failure is kept with its cause and its mend.
 */
enum CudaLibrary {
  DRIVER("CUDA driver", "libcuda.so.", "1", "JCudaDriver", "jcuda.driver.JCudaDriver"),
  NVRTC("NVRTC", "libnvrtc.so.", "12", "JNvrtc", "jcuda.nvrtc.JNvrtc"),
  CUBLAS("cuBLAS", "libcublas.so.", "12", "JCublas2", "jcuda.jcublas.JCublas2"),
  CUSOLVER("cuSOLVER", "libcusolver.so.", "11", "JCusolver", "jcuda.jcusolver.JCusolverDn");

  private static final String JCUDA_PLATFORM = "-12.6.0-linux-x86_64";
  private static final Map<CudaLibrary, Status> TRIED = new EnumMap<>(CudaLibrary.class);

  private final String title;
  private final String stem;
  private final String major;
  private final String nativeName;
  private final String bindingClass;

  CudaLibrary(String title, String stem, String major, String nativeName, String bindingClass) {
    this.title = title;
    this.stem = stem;
    this.major = major;
    this.nativeName = nativeName;
    this.bindingClass = bindingClass;
  }

  /**
   * Whether a library can be called.
   *
   * @param loaded whether it was loaded
   * @param finding what was looked for, where, and what was found
   * @param mend what to do about it; empty where it was loaded
   */
  record Status(boolean loaded, String finding, String mend) {}

  String title() {
    return title;
  }

  /** The file that the dynamic loader looks for, "libcublas.so.12". */
  String soname() {
    return stem + major;
  }

  /** Loads the library unless that was tried before. */
  Status load() {
    synchronized (TRIED) {
      Status status = TRIED.get(this);
      if (status == null) {
        status = tryToLoad();
        TRIED.put(this, status);
      }
      return status;
    }
  }

  private Status tryToLoad() {
    if (!"Linux".equals(System.getProperty("os.name"))
        || !"amd64".equals(System.getProperty("os.arch"))) {
      return new Status(
          false,
          title
              + ": this is "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch"),
          "CUDA is supported on Linux x86-64 only");
    }
    try {
      initialize(PrivateFolder.ofThisUser("cuda"));
      return new Status(true, title + ": " + soname() + " loaded", "");
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      return diagnose(String.valueOf(e.getMessage()));
    } catch (IOException | ClassNotFoundException e) {
      return new Status(
          false,
          title + ": JCuda's natives could not be prepared (" + e + ")",
          "set RICHKERNEL_CACHE to a folder that can be written");
    }
  }

  /**
   * Loads JCuda's class with its native part coming from the private cache. JCuda takes a file of a
   * fixed name from java.io.tmpdir if one is there; ours is put there whole, and the property is
   * set for the time of the loading only.
   */
  private void initialize(PrivateFolder cache) throws IOException, ClassNotFoundException {
    String file = "lib" + nativeName + JCUDA_PLATFORM + ".so";
    extract(file, cache);
    String temporary = System.getProperty("java.io.tmpdir");
    System.setProperty("java.io.tmpdir", cache.folder().toString());
    try {
      Class.forName(bindingClass, true, CudaLibrary.class.getClassLoader());
    } finally {
      System.setProperty("java.io.tmpdir", temporary);
    }
  }

  private void extract(String file, PrivateFolder cache) throws IOException {
    try (InputStream resource = CudaLibrary.class.getResourceAsStream("/lib/" + file)) {
      if (resource == null) {
        throw new IOException("no resource /lib/" + file + " on the class path");
      }
      byte[] content = resource.readAllBytes();
      Path target = cache.file(file);
      if (!Files.exists(target) || Files.size(target) != content.length) {
        cache.write(file, content);
      }
    }
  }

  /** The cause behind the dynamic loader's words. */
  private Status diagnose(String words) {
    List<Path> folders = loaderFolders();
    String looked = title + ": " + soname() + " was looked for in " + places(folders);
    if (words.contains(soname() + ": cannot open shared object file")) {
      Optional<Path> other = otherMajor(folders);
      if (other.isPresent()) {
        return new Status(
            false,
            looked + "; found " + other.get() + ", which is another major version of CUDA",
            "install the runtime libraries of CUDA 12 beside it, or add the folder of "
                + soname()
                + " to LD_LIBRARY_PATH");
      }
      return new Status(false, looked + "; not found", mendWhenMissing());
    }
    return new Status(
        false,
        looked + "; the loader said: " + loaderLine(words),
        "check with 'ldd' that the library and what it needs can be loaded");
  }

  private String mendWhenMissing() {
    return this == DRIVER
        ? "install the NVIDIA driver, whose library this is; in a container, start it with GPU"
            + " access (--gpus all, or the site's --nv)"
        : "install the runtime libraries of CUDA 12, or add their folder to LD_LIBRARY_PATH";
  }

  private static String loaderLine(String words) {
    return words
        .lines()
        .filter(line -> line.contains(".so"))
        .map(String::strip)
        .reduce((first, last) -> last)
        .orElse(words.lines().findFirst().orElse("nothing"));
  }

  private Optional<Path> otherMajor(List<Path> folders) {
    for (Path folder : folders) {
      String[] names = folder.toFile().list((parent, name) -> name.startsWith(stem));
      if (names != null && names.length > 0) {
        java.util.Arrays.sort(names);
        return Optional.of(folder.resolve(names[0]));
      }
    }
    return Optional.empty();
  }

  private static String places(List<Path> folders) {
    String path = System.getenv("LD_LIBRARY_PATH");
    String named = path == null || path.isBlank() ? "LD_LIBRARY_PATH (unset)" : path;
    return named + " and " + (folders.size() > 1 ? "the system's folders" : "the loader's cache");
  }

  /** Where the dynamic loader and the usual installations keep libraries. */
  private static List<Path> loaderFolders() {
    List<Path> folders = new ArrayList<>();
    String path = System.getenv("LD_LIBRARY_PATH");
    if (path != null) {
      for (String entry : path.split(File.pathSeparator, -1)) {
        if (!entry.isBlank()) {
          folders.add(Path.of(entry));
        }
      }
    }
    for (String usual :
        List.of(
            "/usr/local/cuda/lib64",
            "/usr/local/cuda/targets/x86_64-linux/lib",
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib64",
            "/usr/lib/wsl/lib",
            "/usr/local/nvidia/lib64")) {
      folders.add(Path.of(usual));
    }
    return folders.stream().filter(Files::isDirectory).toList();
  }
}
