package org.richkernel.result;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of richkernel, as its build wrote it down. */
public final class Version {
  private static final String RESOURCE = "version.properties";
  private static final String VERSION = read();

  private Version() {}

  /** The version, for example "0.1.0". */
  public static String get() {
    return VERSION;
  }

  private static String read() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + RESOURCE + " is missing from the jar");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("the resource " + RESOURCE + " cannot be read", e);
    }
    return properties.getProperty("version");
  }
}
