package org.richkernel.data;

/** An image at another size: the mean over the area that each new pixel covers. */
final class AreaMean {
  private AreaMean() {}

  static void of(
      float[] image,
      int start,
      int height,
      int width,
      float[] target,
      int targetStart,
      int toHeight,
      int toWidth) {
    double vertical = height / (double) toHeight;
    double horizontal = width / (double) toWidth;
    for (int i = 0; i < toHeight; i++) {
      for (int j = 0; j < toWidth; j++) {
        double sum = 0;
        double area = 0;
        for (int y = (int) (i * vertical); y < height && y < (i + 1) * vertical; y++) {
          double covered = overlap(y, i * vertical, (i + 1) * vertical);
          for (int x = (int) (j * horizontal); x < width && x < (j + 1) * horizontal; x++) {
            double weight = covered * overlap(x, j * horizontal, (j + 1) * horizontal);
            sum += weight * image[start + y * width + x];
            area += weight;
          }
        }
        target[targetStart + i * toWidth + j] = (float) (sum / area);
      }
    }
  }

  /** Length of [pixel, pixel + 1] within [from, to]. */
  private static double overlap(int pixel, double from, double to) {
    return Math.max(0, Math.min(pixel + 1, to) - Math.max(pixel, from));
  }
}
