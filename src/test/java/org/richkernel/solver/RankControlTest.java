package org.richkernel.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.richkernel.group.RankGroup;
import org.richkernel.group.RankThreads;

/** What ranks of one solve agree about. */
@Timeout(60)
class RankControlTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static RunControl control(StopSignal stop, CheckpointStore store) {
    return new RunControl(Progress.Listener.silent(), stop, store);
  }

  /** Whichever rank is asked, all stop at one step. */
  @Test
  void oneThatIsStoppedStopsAll() {
    List<Integer> steps =
        RankThreads.run(
            3,
            PATIENCE,
            group -> {
              StopSignal own = new StopSignal();
              StopSignal common = control(own, CheckpointStore.none()).among(group).stop();
              int step = 0;
              while (!common.isRaised()) {
                step++;
                if (step == 3 && group.rank() == 2) {
                  own.raise();
                }
              }
              return step;
            });
    assertThat(steps).containsExactly(3, 3, 3);
  }

  private static final class Kept implements CheckpointStore {
    private final List<SolverState> states = Collections.synchronizedList(new ArrayList<>());

    @Override
    public boolean due() {
      return true;
    }

    @Override
    public void save(long iteration, SolverState state) {
      states.add(state);
    }

    @Override
    public Optional<SolverState> load() {
      return states.isEmpty() ? Optional.empty() : Optional.of(states.get(0));
    }
  }

  @Test
  void rankZeroKeepsTheStateThatAllGoOnFrom() {
    List<Kept> stores = List.of(new Kept(), new Kept(), new Kept());
    // a store that another rank sees may be older
    stores.get(1).states.add(new SolverState().put("x", 5));
    List<Optional<SolverState>> found =
        RankThreads.run(
            3,
            PATIENCE,
            group -> {
              CheckpointStore store =
                  control(new StopSignal(), stores.get(group.rank())).among(group).checkpoints();
              assertThat(store.load()).isEmpty();
              if (store.due()) {
                store.save(1, state(group));
              }
              return store.load();
            });
    assertThat(stores.stream().map(store -> store.states.size())).containsExactly(1, 1, 0);
    assertThat(found)
        .allSatisfy(
            state -> {
              assertThat(state.orElseThrow().doubles("x")).containsExactly(0, Double.NaN, -0.0);
              assertThat(state.orElseThrow().floats("y")).containsExactly(1.5f);
              assertThat(state.orElseThrow().doubles("none")).isEmpty();
              assertThat(state.orElseThrow().allDoubles()).hasSize(2);
            });
  }

  private static SolverState state(RankGroup group) {
    return new SolverState()
        .put("x", group.rank(), Double.NaN, -0.0)
        .put("y", new float[] {1.5f})
        .put("none", new double[0]);
  }
}
