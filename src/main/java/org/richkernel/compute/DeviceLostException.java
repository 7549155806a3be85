package org.richkernel.compute;

/**
 * The accelerator failed in a way from which this process cannot recover: a kernel faulted, the
 * device fell off the bus, or its memory is damaged. The content of the backend is lost; a solve
 * can resume from its last checkpoint in a new process.
 */
public final class DeviceLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An exception for an operation and the message of the device. */
  public DeviceLostException(String doing, String reason) {
    super(
        "the device was lost while "
            + doing
            + ": "
            + reason
            + "; start the command again, with --resume where there is a checkpoint");
  }
}
