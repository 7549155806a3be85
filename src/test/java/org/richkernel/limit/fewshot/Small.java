package org.richkernel.limit.fewshot;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small problems of few-shot learning. */
final class Small {
  private Small() {}

  /** Random images, each class around its own; examples beyond classes x examples never repeat. */
  static ImagePool pool(int seed, int classes, int examples, int side, boolean augmented) {
    Random random = new Random(seed);
    List<float[]> all = new ArrayList<>();
    for (int c = 0; c < classes; c++) {
      float[] centre = new float[side * side];
      for (int i = 0; i < centre.length; i++) {
        centre[i] = random.nextFloat();
      }
      float[] of = new float[examples * centre.length];
      for (int i = 0; i < of.length; i++) {
        of[i] = 0.6f * centre[i % centre.length] + 0.4f * random.nextFloat();
      }
      all.add(of);
    }
    return new ImagePool(all, side, side, augmented);
  }

  /** Tasks with a few steps each. */
  static FewShotOptions options(int ways, int shots, int metaSteps) {
    return new FewShotOptions(ways, shots, 2, 3, 4, 11, 2, 5, metaSteps, 0.5, 4, 7, 5);
  }

  static double[] row(ImagePool pool, Task task, int image) {
    float[] pixels = new float[pool.pixels()];
    pool.copy(task.images()[image], task.rotations()[image], pixels, 0);
    double[] row = new double[pixels.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = pixels[i];
    }
    return row;
  }

  static double[][] rows(ImagePool pool, Task task, int from, int count) {
    double[][] rows = new double[count][];
    for (int i = 0; i < count; i++) {
      rows[i] = row(pool, task, from + i);
    }
    return rows;
  }
}
