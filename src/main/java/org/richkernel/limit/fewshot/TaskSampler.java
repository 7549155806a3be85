package org.richkernel.limit.fewshot;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Workspace;

/**
 * Draws the classes of a task and the images of each class without repetition. A task is a function
 * of seed, purpose, step and its index among the tasks of the step.
 */
final class TaskSampler {
  /** Purpose of tasks; different purposes use independent random numbers. */
  enum Purpose {
    TRAINING,
    EVALUATION,
    TUNING
  }

  private static final String DRAWS = "task draws";

  private final ImagePool pool;
  private final int ways;
  private final int shots;
  private final int queries;
  private final long seed;
  private final Purpose purpose;

  TaskSampler(ImagePool pool, int ways, int shots, int queries, long seed, Purpose purpose) {
    this.pool = pool;
    this.ways = ways;
    this.shots = shots;
    this.queries = queries;
    this.seed = seed;
    this.purpose = purpose;
  }

  /** Memory of the random numbers of the given number of tasks. */
  MemoryPlan plan(int count) {
    return new MemoryPlan().add(DRAWS, Precision.FLOAT32, count, draws());
  }

  private int draws() {
    return ways * (1 + shots + queries);
  }

  /** The tasks of a step. */
  List<Task> tasks(Backend backend, long step, int count) {
    int draws = draws();
    float[] uniforms = new float[count * draws];
    try (Workspace memory = new Workspace(backend, plan(count))) {
      Matrix drawn = memory.get(DRAWS);
      long stream = RandomStreams.stream(RandomStreams.FEW_SHOT_TASKS, purpose.ordinal(), step);
      backend.fillUniform(seed, stream, 0, drawn);
      backend.download(drawn, uniforms);
    }
    List<Task> tasks = new ArrayList<>();
    for (int t = 0; t < count; t++) {
      tasks.add(task(uniforms, t * draws));
    }
    return tasks;
  }

  private Task task(float[] uniforms, int from) {
    int[] classes = choose(pool.classes(), ways, uniforms, from);
    int[] images = new int[ways * (shots + queries)];
    int[] rotations = new int[images.length];
    for (int w = 0; w < ways; w++) {
      int[] examples =
          choose(
              pool.examples(classes[w]),
              shots + queries,
              uniforms,
              from + ways + w * (shots + queries));
      for (int e = 0; e < examples.length; e++) {
        int at = e < shots ? w * shots + e : ways * shots + w * queries + e - shots;
        images[at] = pool.image(classes[w], examples[e]);
        rotations[at] = pool.rotation(classes[w]);
      }
    }
    return new Task(images, rotations);
  }

  /** Distinct numbers from 0 to count - 1; all ordered selections are equally probable. */
  private static int[] choose(int count, int wanted, float[] uniforms, int from) {
    int[] chosen = new int[wanted];
    int[] ascending = new int[wanted];
    for (int i = 0; i < wanted; i++) {
      int left = count - i;
      // rank among the numbers that are left, from a uniform in (0, 1]
      int pick = Math.min(left - 1, (int) (uniforms[from + i] * (double) left));
      int at = 0;
      while (at < i && pick >= ascending[at]) {
        pick++;
        at++;
      }
      System.arraycopy(ascending, at, ascending, at + 1, i - at);
      ascending[at] = pick;
      chosen[i] = pick;
    }
    return chosen;
  }
}
