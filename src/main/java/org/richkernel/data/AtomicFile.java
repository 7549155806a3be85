package org.richkernel.data;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that appears whole or not at all.
 *
 * <p>Bytes go to a temporary name in the target's directory; {@link #commit} forces them to the
 * disk, moves the file over the target in one step and forces the directory. Closing without a
 * commit removes the temporary file (only a killed process leaves a hidden .tmp file), so use it as
 *
 * <pre>{@code
 * try (AtomicFile file = AtomicFile.create(path)) {
 *   file.stream().write(bytes);
 *   file.commit();
 * }
 * }</pre>
 */
public final class AtomicFile implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final Path target;
  private final Path temporary;
  private final FileOutputStream file;
  private final OutputStream stream;
  private boolean open = true;

  private AtomicFile(Path target, Path temporary, FileOutputStream file) {
    this.target = target;
    this.temporary = temporary;
    this.file = file;
    this.stream = new BufferedOutputStream(file, BUFFER);
  }

  /**
   * Begins a file; the target does not change before the commit.
   *
   * @throws UncheckedIOException if nothing can be written in the target's directory
   */
  public static AtomicFile create(Path target) {
    Path absolute = target.toAbsolutePath();
    Path name = absolute.getFileName();
    if (name == null || Files.isDirectory(absolute)) {
      throw failure(target, new IOException("this is a directory"));
    }
    Path temporary = absolute.resolveSibling("." + name + "." + UUID.randomUUID() + ".tmp");
    try {
      // created by itself, because FileOutputStream would follow a link that lies there
      Files.createFile(temporary);
      return new AtomicFile(absolute, temporary, new FileOutputStream(temporary.toFile()));
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /**
   * Writes a whole file at once.
   *
   * @throws UncheckedIOException if it cannot be written; nothing is left behind then
   */
  public static void write(Path target, byte[] content) {
    try (AtomicFile file = create(target)) {
      file.stream().write(content);
      file.commit();
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /**
   * Writes a whole file at once unless there is one of that name; of several processes that try at
   * the same time one succeeds. A file system without hard links cannot keep that promise: there
   * the last one wins.
   *
   * @return whether this call made the file
   * @throws UncheckedIOException if it cannot be written; nothing is left behind then
   */
  public static boolean writeNew(Path target, byte[] content) {
    if (Files.exists(target)) {
      return false;
    }
    try (AtomicFile file = create(target)) {
      file.stream().write(content);
      file.finish();
      try {
        Files.createLink(file.target, file.temporary);
      } catch (FileAlreadyExistsException e) {
        return false;
      } catch (UnsupportedOperationException | FileSystemException e) {
        file.move();
      }
      return true;
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /** Where the bytes go; buffered, and closed by this object. */
  public OutputStream stream() {
    return stream;
  }

  /**
   * Makes the file appear under its name, durably.
   *
   * @throws UncheckedIOException if that fails; the target is then either the former or the new
   *     file, never a part of one
   * @throws IllegalStateException after a commit or a close
   */
  public void commit() {
    if (!open) {
      throw new IllegalStateException(target + " is committed or closed already");
    }
    try {
      finish();
      move();
      try (FileChannel directory = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
        directory.force(true);
      }
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /** Forces the bytes to the disk and ends the writing. */
  private void finish() throws IOException {
    stream.flush();
    file.getFD().sync();
    file.close();
  }

  private void move() throws IOException {
    Files.move(
        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    open = false;
  }

  /** Removes the temporary file, unless it was committed. */
  @Override
  public void close() {
    if (!open) {
      return;
    }
    open = false;
    try {
      try {
        file.close();
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  static UncheckedIOException failure(Path target, IOException e) {
    // the messages of file system exceptions are often just the name again
    String reason =
        e.getMessage() == null || e.getMessage().equals(target.toString())
            ? e.getClass().getSimpleName()
            : e.getClass().getSimpleName() + ": " + e.getMessage();
    return new UncheckedIOException(
        target + ": it cannot be written (" + reason + "); check the directory and the free space",
        e);
  }
}
