package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
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
    assertThat(means.standardError()[1]).isZero();
  }

  /** 400 experiments: the squared error is the squared standard error on average. */
  @Test
  void standardErrorsAreThoseOfIndependentDraws() {
    Random random = new Random(1);
    double seen = 0;
    double told = 0;
    double toldOfTwice = 0;
    for (int e = 0; e < 400; e++) {
      BatchMeans means = new BatchMeans(1, 4);
      for (int i = 0; i < 800; i++) {
        means.add(new double[] {random.nextGaussian()});
      }
      seen += Math.pow(means.mean()[0], 2) / 400;
      told += Math.pow(means.standardError()[0], 2) / 400;
      toldOfTwice += Math.pow(means.standardError(v -> 2 * v[0]), 2) / 400;
    }
    assertThat(told).isCloseTo(1.0 / 800, within(0.1 / 800));
    assertThat(seen).isCloseTo(told, within(0.25 * told)); // 400 squares: 7 % each
    assertThat(toldOfTwice).isCloseTo(4 * told, within(1e-9));
  }

  @Test
  void fewBatchesHaveNoError() {
    BatchMeans means = new BatchMeans(1, 1);
    for (int i = 0; i < 3; i++) {
      means.add(new double[] {i});
    }
    assertThat(means.standardError()[0]).isNaN();
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
    assertThat(second.standardError()).isEqualTo(whole.standardError());
  }
}
