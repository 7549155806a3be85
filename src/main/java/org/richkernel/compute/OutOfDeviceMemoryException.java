package org.richkernel.compute;

import java.util.Locale;

/**
 * A computation needs more memory than is free; the message gives the requested and free bytes and
 * the option to lower.
 */
public final class OutOfDeviceMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long askedBytes;
  private final long freeBytes;

  /**
   * An exception for a purpose of memory, with requested and free bytes and the option to lower.
   */
  public OutOfDeviceMemoryException(String purpose, long askedBytes, long freeBytes, String mend) {
    super(
        purpose
            + " needs "
            + megabytes(askedBytes)
            + " but "
            + megabytes(freeBytes)
            + " are free; "
            + mend);
    this.askedBytes = askedBytes;
    this.freeBytes = freeBytes;
  }

  /** Requested bytes. */
  public long askedBytes() {
    return askedBytes;
  }

  /** Bytes that were free. */
  public long freeBytes() {
    return freeBytes;
  }

  private static String megabytes(long bytes) {
    return bytes < 50_000 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
