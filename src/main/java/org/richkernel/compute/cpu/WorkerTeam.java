package org.richkernel.compute.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed team of threads that runs one task at a time; the caller is its first worker. Idle
 * workers spin for some microseconds, because the next operation usually follows at once, and then
 * park. The caller does not wait for workers that wake up after all pieces are taken.
 */
final class WorkerTeam implements AutoCloseable {
  private static final int SPINS = 2000;
  private static final long NAP_NANOS = 20_000;
  private static final long OPEN = 1L << 16;
  private static final long ACTIVE = OPEN - 1;
  private static final long ROUND = 1L << 32;

  private final Worker[] workers;
  private final Member[] members;
  // round number (high half), whether workers may still join (bit 16), workers inside (low bits)
  private final AtomicLong state = new AtomicLong();
  private final AtomicInteger next = new AtomicInteger();
  private volatile boolean stopped;
  private Task task;
  private int pieces;
  private volatile Throwable failure;

  WorkerTeam(int threads) {
    workers = new Worker[threads];
    members = new Member[threads - 1];
    for (int i = 0; i < threads; i++) {
      workers[i] = new Worker(i);
    }
    for (int i = 0; i < members.length; i++) {
      members[i] = new Member(workers[i + 1]);
      members[i].start();
    }
  }

  int threads() {
    return workers.length;
  }

  /** The worker whose thread is the caller. */
  Worker caller() {
    return workers[0];
  }

  /** Identifiers of the threads of this team, the caller's not included. */
  long[] threadIds() {
    long[] ids = new long[members.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = members[i].getId();
    }
    return ids;
  }

  /** Runs all pieces and returns when they are done; a failure of any piece is thrown here. */
  void run(Task work) {
    int count = work.pieces();
    if (count == 1 || members.length == 0) {
      for (int piece = 0; piece < count; piece++) {
        work.run(piece, workers[0]);
      }
      return;
    }
    if (count <= 0) {
      return;
    }
    task = work;
    pieces = count;
    failure = null;
    next.set(0);
    long round = (state.get() & -ROUND) + ROUND;
    state.set(round | OPEN);
    int helpers = Math.min(members.length, count - 1);
    for (int i = 0; i < helpers; i++) {
      members[i].wake();
    }
    takePieces(workers[0]);
    awaitOthers();
    Throwable thrown = failure;
    if (thrown instanceof RuntimeException e) {
      throw e;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
  }

  private void takePieces(Worker worker) {
    try {
      for (int piece = next.getAndIncrement(); piece < pieces; piece = next.getAndIncrement()) {
        task.run(piece, worker);
      }
    } catch (RuntimeException | Error e) {
      failure = e;
      next.set(pieces);
    }
  }

  /** Closes the round for further workers and waits for those inside. */
  private void awaitOthers() {
    long s = state.get();
    while (!state.compareAndSet(s, s & ~OPEN)) {
      s = state.get();
    }
    int spins = 0;
    while ((state.get() & ACTIVE) != 0) {
      if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, NAP_NANOS);
      }
    }
  }

  @Override
  public void close() {
    stopped = true;
    for (Member member : members) {
      member.wake();
    }
  }

  /** A thread that joins rounds until the team is closed. */
  private final class Member extends Thread {
    private final Worker worker;
    private volatile boolean parked;

    Member(Worker worker) {
      super("richkernel-cpu-" + worker.index);
      this.worker = worker;
      setDaemon(true);
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(this);
      }
    }

    @Override
    public void run() {
      long seen = 0;
      while (!stopped) {
        seen = awaitRound(seen);
        if (stopped) {
          return;
        }
        if (enter(seen)) {
          takePieces(worker);
          state.decrementAndGet();
        }
      }
    }

    /** Waits for a round later than the one seen, and returns its number. */
    private long awaitRound(long seen) {
      int spins = 0;
      while (!stopped) {
        long round = state.get() & -ROUND;
        if (round != seen) {
          return round;
        }
        if (++spins < SPINS) {
          Thread.onSpinWait();
        } else {
          parked = true;
          if ((state.get() & -ROUND) == seen && !stopped) {
            LockSupport.park(this);
          }
          parked = false;
        }
      }
      return seen;
    }

    /** Enters the round if it is still open. */
    private boolean enter(long round) {
      long s = state.get();
      while ((s & -ROUND) == round && (s & OPEN) != 0) {
        if (state.compareAndSet(s, s + 1)) {
          return true;
        }
        s = state.get();
      }
      return false;
    }
  }
}
