package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.solver.SolverState;

class BatchMeansTest {
  @Test
  void meanIsThatOfAllVectorsAndMemoryIsBounded() {
    BatchMeans means = new BatchMeans(2, 3);
    double sum = 0;
    for (int i = 0; i < 1001; i++) {
      means.add(new double[] {i, 1});
      sum += i;
    }
    assertThat(means.count()).isEqualTo(1001);
    assertThat(means.mean()[0]).isCloseTo(sum / 1001, within(1e-10));
    assertThat(means.mean()[1]).isEqualTo(1);
    assertThat(SampledVector.ofChains(List.of(means)).standardError()[1])
        .isCloseTo(0, within(1e-15));
  }

  @Test
  void aSavedStateGoesOnBitForBit() {
    BatchMeans whole = new BatchMeans(1, 2);
    BatchMeans first = new BatchMeans(1, 2);
    SolverState state = new SolverState();
    for (int i = 0; i < 101; i++) {
      whole.add(new double[] {Math.sin(i)});
      if (i < 77) {
        first.add(new double[] {Math.sin(i)});
      }
    }
    first.save(state, "x");
    first.add(new double[] {1000}); // the state is a copy
    BatchMeans second = new BatchMeans(1, 2);
    second.restore(state, "x");
    for (int i = 77; i < 101; i++) {
      second.add(new double[] {Math.sin(i)});
    }
    assertThat(second.mean()).isEqualTo(whole.mean());
    assertThat(second.batches()).isEqualTo(whole.batches());
    for (int b = 0; b < whole.batches(); b++) {
      assertThat(second.batch(b)).isEqualTo(whole.batch(b));
    }
  }
}
