package org.richkernel.compute;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Resources that are closed together, the last first. One that cannot be closed does not keep the
 * others open.
 */
public final class OwnedResources implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** Takes a resource over; returns it. */
  public <T extends AutoCloseable> T own(T resource) {
    open.push(resource);
    return resource;
  }

  /**
   * Closes everything after something failed.
   *
   * @return the failure, with those of closing attached to it
   */
  public <T extends Throwable> T closedAfter(T failure) {
    try {
      close();
    } catch (RuntimeException second) {
      failure.addSuppressed(second);
    }
    return failure;
  }

  /**
   * Closes everything.
   *
   * @throws RuntimeException the first failure, with later ones attached to it
   */
  @Override
  public void close() {
    RuntimeException failure = null;
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        RuntimeException own =
            e instanceof RuntimeException known
                ? known
                : new IllegalStateException("closing what was opened", e);
        if (failure == null) {
          failure = own;
        } else {
          failure.addSuppressed(own);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
