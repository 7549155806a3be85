package org.richkernel.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Text in UTF-8, plain, gzipped, or all files of a .zip archive one after the other. A file of a
 * single line of any length is read in small parts.
 */
public final class WordReader {
  private static final int BUFFER = 1 << 16;
  private static final int LONGEST_WORD = 1000;

  private WordReader() {}

  /** Receives a text. */
  public interface Receiver {
    /** The next word between blanks. */
    void word(String word);

    /** The end of a line. */
    void endLine();
  }

  /**
   * Reads a text word by word.
   *
   * @throws InvalidDataException if the file is missing, unreadable, empty or damaged
   */
  public static DataFile words(Path file, Receiver receiver) {
    return read(file, in -> words(in, receiver));
  }

  private static void words(InputStream in, Receiver receiver) throws IOException {
    InputStreamReader reader = new InputStreamReader(in, StandardCharsets.UTF_8);
    char[] buffer = new char[BUFFER];
    StringBuilder word = new StringBuilder();
    for (int count = reader.read(buffer); count >= 0; count = reader.read(buffer)) {
      for (int i = 0; i < count; i++) {
        char c = buffer[i];
        if (c > ' ') {
          if (word.length() < LONGEST_WORD) {
            word.append(c);
          }
          continue;
        }
        end(word, receiver);
        if (c == '\n') {
          receiver.endLine();
        }
      }
    }
    end(word, receiver);
  }

  private static void end(StringBuilder word, Receiver receiver) {
    if (word.length() > 0) {
      receiver.word(word.toString());
      word.setLength(0);
    }
  }

  /** Receives the lines of a file. */
  @FunctionalInterface
  public interface Lines {
    /** A line by its words; the number counts from 1. */
    void line(int number, List<String> words);
  }

  /**
   * Reads a short text line by line; lines without words are passed over.
   *
   * @throws InvalidDataException as for {@link #words}
   */
  public static DataFile lines(Path file, Lines receiver) {
    return read(
        file,
        in -> {
          BufferedReader reader =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
          int number = 0;
          for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            number++;
            if (!line.isBlank()) {
              receiver.line(number, List.of(line.strip().split("\\s+")));
            }
          }
        });
  }

  /** Reads from a stream. */
  private interface Content {
    void read(InputStream in) throws IOException;
  }

  private static DataFile read(Path file, Content content) {
    if (Files.isDirectory(file)) {
      throw new InvalidDataException(
          file.toString(), "this is a directory", "name a text file, .gz or .zip");
    }
    try (ByteSource source = ByteSource.open(file)) {
      byte[] head = source.peek(4);
      if (head.length == 4 && head[0] == 'P' && head[1] == 'K' && head[2] == 3 && head[3] == 4) {
        unzip(source, content);
      } else {
        content.read(source.stream());
      }
      return source.dataFile("");
    } catch (IOException e) {
      throw ByteSource.unreadable(file.toString(), e);
    }
  }

  private static void unzip(ByteSource source, Content content) throws IOException {
    ZipInputStream zip = new ZipInputStream(source.stream());
    List<String> entries = new ArrayList<>();
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      if (!entry.isDirectory()) {
        entries.add(entry.getName());
        content.read(zip);
      }
    }
    if (entries.isEmpty()) {
      throw new InvalidDataException(
          source.name(), "the archive holds no file", "add a text to it");
    }
  }
}
