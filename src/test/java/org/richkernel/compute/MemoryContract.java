package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Allocation, transfer, views and closing. */
interface MemoryContract extends ContractSubject {
  @Test
  default void allocationIsZeroAndCounted() {
    long before = backend().allocatedBytes();
    try (Matrix a = backend().allocate(Precision.FLOAT64, 33, 31, "a")) {
      assertThat(Host.from(backend(), a).data).containsOnly(0.0);
      assertThat(backend().allocatedBytes() - before).isEqualTo(33 * 31 * 8);
      assertThat(backend().openMatrices()).isEqualTo(1);
      assertThat(a.describe()).isEqualTo("a (33 x 31, FLOAT64)");
    }
    assertThat(backend().allocatedBytes()).isEqualTo(before);
    assertThat(backend().peakBytes()).isGreaterThanOrEqualTo(before + 33 * 31 * 8);
  }

  @Test
  default void memoryThatHeldNumbersComesBackAsZeros() {
    for (int i = 0; i < 5; i++) {
      try (Matrix a = backend().allocate(Precision.FLOAT32, 500, 7, "a")) {
        assertThat(backend().sum(a)).isEqualTo(0.0);
        backend().fill(Double.NaN, a);
      }
    }
  }

  @Test
  default void thousandAllocationsLeaveNothing() {
    long before = backend().allocatedBytes();
    for (int i = 0; i < 1000; i++) {
      backend().allocate(Precision.FLOAT32, 100, i, "loop").close();
    }
    assertThat(backend().allocatedBytes()).isEqualTo(before);
    assertThat(backend().openMatrices()).isZero();
  }

  @Test
  default void transfersKeepEveryElementInBothPrecisions() {
    for (int n : ODD_SIZES) {
      Host x = Host.random(n, 33, n);
      for (Precision p : Precision.values()) {
        Matrix[] owner = new Matrix[1];
        Matrix window = x.inWindow(backend(), p, "x", owner);
        Host.from(backend(), window).isWithin(0, x, "transfer " + p);
        float[] single = new float[n * 33];
        backend().download(window, single);
        backend().upload(single, window);
        Host.from(backend(), window).isWithin(0, x, "float transfer " + p);
        owner[0].close();
      }
    }
  }

  @Test
  default void copyConvertsBetweenPrecisions() {
    Host x = Host.random(257, 31, 5);
    Host pi = new Host(1, 1);
    pi.set(0, 0, Math.PI);
    for (Precision from : Precision.values()) {
      for (Precision to : Precision.values()) {
        Matrix[] owner = new Matrix[1];
        Matrix a = x.inWindow(backend(), from, "a", owner);
        try (Matrix b = backend().allocate(to, 257, 31, "b");
            Matrix c = pi.on(backend(), from, "c")) {
          backend().copy(a, b);
          Host.from(backend(), b).isWithin(0, x, from + " to " + to);
          backend().copy(c, b.view(4, 1, 5, 1));
          boolean narrow = from == Precision.FLOAT32 || to == Precision.FLOAT32;
          assertThat(Host.from(backend(), b).at(4, 5))
              .isEqualTo(narrow ? (double) (float) Math.PI : Math.PI);
        }
        owner[0].close();
      }
    }
  }

  @Test
  default void fillOfWindowLeavesTheRest() {
    try (Matrix a = backend().allocate(Precision.FLOAT32, 70, 90, "a")) {
      backend().fill(2, a);
      backend().fill(-3, a.view(5, 40, 7, 50));
      Host h = Host.from(backend(), a);
      for (int i = 0; i < 70; i++) {
        for (int j = 0; j < 90; j++) {
          boolean inside = i >= 5 && i < 45 && j >= 7 && j < 57;
          assertThat(h.at(i, j)).isEqualTo(inside ? -3 : 2);
        }
      }
    }
  }

  @Test
  default void viewsShareStorageAndEndWithTheirParent() {
    Matrix a = backend().allocate(Precision.FLOAT64, 10, 10, "parent");
    Matrix v = a.view(2, 3, 4, 5);
    Matrix w = v.view(1, 1, 1, 1);
    backend().fill(7, w);
    assertThat(Host.from(backend(), a).at(3, 5)).isEqualTo(7);
    assertThat(v.stride()).isEqualTo(10);
    assertThatThrownBy(() -> a.view(8, 3, 0, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> v.view(0, 1, 3, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    v.close();
    assertThat(a.isClosed()).isFalse();
    assertThat(w.isClosed()).isTrue();
    Matrix u = a.rowRange(0, 1);
    a.close();
    a.close();
    assertThatThrownBy(() -> backend().fill(0, u))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("parent");
    assertThatThrownBy(() -> a.view(0, 1, 0, 1)).isInstanceOf(IllegalStateException.class);
    assertThat(backend().openMatrices()).isZero();
  }

  @Test
  default void anotherShapeSharesStorageWhereRowsHaveNoGaps() {
    Host x = Host.random(12, 35, 8);
    try (Matrix a = x.on(backend(), Precision.FLOAT32, "a")) {
      Matrix b = a.rowRange(3, 6).reshaped(42, 5);
      Host h = Host.from(backend(), b);
      for (int i = 0; i < 42; i++) {
        for (int j = 0; j < 5; j++) {
          assertThat(h.at(i, j)).isEqualTo((double) (float) x.at(3 + i / 7, i % 7 * 5 + j));
        }
      }
      backend().fill(2, b.view(7, 7, 1, 1));
      assertThat(Host.from(backend(), a).at(4, 6)).isEqualTo(2);
      assertThat(b.stride()).isEqualTo(5);
      assertThatThrownBy(() -> a.reshaped(12, 34)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> a.view(0, 4, 0, 5).reshaped(5, 4))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  default void memoryLimitIsKeptAndSaysWhatWasAsked() {
    Backend small = open(1, 1 << 20);
    try (Matrix a = small.allocate(Precision.FLOAT64, 100, 1000, "first")) {
      assertThat(a.isClosed()).isFalse();
      assertThat(small.availableBytes()).isEqualTo((1 << 20) - 800_000);
      assertThatThrownBy(() -> small.allocate(Precision.FLOAT64, 100, 1000, "second"))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("second")
          .hasMessageContaining("0.8 MB")
          .hasMessageContaining("0.2 MB");
      assertThat(small.openMatrices()).isEqualTo(1);
    }
    small.close();
  }

  @Test
  default void absurdSizesAreRefused() {
    int most = Integer.MAX_VALUE;
    assertThatThrownBy(() -> backend().allocate(Precision.FLOAT64, most, most, "absurd"))
        .isInstanceOf(OutOfDeviceMemoryException.class)
        .hasMessageContaining("absurd");
    assertThatThrownBy(() -> backend().allocate(Precision.FLOAT64, -1, 2, "negative"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  default void closingWithOpenMatricesNamesThem() {
    Backend other = open(1);
    Matrix left = other.allocate(Precision.FLOAT32, 2, 3, "forgotten");
    assertThatThrownBy(other::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("forgotten (2 x 3, FLOAT32)");
    assertThatThrownBy(() -> other.fill(0, left)).isInstanceOf(IllegalStateException.class);
    left.close();
    assertThat(other.openMatrices()).isZero();
  }

  @Test
  default void matricesOfAnotherBackendAreRefused() {
    try (Backend other = open(1);
        Matrix foreign = other.allocate(Precision.FLOAT32, 2, 3, "foreign")) {
      assertThatThrownBy(() -> backend().fill(0, foreign))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("foreign");
    }
  }

  @Test
  default void arraysOfTheWrongLengthAreRefused() {
    try (Matrix a = backend().allocate(Precision.FLOAT32, 2, 3, "a")) {
      assertThatThrownBy(() -> backend().upload(new double[5], a))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("upload");
      assertThatThrownBy(() -> backend().download(a, new float[7]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("download");
    }
  }

  @Test
  default void panelRowsAreSensible() {
    for (int columns : new int[] {0, 1, 33, 200, 5000, 1_000_000}) {
      assertThat(backend().panelRows(columns)).isGreaterThanOrEqualTo(64);
    }
  }
}
