package org.richkernel.compute.cpu;

/**
 * Work that a team shares: pieces that do not depend on each other. What the pieces are follows
 * from the shapes, not from who runs them, so results do not depend on the schedule.
 */
interface Task {
  /** Number of pieces. */
  int pieces();

  /** Does one piece. */
  void run(int piece, Worker worker);
}
