package org.richkernel.data;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads one array from a file of any kind that is known: .npy, .npz, HDF5, text (.csv, .tsv, .txt),
 * or IDX, gzipped or not (an .npz is packed already).
 *
 * <p>The kind is told by the first bytes, and only text by its name. Sizes claimed by a header are
 * compared with the file's size before memory is allocated.
 */
public final class ArrayReader {
  /** An array of a file that may hold several. */
  private static final Pattern PART = Pattern.compile("(?i)(.+\\.(?:npz|h5|hdf5)):(.+)");

  private ArrayReader() {}

  /**
   * Reads an array.
   *
   * @param file a file name; {@code file.npz:name} and {@code file.h5:/path} name one array of
   *     several
   * @throws InvalidDataException if the file is missing, empty, damaged or of no known kind, or
   *     holds a value that is not finite
   */
  public static Table read(String file) {
    Path path = path(file);
    Matcher part = PART.matcher(file);
    if (!part.matches() || Files.exists(path)) {
      return read(path);
    }
    Path whole = Path.of(part.group(1));
    String array = part.group(2);
    try (ByteSource source = ByteSource.open(whole)) {
      return readPart(whole, array, source).requireFinite().of(source.dataFile(array));
    }
  }

  /** The file alone of a name such as {@code file.npz:name} or {@code file.h5:/path}. */
  public static String withoutPart(String file) {
    Matcher part = PART.matcher(file);
    return part.matches() ? part.group(1) : file;
  }

  /**
   * Looks whether there is a file.
   *
   * @param file a file name as {@link #read(String)} takes it
   * @throws InvalidDataException if it is missing or empty
   */
  static void requireFile(String file) {
    Path path = path(file);
    ByteSource.open(Files.exists(path) ? path : path(withoutPart(file))).close();
  }

  private static Table readPart(Path whole, String array, ByteSource source) {
    if (Hdf5Format.recognizes(source.peek(8))) {
      return Hdf5Format.read(whole, array);
    }
    try (NpzArchive archive = NpzArchive.open(whole)) {
      return archive.read(array);
    }
  }

  /**
   * Labels that are words: the lines of a text file, or an array of strings.
   *
   * @param file a file name as {@link #read(String)} takes it
   * @return empty where the file holds something else, or is not there
   */
  static Optional<Table> readWords(String file) {
    Matcher part = PART.matcher(file);
    boolean named = part.matches() && !Files.exists(path(file));
    Path whole = named ? Path.of(part.group(1)) : path(file);
    if (!Files.isRegularFile(whole)) {
      return Optional.empty(); // said by who reads numbers
    }
    String array = named ? part.group(2) : "";
    try (ByteSource source = ByteSource.open(whole)) {
      return words(whole, array, source)
          .map(words -> Labelled.words(file, words).of(source.dataFile(array)));
    }
  }

  private static Optional<List<String>> words(Path whole, String array, ByteSource source) {
    byte[] head = source.peek(8);
    if (Hdf5Format.recognizes(head)) {
      return Hdf5Format.words(whole, array);
    }
    if (NpyFormat.recognizes(head)) {
      return NpyFormat.words(source);
    }
    return CsvFormat.recognizes(source.name()) ? CsvFormat.words(source) : Optional.empty();
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
    if (Hdf5Format.recognizes(head) && !source.name().toLowerCase(Locale.ROOT).endsWith(".mat")) {
      return Hdf5Format.read(file, "").requireFinite();
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
        "it is neither .npy, .npz, HDF5, IDX nor named .csv (it begins with the bytes "
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
