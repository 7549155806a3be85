package org.richkernel.compute;

/**
 * Work that a backend does over and over in the same way: the same operations on the same matrices
 * with the same numbers. See {@link Backend#routine}.
 */
public interface Routine extends AutoCloseable {
  /** Does the work. */
  void run();

  /** Forgets it; the matrices that it works on may be closed then. */
  @Override
  void close();

  /** A routine that issues its operations one by one. */
  static Routine of(Runnable work) {
    return new Routine() {
      @Override
      public void run() {
        work.run();
      }

      @Override
      public void close() {
        // nothing was kept
      }
    };
  }
}
