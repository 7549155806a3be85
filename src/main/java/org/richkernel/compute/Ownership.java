package org.richkernel.compute;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Which thread a backend serves: the one that allocated its first open matrix, until the last is
 * closed. A solve holds its matrices from start to end, so two solves at once on one backend meet
 * at the first allocation of the second, however their operations interleave. Solves one after the
 * other may run on different threads; all that the first did is visible to the second.
 */
public final class Ownership {
  private final AtomicReference<Thread> owner = new AtomicReference<>();
  private final String backend;

  /**
   * Of a backend that serves no thread yet.
   *
   * @param backend name of the backend, for messages
   */
  public Ownership(String backend) {
    this.backend = backend;
  }

  /**
   * Checks that no other thread is served; to be called by every operation.
   *
   * @throws IllegalStateException if another thread has matrices open
   */
  public void check() {
    Thread at = owner.get();
    if (at != null && at != Thread.currentThread()) {
      takeFromEnded(at);
    }
  }

  /**
   * Makes the calling thread the one that is served; to be called by every allocation.
   *
   * @throws IllegalStateException if another thread has matrices open
   */
  public void claim() {
    Thread at = owner.get();
    if (at == Thread.currentThread()) {
      return;
    }
    if (at != null) {
      takeFromEnded(at);
    } else if (!owner.compareAndSet(null, Thread.currentThread())) {
      throw refusal(owner.get());
    }
  }

  /**
   * Ends the service if no matrix is open; called after a matrix was closed or its allocation
   * failed.
   */
  public void releaseUnlessOpen(int openMatrices) {
    if (openMatrices == 0) {
      owner.set(null);
    }
  }

  /**
   * Passes the service from a waiting thread to another one by agreement; without effect if no
   * thread is served.
   *
   * @throws IllegalStateException if a third thread is served
   */
  public void handOver(Thread from, Thread to) {
    Thread at = owner.get();
    if (at != null && !(at == from && owner.compareAndSet(from, to))) {
      throw refusal(at);
    }
  }

  /** Passes the open matrices of a thread that has ended to the calling thread. */
  private void takeFromEnded(Thread at) {
    if (at.isAlive() || !owner.compareAndSet(at, Thread.currentThread())) {
      throw refusal(at);
    }
  }

  private IllegalStateException refusal(Thread at) {
    return new IllegalStateException(
        "the "
            + backend
            + " backend is in use by thread "
            + (at == null ? "of another solve" : at.getName())
            + " and cannot serve thread "
            + Thread.currentThread().getName()
            + " at the same time; open a backend for each thread, with Backends.open, or wait until"
            + " the other is done");
  }
}
