package org.richkernel.solver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.group.RankGroup;

/**
 * Checkpoints of ranks with equal states: rank 0 keeps them, and all ranks resume from the state
 * that it finds. The other ranks read no store, which might show them an older state.
 */
final class FirstRankCheckpoints implements CheckpointStore {
  private final RankGroup ranks;
  private final CheckpointStore store;

  /**
   * @param store of this rank; only that of rank 0 is used
   */
  FirstRankCheckpoints(RankGroup ranks, CheckpointStore store) {
    this.ranks = ranks;
    this.store = ranks.rank() == 0 ? store : CheckpointStore.none();
  }

  @Override
  public boolean due() {
    return store.due();
  }

  @Override
  public boolean keepsEnd() {
    return store.keepsEnd();
  }

  @Override
  public double seconds() {
    return store.seconds();
  }

  @Override
  public void save(long iteration, SolverState state) {
    store.save(iteration, state);
  }

  @Override
  public Optional<SolverState> load() {
    if (ranks.rank() == 0) {
      Optional<SolverState> found = store.load();
      send(found.map(FirstRankCheckpoints::names).orElse(List.of()));
      found.ifPresent(this::send);
      return found;
    }
    String names = new String(ranks.fromFirst(null), StandardCharsets.UTF_8);
    return names.isEmpty() ? Optional.empty() : Optional.of(received(names.split("\n", -1)));
  }

  /** A line for each array: d or f and its name, those of doubles first. */
  private static List<String> names(SolverState state) {
    List<String> names = new ArrayList<>();
    state.allDoubles().keySet().forEach(name -> names.add("d" + name));
    state.allFloats().keySet().forEach(name -> names.add("f" + name));
    return names;
  }

  private void send(List<String> names) {
    ranks.fromFirst(String.join("\n", names).getBytes(StandardCharsets.UTF_8));
  }

  private void send(SolverState state) {
    for (double[] values : state.allDoubles().values()) {
      ByteBuffer bytes = buffer(new byte[Math.multiplyExact(Double.BYTES, values.length)]);
      bytes.asDoubleBuffer().put(values);
      ranks.fromFirst(bytes.array());
    }
    for (float[] values : state.allFloats().values()) {
      ByteBuffer bytes = buffer(new byte[Math.multiplyExact(Float.BYTES, values.length)]);
      bytes.asFloatBuffer().put(values);
      ranks.fromFirst(bytes.array());
    }
  }

  private SolverState received(String[] names) {
    SolverState state = new SolverState();
    for (String name : names) {
      ByteBuffer bytes = buffer(ranks.fromFirst(null));
      if (name.startsWith("d")) {
        double[] values = new double[bytes.capacity() / Double.BYTES];
        bytes.asDoubleBuffer().get(values);
        state.put(name.substring(1), values);
      } else {
        float[] values = new float[bytes.capacity() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        state.put(name.substring(1), values);
      }
    }
    return state;
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
