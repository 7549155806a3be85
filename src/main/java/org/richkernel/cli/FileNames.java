package org.richkernel.cli;

import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;

/**
 * Names of files with letters that the locale of the process does not have. Batch jobs often start
 * in the locale C, where Java can neither read such arguments nor find files in such a folder.
 */
final class FileNames {
  /** The end of a message about a file whose name the locale may have spoilt. */
  static final String MEND =
      "; the names of files here hold letters that the locale of this process cannot name: set"
          + " LC_ALL=C.UTF-8";

  private static final char REPLACEMENT = '\ufffd';
  private static final int LAST_ASCII = 127;

  private FileNames() {}

  /** Whether a message, or the folder of the process, holds a name that the locale cannot name. */
  static boolean mayBeLost(String message) {
    return mayBeLost(
        message, System.getProperty("user.dir", ""), System.getProperty("sun.jnu.encoding", ""));
  }

  /**
   * The same in any process.
   *
   * @param folder in which the process runs
   * @param encoding of the names of files, by the locale
   */
  static boolean mayBeLost(String message, String folder, String encoding) {
    return !isUnicode(encoding) && (isBeyondAscii(message) || isBeyondAscii(folder));
  }

  private static boolean isUnicode(String encoding) {
    try {
      CharsetEncoder encoder = Charset.forName(encoding).newEncoder();
      // Latin-1 has umlauts and no ideographs
      return encoder.canEncode('\u00df') && encoder.canEncode('\u4e2d');
    } catch (IllegalCharsetNameException
        | UnsupportedCharsetException
        | UnsupportedOperationException e) {
      return true;
    }
  }

  private static boolean isBeyondAscii(String text) {
    return text.indexOf(REPLACEMENT) >= 0 || text.chars().anyMatch(c -> c > LAST_ASCII);
  }
}
