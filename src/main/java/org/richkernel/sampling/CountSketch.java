package org.richkernel.sampling;

/**
 * Linear map of long vectors to shorter ones that keeps inner products on average: the count sketch
 * of Charikar, Chen and Farach-Colton (2002, doi:10.1007/3-540-45465-9_59). Entry i is added to one
 * of m entries, with a sign; both are fixed by a hash of i.
 *
 * <p>The squared norm of an image is that of the vector with a relative standard deviation of at
 * most sqrt(2 / m), 0.6 percent at the {@value #LENGTH} entries used here. Vectors that are not
 * longer than that are left as they are.
 *
 * @param from length of the vectors
 */
public record CountSketch(int from) {
  private static final int LENGTH = 1 << 16;

  /** Length of the images. */
  public int to() {
    return Math.min(from, LENGTH);
  }

  /** The image of a vector, a new array. */
  public double[] of(double[] vector) {
    if (from <= LENGTH) {
      return vector.clone();
    }
    double[] image = new double[LENGTH];
    for (int i = 0; i < from; i++) {
      long hash = mixed(i);
      double entry = vector[i];
      image[(int) (hash & (LENGTH - 1))] += hash < 0 ? -entry : entry;
    }
    return image;
  }

  /** Output of SplitMix64 (Steele et al. 2014) at one of its states. */
  private static long mixed(long index) {
    long z = (index + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
