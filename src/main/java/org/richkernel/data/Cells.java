package org.richkernel.data;

/**
 * The numbers of a table in the form in which they take least memory: images in bytes are an eighth
 * of the same in float64.
 */
sealed interface Cells {
  /** How many. */
  int length();

  /** One of them. */
  double get(int index);

  /** Copies {@code count} of them from an index on. */
  void copy(int from, double[] target, int at, int count);

  /** All of them; not to be changed. */
  double[] all();

  /** Numbers that were read as float64, taken over without a copy. */
  @SuppressWarnings("ArrayRecordComponent")
  record Doubles(double[] all) implements Cells {
    @Override
    public int length() {
      return all.length;
    }

    @Override
    public double get(int index) {
      return all[index];
    }

    @Override
    public void copy(int from, double[] target, int at, int count) {
      System.arraycopy(all, from, target, at, count);
    }
  }

  /** Unsigned bytes, taken over without a copy. */
  @SuppressWarnings("ArrayRecordComponent")
  record UnsignedBytes(String source, byte[] bytes) implements Cells {
    @Override
    public int length() {
      return bytes.length;
    }

    @Override
    public double get(int index) {
      return Byte.toUnsignedInt(bytes[index]);
    }

    @Override
    public void copy(int from, double[] target, int at, int count) {
      for (int i = 0; i < count; i++) {
        target[at + i] = Byte.toUnsignedInt(bytes[from + i]);
      }
    }

    @Override
    public double[] all() {
      double[] values = Heap.doubles(source, bytes.length);
      copy(0, values, 0, values.length);
      return values;
    }
  }
}
