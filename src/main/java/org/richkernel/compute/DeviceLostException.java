package org.richkernel.compute;

/**
 * The accelerator failed in a way from which this process cannot recover: a kernel faulted, the
 * device fell off the bus, or its memory is damaged. What the backend held is gone; a solve goes on
 * from its last checkpoint in a new process.
 */
public final class DeviceLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What was being done, and the device's own words for the failure. */
  public DeviceLostException(String doing, String reason) {
    super(
        "the device was lost while "
            + doing
            + ": "
            + reason
            + "; start the command again, with --resume where there is a checkpoint");
  }
}
