package org.richkernel.compute.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The text of one module as the compiler gets it.
 *
 * @param module which
 * @param program includes of the module's sources, one line each
 * @param names names of all files, headers and sources, as they are included
 * @param texts their contents
 */
record KernelSources(KernelModule module, String program, List<String> names, List<String> texts) {
  private static final String ROOT = "/kernels-cu/";

  KernelSources {
    names = List.copyOf(names);
    texts = List.copyOf(texts);
  }

  /** Reads a module from the class path. */
  static KernelSources of(KernelModule module) {
    List<String> names = new ArrayList<>(module.includes());
    names.addAll(module.sources());
    StringBuilder program = new StringBuilder();
    for (String source : module.sources()) {
      program.append("#include \"").append(source).append("\"\n");
    }
    return new KernelSources(
        module, program.toString(), names, names.stream().map(KernelSources::read).toList());
  }

  private static String read(String name) {
    try (InputStream resource = KernelSources.class.getResourceAsStream(ROOT + name)) {
      if (resource == null) {
        throw new IllegalStateException("the kernel source " + ROOT + name + " is not packaged");
      }
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading the kernel source " + ROOT + name, e);
    }
  }

  /** SHA-256 over names and contents. */
  String digest() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(program.getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < names.size(); i++) {
        digest.update((byte) 0);
        digest.update(names.get(i).getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        digest.update(texts.get(i).getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
