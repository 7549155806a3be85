package org.richkernel.result;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The right to write to a result folder, which one run at a time has. The lock is that of the
 * operating system on a file of the folder, so it ends with the process, however that ends; the
 * file names process and host for those who come second.
 */
public final class FolderLock implements AutoCloseable {
  private static final String NAME = ".lock";

  /** Folders that runs of this process write to. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path key;
  private final FileChannel channel;
  private final FileLock lock;

  private FolderLock(Path key, FileChannel channel, FileLock lock) {
    this.key = key;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Takes the lock of a folder that exists.
   *
   * @return empty where the file system has no locks
   * @throws UncheckedIOException if another run has it
   */
  public static Optional<FolderLock> of(Path folder) {
    Path key = realPath(folder);
    // not left to the system: to close the file anywhere in a process gives up the process's lock
    if (!HELD.add(key)) {
      throw taken(folder, process());
    }
    FolderLock lock = null;
    try {
      lock = lockedBySystem(folder, key);
      return Optional.ofNullable(lock);
    } finally {
      if (lock == null) {
        HELD.remove(key);
      }
    }
  }

  private static @Nullable FolderLock lockedBySystem(Path folder, Path key) {
    Path file = folder.resolve(NAME);
    FileChannel channel = open(file);
    if (channel == null) {
      return null;
    }
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        write(channel, process() + "\n");
        return new FolderLock(key, channel, lock);
      }
    } catch (IOException e) {
      close(channel);
      return null;
    }
    close(channel);
    throw taken(folder, owner(file));
  }

  private static UncheckedIOException taken(Path folder, String owner) {
    return new UncheckedIOException(
        folder
            + " is being written by process "
            + owner
            + "; wait for it, or name another folder with --out",
        new IOException("locked"));
  }

  private static Path realPath(Path folder) {
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      return folder.toAbsolutePath();
    }
  }

  private static String process() {
    return ProcessHandle.current().pid() + " on " + Provenance.localHost();
  }

  private static void write(FileChannel channel, String text) throws IOException {
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
  }

  private static @Nullable FileChannel open(Path file) {
    try {
      return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      return null;
    }
  }

  private static String owner(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives the folder back. The file stays, empty: one that is removed could be locked by two. */
  @Override
  public void close() {
    try (channel) {
      write(channel, "");
      lock.release();
    } catch (IOException e) {
      throw new UncheckedIOException("the lock of a result folder cannot be given back", e);
    } finally {
      HELD.remove(key);
    }
  }
}
