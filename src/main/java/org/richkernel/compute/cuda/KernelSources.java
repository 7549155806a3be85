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
import java.util.regex.Pattern;

/**
 * The text of one module as the compiler gets it: a source and the headers that it includes.
 *
 * @param names names of all files as they are included, the source first
 * @param texts their contents
 */
record KernelSources(List<String> names, List<String> texts) {
  private static final String ROOT = "/kernels-cu/";
  private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"(.*)\"$");

  KernelSources {
    names = List.copyOf(names);
    texts = List.copyOf(texts);
  }

  /** Reads a source and its headers from the class path. */
  static KernelSources of(String source) {
    String text = read(source);
    List<String> names = new ArrayList<>(List.of(source));
    INCLUDE.matcher(text).results().forEach(found -> names.add(found.group(1)));
    return new KernelSources(names, names.stream().map(KernelSources::read).toList());
  }

  /** The program: one line that includes the source. */
  String program() {
    return "#include \"" + names.get(0) + "\"\n";
  }

  /**
   * The source's name without characters that are invalid in file names: "gram-mirror_triangle".
   */
  String name() {
    return names.get(0).replace('/', '-').replaceFirst("\\.cu$", "");
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
