package org.richkernel.cluster;

/**
 * The ranks of this process by attempt of their stage. Those of one attempt run side by side; the
 * next attempt waits for them, as they may hold the folder and the devices until they see that they
 * were replaced.
 */
final class Attempts {
  private String current = "";
  private int running;

  /** Waits until no rank of another attempt runs, and counts one of this. */
  synchronized void enter(String attempt) throws InterruptedException {
    while (running > 0 && !current.equals(attempt)) {
      wait();
    }
    current = attempt;
    running++;
  }

  /** Counts one less. */
  synchronized void leave() {
    running--;
    notifyAll();
  }
}
