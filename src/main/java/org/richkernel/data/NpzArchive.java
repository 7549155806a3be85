package org.richkernel.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The arrays of an .npz file, read one at a time.
 *
 * <p>Values are returned unchanged, NaN included, so that a diverged result can be drawn; inputs
 * are read with {@link ArrayReader}, which refuses NaN.
 */
public final class NpzArchive implements AutoCloseable {
  private static final String SUFFIX = ".npy";

  private final Path file;
  private final long fileSize;
  private final ZipFile zip;
  private final List<String> names;

  private NpzArchive(Path file, long fileSize, ZipFile zip) {
    this.file = file;
    this.fileSize = fileSize;
    this.zip = zip;
    this.names =
        zip.stream()
            .map(ZipEntry::getName)
            .filter(name -> name.endsWith(SUFFIX))
            .map(name -> name.substring(0, name.length() - SUFFIX.length()))
            .toList();
  }

  /**
   * Opens an archive and reads its table of contents.
   *
   * @throws InvalidDataException if the file is missing, unreadable, empty or no zip archive
   */
  public static NpzArchive open(Path file) {
    // reports a missing, empty or unreadable file
    ByteSource.open(file).close();
    try {
      return new NpzArchive(file, Files.size(file), new ZipFile(file.toFile()));
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidDataException(
          file.toString(),
          "it is no readable .npz archive (" + e.getMessage() + ")",
          "copy the file again, or write it again with numpy.savez",
          e);
    }
  }

  /** The names of the arrays, in the order of the file. */
  public List<String> names() {
    return names;
  }

  /**
   * One array.
   *
   * @throws InvalidDataException if there is none of that name, or it is damaged
   */
  public Table read(String name) {
    ZipEntry entry = zip.getEntry(name + SUFFIX);
    if (entry == null) {
      throw new InvalidDataException(
          file.toString(), "it holds no array '" + name + "'", "it holds " + names);
    }
    String source = file + ":" + name;
    long packed = entry.getCompressedSize();
    if (packed > fileSize || entry.getSize() / ByteSource.DEFLATE_RATIO > packed) {
      throw new InvalidDataException(
          source,
          "it claims " + entry.getSize() + " bytes packed in " + packed + ", which cannot be",
          "the file is damaged: write it again");
    }
    CRC32 checksum = new CRC32();
    try (ByteSource bytes =
        new ByteSource(
            source,
            new BufferedInputStream(
                new CheckedInputStream(zip.getInputStream(entry), checksum), 1 << 16),
            entry.getSize(),
            true)) {
      Table table = NpyFormat.read(bytes);
      if (checksum.getValue() != entry.getCrc()) {
        throw new InvalidDataException(
            source, "its checksum is wrong", "the file is damaged: copy or write it again");
      }
      return table;
    } catch (IOException e) {
      throw ByteSource.unreadable(source, e);
    }
  }

  /** The only array of the archive. */
  Table readOnly() {
    if (names.size() == 1) {
      return read(names.get(0));
    }
    throw new InvalidDataException(
        file.toString(),
        names.isEmpty() ? "it holds no arrays" : "it holds the arrays " + names,
        names.isEmpty()
            ? "write it again with numpy.savez"
            : "name one, as in " + file + ":" + names.get(0));
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw ByteSource.unreadable(file.toString(), e);
    }
  }
}
