package org.richkernel.report;

import java.nio.charset.StandardCharsets;

/** Text inside a link (RFC 2397), for downloads that need neither a server nor a script. */
final class DataUrl {
  /** Characters that are not escaped; a colon is escaped, so that the page contains no address. */
  private static final String PLAIN =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!*',;=/+$@";

  private DataUrl() {}

  /** A link to text of a media type, encoded as UTF-8. */
  static String of(String mediaType, String text) {
    StringBuilder url = new StringBuilder("data:").append(mediaType).append(',');
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (PLAIN.indexOf(c) >= 0) {
        url.append(c);
      } else {
        url.append('%').append(Character.forDigit(b >> 4 & 15, 16));
        url.append(Character.forDigit(b & 15, 16));
      }
    }
    return url.toString();
  }
}
