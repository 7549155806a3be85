package org.richkernel.result;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.richkernel.data.Uninterrupted;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.SolverState;

/** Solver states in the checkpoint folder of a result, at most once per interval. */
public final class DirectoryCheckpoints implements CheckpointStore {
  private static final String SINGLE = "single.";

  /** States of at least as many bytes are cleared away before the next one is made. */
  private static final long LARGE = 32L << 20;

  private final CheckpointDirectory directory;
  private final boolean resume;
  private final long intervalNanos;
  private final Consumer<String> notice;
  private long last = System.nanoTime();
  private long nanos;
  private long lastBytes;

  /**
   * @param resume whether {@link #load()} looks for a state; without it every run starts afresh
   * @param intervalSeconds least time between two periodic checkpoints
   * @param notice receives one line if there are checkpoints to resume from, but all are damaged
   */
  public DirectoryCheckpoints(
      CheckpointDirectory directory,
      boolean resume,
      double intervalSeconds,
      Consumer<String> notice) {
    this.directory = directory;
    this.resume = resume;
    this.intervalNanos = (long) (intervalSeconds * 1e9);
    this.notice = notice;
  }

  @Override
  public boolean due() {
    boolean due = System.nanoTime() - last >= intervalNanos;
    if (due && lastBytes >= LARGE) {
      // G1 lets the large arrays of old states pile up towards its limit, a quarter of the
      // machine's memory; a batch job may have no more than its plan says.
      System.gc();
    }
    return due;
  }

  @Override
  public double seconds() {
    return nanos * 1e-9;
  }

  @Override
  public void save(long iteration, SolverState solver) {
    long start = System.nanoTime();
    ArrayBundle arrays = ArrayBundle.empty();
    lastBytes = 0;
    for (Map.Entry<String, double[]> entry : solver.allDoubles().entrySet()) {
      lastBytes += (long) Double.BYTES * entry.getValue().length;
      arrays = arrays.with(entry.getKey(), entry.getValue(), entry.getValue().length);
    }
    for (Map.Entry<String, float[]> entry : solver.allFloats().entrySet()) {
      lastBytes += (long) Float.BYTES * entry.getValue().length;
      arrays = arrays.with(SINGLE + entry.getKey(), entry.getValue(), entry.getValue().length);
    }
    ArrayBundle state = arrays;
    Uninterrupted.run(() -> directory.save(iteration, new LinkedHashMap<>(), state));
    last = System.nanoTime();
    nanos += last - start;
  }

  @Override
  public Optional<SolverState> load() {
    if (!resume) {
      return Optional.empty();
    }
    long start = System.nanoTime();
    Optional<SolverState> latest =
        Uninterrupted.run(directory::latest).map(DirectoryCheckpoints::state);
    if (latest.isEmpty() && directory.holdsSnapshots()) {
      notice.accept(
          directory.path()
              + ": every checkpoint in it is damaged and cannot be read back; the run starts"
              + " afresh");
    }
    nanos += System.nanoTime() - start;
    return latest;
  }

  private static SolverState state(Snapshot snapshot) {
    SolverState state = new SolverState();
    for (String name : snapshot.arrays().keySet()) {
      double[] values = snapshot.arrays().get(name).values();
      if (name.startsWith(SINGLE)) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
          floats[i] = (float) values[i];
        }
        state.put(name.substring(SINGLE.length()), floats);
      } else {
        state.put(name, values);
      }
    }
    return state;
  }
}
