package org.richkernel.compute.cpu;

/**
 * Work shared by a team: independent pieces. The pieces depend on the shapes alone, so results do
 * not depend on the schedule.
 */
interface Task {
  /** Number of pieces. */
  int pieces();

  /** Does one piece. */
  void run(int piece, Worker worker);
}
