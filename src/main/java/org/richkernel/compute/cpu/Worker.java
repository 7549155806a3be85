package org.richkernel.compute.cpu;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;

/** Scratch of one thread of a team: tiles on the Java heap and pointers for BLAS calls. */
final class Worker {
  /** Elements of a tile: four float tiles fit in a first-level cache of 32 KiB. */
  static final int TILE = 2048;

  /** Edge of a square block that is transposed. */
  static final int SQUARE = 128;

  /** Distance of its rows, no power of two. */
  static final int SQUARE_STRIDE = SQUARE + 8;

  final float[] f0 = new float[TILE];
  final float[] f1 = new float[TILE];
  final float[] f2 = new float[TILE];
  final float[] f3 = new float[TILE];
  final double[] d0 = new double[TILE];
  final double[] d1 = new double[TILE];
  final double[] d2 = new double[TILE];
  final double[] square0 = new double[SQUARE * SQUARE_STRIDE];
  final double[] square1 = new double[SQUARE * SQUARE_STRIDE];
  final Floats a = new Floats();
  final Floats b = new Floats();
  final Floats c = new Floats();
  final Doubles da = new Doubles();
  final Doubles db = new Doubles();
  final Doubles dc = new Doubles();
  final int index;

  Worker(int index) {
    this.index = index;
  }

  /** A pointer to floats that can be set without making a new object. */
  static final class Floats extends FloatPointer {
    /** Points at element (row, column). */
    Floats at(CpuMatrix matrix, int row, int column) {
      this.address = matrix.address(row, column);
      return this;
    }

    /** Points at an address. */
    Floats at(long newAddress) {
      this.address = newAddress;
      return this;
    }
  }

  /** A pointer to doubles that can be set without making a new object. */
  static final class Doubles extends DoublePointer {
    /** Points at element (row, column). */
    Doubles at(CpuMatrix matrix, int row, int column) {
      this.address = matrix.address(row, column);
      return this;
    }

    /** Points at an address. */
    Doubles at(long newAddress) {
      this.address = newAddress;
      return this;
    }
  }
}
