package org.richkernel.limit.fewshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.InvalidProblemException;

class TaskSamplerTest {
  private static List<Task> draw(TaskSampler.Purpose purpose, long step, int count) {
    ImagePool pool = Small.pool(1, 3, 4, 2, true);
    try (Backend backend = Backends.cpu()) {
      return new TaskSampler(pool, 3, 1, 2, 5, purpose).tasks(backend, step, count);
    }
  }

  @Test
  void classesAndImagesDoNotRepeat() {
    for (Task task : draw(TaskSampler.Purpose.TRAINING, 0, 200)) {
      int[][] classes = new int[3][];
      for (int w = 0; w < 3; w++) {
        int[] own = {task.images()[w], task.images()[3 + 2 * w], task.images()[4 + 2 * w]};
        int[] turns = {
          task.rotations()[w], task.rotations()[3 + 2 * w], task.rotations()[4 + 2 * w]
        };
        assertThat(own).doesNotHaveDuplicates();
        assertThat(Arrays.stream(own).map(i -> i / 4).distinct().count()).isOne();
        assertThat(Arrays.stream(turns).distinct().count()).isOne();
        classes[w] = new int[] {own[0] / 4, turns[0]};
      }
      assertThat(Arrays.stream(classes).map(c -> 4 * c[0] + c[1]).distinct().count()).isEqualTo(3);
    }
  }

  /** Each of 12 classes in a quarter of the tasks, each of 4 images first in a quarter of them. */
  @Test
  void allAreAlikeProbable() {
    int count = 4000;
    int[] classes = new int[12];
    int[] images = new int[12];
    for (Task task : draw(TaskSampler.Purpose.TRAINING, 0, count)) {
      for (int w = 0; w < 3; w++) {
        classes[4 * (task.images()[w] / 4) + task.rotations()[w]]++;
      }
      images[task.images()[2]]++;
    }
    double error = Math.sqrt(count * 0.25 * 0.75);
    for (int c = 0; c < 12; c++) {
      assertThat((double) classes[c]).isCloseTo(count / 4.0, within(4 * error));
      assertThat((double) images[c]).isCloseTo(count / 12.0, within(4 * Math.sqrt(count / 12.0)));
    }
  }

  @Test
  void purposesAndStepsDiffer() {
    int[] some = draw(TaskSampler.Purpose.TRAINING, 0, 3).get(2).images();
    assertThat(draw(TaskSampler.Purpose.TRAINING, 0, 9).get(2).images()).isEqualTo(some);
    assertThat(draw(TaskSampler.Purpose.TRAINING, 1, 3).get(2).images()).isNotEqualTo(some);
    assertThat(draw(TaskSampler.Purpose.EVALUATION, 0, 3).get(2).images()).isNotEqualTo(some);
    assertThat(draw(TaskSampler.Purpose.TUNING, 0, 3).get(2).images()).isNotEqualTo(some);
  }

  /** Four quarter turns, one after the other, are none. */
  @Test
  void turnsFollowEachOther() {
    ImagePool pool = Small.pool(2, 1, 1, 3, true);
    float[] plain = new float[9];
    float[] turned = new float[9];
    pool.copy(0, 0, plain, 0);
    pool.copy(0, 1, turned, 0);
    // counterclockwise: the last column becomes the first row
    assertThat(turned).startsWith(plain[2], plain[5], plain[8]);
    float[] again = plain;
    for (int turn = 1; turn <= 4; turn++) {
      ImagePool once = new ImagePool(List.of(again), 3, 3, true);
      float[] next = new float[9];
      once.copy(0, 1, next, 0);
      pool.copy(0, turn % 4, turned, 0);
      assertThat(next).isEqualTo(turned);
      again = next;
    }
    assertThat(again).isEqualTo(plain);
  }

  @Test
  void tiesAreWrongAndWhatIsNotFiniteIsUnknown() {
    assertThat(Labels.accuracy(new double[] {1, 0, 0, 1}, 2, 2)).isEqualTo(1);
    assertThat(Labels.accuracy(new double[] {1, 1, 0, 1}, 2, 2)).isEqualTo(0.5);
    assertThat(Labels.accuracy(new double[] {1, 0, 0, Double.POSITIVE_INFINITY}, 2, 2)).isNaN();
  }

  @Test
  void onlySquaresAreTurned() {
    assertThatThrownBy(() -> new ImagePool(List.of(new float[6]), 2, 3, true))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("rotations is on with images of 2 x 3");
    assertThat(new ImagePool(List.of(new float[6]), 2, 3, false).classes()).isOne();
  }
}
