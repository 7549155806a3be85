package org.richkernel.compute.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The folders of the search for libraries of CUDA, in order: only the one given by the user, if
 * any; otherwise those of LD_LIBRARY_PATH, of the variables that modules set, of Python
 * environments, of toolkits, and of the system.
 *
 * @param folders existing ones
 * @param words description of the search, for messages
 */
record LibraryFolders(List<Path> folders, String words) {
  /** Variables that name a toolkit, as modules and installers set them. */
  private static final List<String> TOOLKIT_VARIABLES =
      List.of(
          "CUDA_HOME",
          "CUDA_PATH",
          "CUDA_ROOT",
          "CUDATOOLKIT_HOME",
          "EBROOTCUDA",
          "NVHPC_CUDA_HOME");

  /** Variables that name an environment of Python. */
  private static final List<String> PYTHON_VARIABLES = List.of("VIRTUAL_ENV", "CONDA_PREFIX");

  LibraryFolders {
    folders = List.copyOf(folders);
  }

  /** The folder that the user gave, with the folders that packages and toolkits have within one. */
  static LibraryFolders given(Path folder) {
    Collection<Path> found = new LinkedHashSet<>();
    found.add(folder);
    addToolkit(found, folder);
    addPythonPackages(found, folder);
    return new LibraryFolders(existing(found), folder.toString());
  }

  /**
   * The folders of this machine.
   *
   * @param environment variables with their values
   * @param root of the file system, "/" but in tests
   */
  static LibraryFolders ofMachine(Map<String, String> environment, Path root) {
    Collection<Path> found = new LinkedHashSet<>();
    String searched = environment.getOrDefault("LD_LIBRARY_PATH", "");
    for (String entry : searched.split(File.pathSeparator, -1)) {
      if (!entry.isBlank()) {
        found.add(Path.of(entry));
      }
    }
    for (String variable : TOOLKIT_VARIABLES) {
      value(environment, variable).ifPresent(home -> addToolkit(found, home));
    }
    for (String variable : PYTHON_VARIABLES) {
      value(environment, variable).ifPresent(home -> addPython(found, home));
    }
    value(environment, "HOME").ifPresent(home -> addPython(found, home.resolve(".local")));
    addSystem(found, root);
    return new LibraryFolders(
        existing(found),
        searchPath(environment) + ", the usual folders of toolkits and packages, and the system's");
  }

  /** The dynamic loader's own search path, for messages. */
  static String searchPath(Map<String, String> environment) {
    String searched = environment.getOrDefault("LD_LIBRARY_PATH", "");
    return searched.isBlank() ? "LD_LIBRARY_PATH (unset)" : searched;
  }

  private static Optional<Path> value(Map<String, String> environment, String variable) {
    String value = environment.get(variable);
    return value == null || value.isBlank() ? Optional.empty() : Optional.of(Path.of(value));
  }

  private static void addToolkit(Collection<Path> found, Path home) {
    found.add(home.resolve("lib64"));
    found.add(home.resolve("targets/x86_64-linux/lib"));
    found.add(home.resolve("lib"));
  }

  /** An environment of Python, of conda or not. */
  private static void addPython(Collection<Path> found, Path home) {
    found.add(home.resolve("lib"));
    for (Path python : matching(home.resolve("lib"), "python3*")) {
      for (Path packages : matching(python, "{site,dist}-packages")) {
        addPythonPackages(found, packages.resolve("nvidia"));
      }
    }
  }

  /** Packages of pip: nvidia/cu13/lib holds all of CUDA 13, nvidia/cublas/lib one of CUDA 12. */
  private static void addPythonPackages(Collection<Path> found, Path nvidia) {
    for (Path component : matching(nvidia, "*")) {
      found.add(component.resolve("lib"));
    }
  }

  private static void addSystem(Collection<Path> found, Path root) {
    addToolkit(found, root.resolve("usr/local/cuda"));
    for (Path toolkit : matching(root.resolve("usr/local"), "cuda-1[2-9]*")) {
      addToolkit(found, toolkit);
    }
    for (String usual :
        List.of(
            "usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib/wsl/lib", "usr/local/nvidia/lib64")) {
      found.add(root.resolve(usual));
    }
    for (Path list : matching(root.resolve("etc/ld.so.conf.d"), "*.conf")) {
      lines(list).stream()
          .filter(line -> line.startsWith("/"))
          .forEach(line -> found.add(root.resolve(line.strip().substring(1))));
    }
    addPython(found, root.resolve("usr/local"));
    addPython(found, root.resolve("usr"));
  }

  /** A folder that cannot be listed counts as empty. */
  private static List<Path> matching(Path folder, String pattern) {
    List<Path> matches = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
        entries.forEach(matches::add);
      } catch (IOException e) {
        return List.of();
      }
    }
    matches.sort(null);
    return matches;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return List.of();
    }
  }

  private static List<Path> existing(Collection<Path> candidates) {
    return candidates.stream().map(Path::toAbsolutePath).filter(Files::isDirectory).toList();
  }

  /** The first file of a name. */
  Optional<Path> find(String name) {
    return folders.stream().map(folder -> folder.resolve(name)).filter(Files::exists).findFirst();
  }

  /** The folders of pip's other packages, where a folder belongs to one: nvidia/cublas/lib. */
  static List<Path> packagesBeside(Path folder) {
    Path packages = folder.resolve("../..").normalize();
    List<Path> beside = new ArrayList<>();
    if (packages.endsWith("nvidia")) {
      addPythonPackages(beside, packages);
    }
    return beside;
  }

  /** The first file of a pattern: the shortest name, which is the one that others ask for. */
  static Optional<Path> first(List<Path> folders, String pattern) {
    return folders.stream()
        .flatMap(folder -> matching(folder, pattern).stream())
        .min(Comparator.comparingInt(file -> file.getFileName().toString().length()));
  }
}
