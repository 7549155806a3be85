package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
  void aSumWithAnotherVectorIsThatOfEverySum() {
    BatchMeans a = new BatchMeans(2, 1);
    BatchMeans b = new BatchMeans(2, 1);
    BatchMeans both = new BatchMeans(2, 1);
    for (int i = 0; i < 45; i++) {
      a.add(new double[] {i, 1});
      b.add(new double[] {i * i, -i});
      both.add(new double[] {i + i * i, 1 - i});
    }
    BatchMeans sum = a.plus(b);
    assertThat(sum.mean()).isEqualTo(both.mean());
    for (int i = 0; i < both.batches(); i++) {
      assertThat(sum.batch(i)).isEqualTo(both.batch(i));
    }
    a.add(new double[] {0, 0});
    assertThat(sum.count()).isEqualTo(45);
    assertThatThrownBy(() -> a.plus(b)).isInstanceOf(IllegalArgumentException.class);
  }

  /** Long vectors have fewer batches, and so have their images. */
  @Test
  void imagesOfLongVectorsAreInTheirBatches() {
    int length = (1 << 20) + 1;
    BatchMeans whole = new BatchMeans(length, 1);
    BatchMeans first = whole.mapped(1);
    double[] vector = new double[length];
    for (int i = 0; i < 21; i++) {
      vector[0] = i;
      whole.add(vector);
      first.add(new double[] {-i});
    }
    assertThat(whole.batches()).isLessThan(BatchMeans.most(1) / 2);
    BatchMeans none = whole.map(1, sums -> sums.stream().map(v -> new double[] {v[0]}).toList());
    assertThat(none.plus(first).mean()[0]).isZero();
    assertThat(whole.mean()[0]).isEqualTo(10);
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
