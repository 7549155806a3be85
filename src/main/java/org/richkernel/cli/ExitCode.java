package org.richkernel.cli;

/** Exit codes of the program. */
final class ExitCode {
  /** Done, and converged. */
  static final int DONE = 0;

  /** Bad usage or bad input. */
  static final int USAGE = 2;

  /** Finished without convergence; the results are written. */
  static final int NOT_CONVERGED = 3;

  /** The backend cannot be used, or memory would not suffice. */
  static final int NO_BACKEND = 4;

  /** A defect of the program (EX_SOFTWARE of sysexits.h). */
  static final int DEFECT = 70;

  /** A file could not be written or read back (EX_IOERR). */
  static final int IO = 74;

  /**
   * Stopped by a signal, or by the loss of another rank; the same command with --resume continues
   * (EX_TEMPFAIL).
   */
  static final int STOPPED = 75;

  private ExitCode() {}
}
