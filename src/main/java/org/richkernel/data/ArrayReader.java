package org.richkernel.data;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Reads one array from a file of any kind that is known: .npy, .npz, text (.csv, .tsv, .txt), or
 * IDX, gzipped or not (an .npz is packed already).
 *
 * <p>The kind is told by the first bytes, and only text by its name. Sizes claimed by a header are
 * compared with the file's size before memory is allocated.
 */
public final class ArrayReader {
  private ArrayReader() {}

  /**
   * Reads an array.
   *
   * @param file a file name; {@code file.npz:name} names an array of several
   * @throws InvalidDataException if the file is missing, empty, damaged or of no known kind, or
   *     holds a value that is not finite
   */
  public static Table read(String file) {
    Path path = path(file);
    int colon = file.toLowerCase(Locale.ROOT).lastIndexOf(".npz:");
    if (colon >= 0 && !Files.exists(path)) {
      int end = colon + ".npz".length();
      Path whole = Path.of(file.substring(0, end));
      String array = file.substring(end + 1);
      try (NpzArchive archive = NpzArchive.open(whole);
          ByteSource source = ByteSource.open(whole)) {
        return archive.read(array).requireFinite().of(source.dataFile(array));
      }
    }
    return read(path);
  }

  /**
   * Reads the array of a file, which holds just one.
   *
   * @throws InvalidDataException as {@link #read(String)} does
   */
  public static Table read(Path file) {
    try (ByteSource source = ByteSource.open(file)) {
      return read(file, source).of(source.dataFile(""));
    }
  }

  private static Table read(Path file, ByteSource source) {
    byte[] head = source.peek(8);
    if (NpyFormat.recognizes(head)) {
      return NpyFormat.read(source).requireFinite();
    }
    if (IdxFormat.recognizes(head)) {
      return IdxFormat.read(source).requireFinite();
    }
    Conversions.of(source.name(), source.peek(128)).ifPresent(known -> refuse(source, known));
    if (isZip(head)) {
      try (NpzArchive archive = NpzArchive.open(file)) {
        return archive.readOnly().requireFinite();
      }
    }
    if (CsvFormat.recognizes(source.name())) {
      return CsvFormat.read(source);
    }
    throw new InvalidDataException(
        source.name(),
        "it is neither .npy, .npz, IDX nor named .csv (it begins with the bytes "
            + HexFormat.ofDelimiter(" ").formatHex(head)
            + ")",
        "save it as one of these");
  }

  private static void refuse(ByteSource source, Conversions known) {
    throw new InvalidDataException(
        source.name(), "it is " + known.what() + ", which is not read", known.mend(source.name()));
  }

  private static Path path(String file) {
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw new InvalidDataException(
          file.replace('\0', '?'), "this is no file name (" + e.getReason() + ")", "check it", e);
    }
  }

  private static boolean isZip(byte[] head) {
    return head.length >= 4
        && head[0] == 'P'
        && head[1] == 'K'
        && ((head[2] == 3 && head[3] == 4) || (head[2] == 5 && head[3] == 6));
  }
}
