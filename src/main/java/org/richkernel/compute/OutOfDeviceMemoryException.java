package org.richkernel.compute;

import java.util.Locale;

/** Memory that a computation needs cannot be had: what was asked, what is free, what to lower. */
public final class OutOfDeviceMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long askedBytes;
  private final long freeBytes;

  /** What the memory is for, bytes asked and free, and what to lower. */
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

  /** Bytes asked for. */
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
