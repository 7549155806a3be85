package org.richkernel.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StagesTest {
  private static final int STAGES = 3;
  private static final int STEPS = 4;

  /** Sums in a checkpoint. */
  private enum Sum implements StateForm<Double> {
    FORM;

    @Override
    public void save(Double sum, SolverState state) {
      state.put("sum", sum);
    }

    @Override
    public Double restore(SolverState state) {
      return state.number("sum");
    }
  }

  private final SavedStates saved = new SavedStates();
  private final List<String> done = new ArrayList<>();

  /** Adds up numbers, each in a step with a checkpoint after it. */
  private Optional<Double> stage(int index, RunControl own) {
    Optional<SolverState> start = own.checkpoints().load();
    int step = start.map(state -> (int) state.number("step")).orElse(0);
    double sum = start.map(state -> state.number("sum")).orElse(0.0);
    while (step < STEPS) {
      if (own.stop().isRaised()) {
        own.checkpoints().save(step, new SolverState().put("step", step).put("sum", sum));
        return Optional.empty();
      }
      done.add(index + "." + step);
      sum += 10 * index + step++;
      own.listener().progress(new Progress("", 0, step, STEPS, 0, 0));
      if (own.checkpoints().due()) {
        own.checkpoints().save(step, new SolverState().put("step", step).put("sum", sum));
      }
    }
    return Optional.of(sum);
  }

  private Optional<List<Double>> run(RunControl control) {
    done.clear();
    Stages stages = new Stages(control);
    List<Double> sums = new ArrayList<>();
    for (int i = 0; i < STAGES; i++) {
      int index = i;
      Optional<Double> sum = stages.next(Sum.FORM, own -> stage(index, own));
      if (sum.isEmpty()) {
        return Optional.empty();
      }
      sums.add(sum.get());
    }
    return stages.last(own -> stage(STAGES, own)).map(last -> with(sums, last));
  }

  private static List<Double> with(List<Double> sums, double last) {
    List<Double> all = new ArrayList<>(sums);
    all.add(last);
    return all;
  }

  @Test
  void aRunResumedFromAnyCheckpointDoesTheRestAndNothingTwice() {
    List<Double> whole = run(saved.whole()).orElseThrow();
    assertThat(whole).containsExactly(6.0, 46.0, 86.0, 126.0);
    List<String> steps = List.copyOf(done);
    // after each step, and at the end of each stage but the last
    int count = (STAGES + 1) * STEPS + STAGES;
    assertThat(saved.count()).isEqualTo(count);

    for (int i = 0; i < count; i++) {
      assertThat(run(saved.from(i)).orElseThrow()).isEqualTo(whole);
      int stepsBefore = i / (STEPS + 1) * STEPS + Math.min(STEPS, i % (STEPS + 1) + 1);
      assertThat(done).isEqualTo(steps.subList(stepsBefore, steps.size()));
    }
  }

  @Test
  void aStoppedRunLeavesItsStateAndAStopBeforeItResumesLosesNothing() {
    List<Double> whole = run(new SavedStates().whole()).orElseThrow();
    for (int report = 0; report < (STAGES + 1) * STEPS; report++) {
      SavedStates own = new SavedStates();
      assertThat(run(own.stopping(report))).isEmpty();
      assertThat(run(own.stoppedAgain())).isEmpty();
      assertThat(done).isEmpty();
      assertThat(run(own.from(own.count() - 1)).orElseThrow()).isEqualTo(whole);
      assertThat(done).hasSize((STAGES + 1) * STEPS - report);
    }
  }

  /** A stage that keeps no checkpoints: what was finished before it is kept when it is stopped. */
  @Test
  void aStageWithoutCheckpointsStartsOver() {
    Stages stages = new Stages(saved.stopping(2 * STEPS));
    stages.next(Sum.FORM, own -> stage(0, own));
    Optional<Double> stopped =
        stages.next(
            Sum.FORM,
            own -> stage(1, new RunControl(own.listener(), own.stop(), CheckpointStore.none())));
    assertThat(stopped).contains(46.0); // it was at its last step
    assertThat(stages.next(Sum.FORM, own -> stage(2, own))).isEmpty();

    done.clear();
    Stages again = new Stages(saved.from(saved.count() - 1));
    assertThat(again.next(Sum.FORM, own -> stage(0, own))).contains(6.0);
    assertThat(again.next(Sum.FORM, own -> stage(1, own))).contains(46.0);
    assertThat(done).isEmpty();
    assertThat(again.next(Sum.FORM, own -> stage(2, own))).contains(86.0);
    assertThat(done).hasSize(STEPS);
  }

  private Optional<Double> nested(RunControl control) {
    Stages outer = new Stages(control);
    Optional<Double> first = outer.next(Sum.FORM, own -> stage(1, own));
    if (first.isEmpty()) {
      return first;
    }
    return outer.last(
        own -> {
          Stages inner = new Stages(own);
          Optional<Double> a = inner.next(Sum.FORM, deeper -> stage(2, deeper));
          Optional<Double> b = a.isEmpty() ? a : inner.next(Sum.FORM, deeper -> stage(3, deeper));
          return b.map(last -> first.get() + a.orElseThrow() + last);
        });
  }

  @Test
  void stagesMayRunInStages() {
    double whole = nested(saved.whole()).orElseThrow();
    for (int i = 0; i < saved.count(); i++) {
      assertThat(nested(saved.from(i))).contains(whole);
    }
    done.clear();
    nested(saved.from(saved.count() - 2));
    assertThat(done).isEmpty(); // the last step of the last stage is done, its end is not saved
  }
}
