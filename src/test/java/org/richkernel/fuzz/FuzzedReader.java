package org.richkernel.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.data.InvalidDataException;
import org.richkernel.network.InvalidProblemException;

/**
 * A reader that is watched: of any bytes it may read or refuse a file, with a declared exception in
 * one line and within a bound of memory; and what a checksum covers it reads unchanged or not at
 * all.
 */
final class FuzzedReader {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final FuzzTarget target;
  private final Path folder;
  private final List<byte[]> corpus;

  /** Makes the sound files in an empty folder. */
  FuzzedReader(FuzzTarget target, Path folder) throws IOException {
    this.target = target;
    this.folder = folder;
    corpus = target.prepare(folder);
  }

  /** Sound files. */
  List<byte[]> corpus() {
    return corpus;
  }

  /**
   * Reads a file of any bytes.
   *
   * @return whether it was refused
   */
  boolean refuses(byte[] content) {
    return read(content).isEmpty();
  }

  /** Reads a file that differs from the first of the corpus in a few bytes: a damaged one. */
  boolean refusesDamaged(byte[] content) {
    Optional<Object> read = read(content);
    if (read.isEmpty() || Arrays.equals(content, corpus.get(0))) {
      return read.isEmpty();
    }
    if (target.isPart() || !read.equals(read(corpus.get(0)))) {
      throw new AssertionError("a damaged file was taken");
    }
    return false;
  }

  private Optional<Object> read(byte[] content) {
    Path file = target.file(folder);
    // in place: a file that is emptied to be written again is flushed to the disk, for 0.4 ms
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(content);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.truncate(content.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long before = THREADS.getCurrentThreadAllocatedBytes();
    Optional<Object> read = read();
    long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    if (bytes > target.mostBytes()) {
      // once more, as the first time may have loaded classes
      before = THREADS.getCurrentThreadAllocatedBytes();
      read = read();
      bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    if (bytes > target.mostBytes()) {
      throw new AssertionError("allocated " + bytes + " bytes");
    }
    return read;
  }

  private Optional<Object> read() {
    try {
      return Optional.of(target.read(folder));
    } catch (InvalidDataException | InvalidProblemException | OutOfDeviceMemoryException e) {
      if (String.valueOf(e.getMessage()).indexOf('\n') >= 0) {
        throw new AssertionError("more than a line", e);
      }
      return Optional.empty();
    } catch (RuntimeException | Error e) {
      throw new AssertionError("an exception that is not declared", e);
    }
  }
}
