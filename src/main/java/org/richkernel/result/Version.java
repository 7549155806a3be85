package org.richkernel.result;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/** The version of richkernel and the commit that it was built from, as its build wrote it down. */
public final class Version {
  private static final String RESOURCE = "version.properties";
  private static final String VERSION = read();

  /** A commit; outside of a checkout the build writes another text. */
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}(-dirty)?");

  private Version() {}

  /** The version, for example "0.1.0". */
  public static String get() {
    return VERSION;
  }

  /**
   * The commit, with "-dirty" where files differed from it; empty if it was built outside of a
   * checkout.
   */
  static Optional<String> commit() {
    try (InputStream in = Version.class.getResourceAsStream("commit")) {
      return Optional.ofNullable(
              in == null ? null : new String(in.readAllBytes(), US_ASCII).strip())
          .filter(text -> COMMIT.matcher(text).matches());
    } catch (IOException e) {
      throw new UncheckedIOException("the resource commit cannot be read", e);
    }
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
