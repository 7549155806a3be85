package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.richkernel.network.SiteMap;

/** Patches of images: side by side, added back, averaged over offsets. */
interface PatchContract extends ContractSubject {
  /**
   * One convolution and some images; the last but one reads long runs of sites, the last has more
   * sites than a tile.
   */
  record Case(SiteMap map, int fields, int images) {
    static Stream<Case> all() {
      return Stream.of(
          new Case(SiteMap.of(4, 4, 3, 3, 1, SiteMap.Padding.SAME), 5, 7),
          new Case(SiteMap.of(5, 7, 3, 2, 2, SiteMap.Padding.SAME), 3, 301),
          new Case(SiteMap.of(6, 5, 2, 3, 2, SiteMap.Padding.VALID), 2, 3),
          new Case(SiteMap.of(1, 9, 1, 4, 1, SiteMap.Padding.CIRCULAR), 33, 2),
          new Case(SiteMap.of(1, 1, 1, 1, 1, SiteMap.Padding.SAME), 4, 5),
          new Case(SiteMap.of(3, 41, 2, 3, 1, SiteMap.Padding.CIRCULAR), 3, 4),
          new Case(SiteMap.of(70, 71, 3, 3, 3, SiteMap.Padding.SAME), 2, 2));
    }

    Host inputTable() {
      return table(map.inputTable(), map.outputSites());
    }

    Host outputTable() {
      return table(map.outputTable(), map.inputSites());
    }

    private Host table(int[] entries, int sites) {
      Host table = new Host(sites, map.offsets());
      for (int i = 0; i < entries.length; i++) {
        table.data[i] = entries[i];
      }
      return table;
    }

    /** Patches by the definition. */
    Host patches(Host x) {
      int s = map.outputSites();
      Host y = new Host(map.offsets() * fields, images * s);
      for (int i = 0; i < fields; i++) {
        for (int m = 0; m < images; m++) {
          for (int a = 0; a < s; a++) {
            for (int d = 0; d < map.offsets(); d++) {
              int t = map.input(a, d);
              y.set(d * fields + i, m * s + a, t < 0 ? 0 : x.at(i, m * map.inputSites() + t));
            }
          }
        }
      }
      return y;
    }

    /** The transpose by the same definition. */
    Host addedBack(Host y) {
      int s = map.outputSites();
      Host x = new Host(fields, images * map.inputSites());
      for (int d = 0; d < map.offsets(); d++) {
        for (int i = 0; i < fields; i++) {
          for (int m = 0; m < images; m++) {
            for (int a = 0; a < s; a++) {
              int t = map.input(a, d);
              if (t >= 0) {
                int at = m * map.inputSites() + t;
                x.set(i, at, x.at(i, at) + y.at(d * fields + i, m * s + a));
              }
            }
          }
        }
      }
      return x;
    }
  }

  @Test
  default void patchesLieSideBySideAndAreAddedBack() {
    Case.all()
        .forEach(
            c -> {
              Host x = Host.random(c.fields, c.images * c.map.inputSites(), 1);
              Host y = Host.random(c.map.offsets() * c.fields, c.images * c.map.outputSites(), 2);
              Matrix[] owners = new Matrix[4];
              Matrix[] own = new Matrix[1];
              Matrix source = x.inWindow(backend(), Precision.FLOAT32, "x", own);
              owners[0] = own[0];
              Matrix back = y.inWindow(backend(), Precision.FLOAT32, "y", own);
              owners[1] = own[0];
              Matrix nb = c.inputTable().inWindow(backend(), Precision.FLOAT32, "nb", own);
              owners[2] = own[0];
              Matrix inv = c.outputTable().inWindow(backend(), Precision.FLOAT32, "inv", own);
              owners[3] = own[0];
              try (Matrix cols = y.on(backend(), Precision.FLOAT32, "cols");
                  Matrix sum = x.on(backend(), Precision.FLOAT32, "sum")) {
                backend().cols(nb, source, cols);
                Host.from(backend(), cols).isWithin(0, c.patches(x), "cols of " + c.map);
                backend().uncols(inv, back, sum);
                Host collected = Host.from(backend(), sum);
                collected.isWithin(1e-6 * c.map.offsets(), c.addedBack(y), "uncols of " + c.map);
                // <cols x, y> = <x, uncols y>
                double scale = Math.sqrt(backend().dot(source, source) * backend().dot(back, back));
                assertThat(backend().dot(cols, back))
                    .as("adjoint of %s", c.map)
                    .isCloseTo(backend().dot(source, sum), within(1e-7 * scale));
              }
              for (Matrix owner : owners) {
                owner.close();
              }
            });
  }

  /** F and its adjoint against the site map's own loops; other images than rows on the columns. */
  @Test
  default void averagedPatchesAreTheMapOfKernelsAndItsAdjoint() {
    Case.all()
        .filter(c -> c.map.inputSites() < 100)
        .forEach(
            c -> {
              int rows = 2;
              int columns = Math.min(c.images, 5);
              Host kernel = Host.random(rows * c.map.inputSites(), columns * c.map.inputSites(), 3);
              Host mapped = new Host(rows * c.map.outputSites(), columns * c.map.outputSites());
              c.map.covariance(kernel.data, rows, columns, mapped.data);
              Host pulled = new Host(kernel.rows, kernel.columns);
              c.map.adjoint(mapped.data, rows, columns, pulled.data);
              double scale = 1.0 / c.map.offsets();
              Matrix[] own = new Matrix[1];
              Matrix source = kernel.inWindow(backend(), Precision.FLOAT64, "kernel", own);
              try (Matrix nb = c.inputTable().on(backend(), Precision.FLOAT32, "nb");
                  Matrix inv = c.outputTable().on(backend(), Precision.FLOAT32, "inv");
                  Matrix target = mapped.on(backend(), Precision.FLOAT64, "target");
                  Matrix back = kernel.on(backend(), Precision.FLOAT64, "back")) {
                backend().fill(Double.NaN, target);
                backend().averagePatches(scale, nb, nb, source, target);
                Host.from(backend(), target).isWithin(1e-14, mapped, "F of " + c.map);
                backend().upload(mapped.data, target);
                backend().averagePatches(scale, inv, inv, target, back);
                Host.from(backend(), back).isWithin(1e-14, pulled, "F* of " + c.map);
              }
              own[0].close();
            });
  }

  /** Images in rows one after the other, those in columns site by site, as sites of one image. */
  @Test
  default void rowsAndColumnsMayHaveTablesOfTheirOwn() {
    SiteMap map = SiteMap.of(5, 4, 3, 3, 2, SiteMap.Padding.SAME);
    Case c = new Case(map, 1, 3);
    int before = map.inputSites();
    int after = map.outputSites();
    Host across = new Host(3 * after, map.offsets());
    for (int r = 0; r < 3 * after; r++) {
      for (int d = 0; d < map.offsets(); d++) {
        int t = map.input(r / 3, d);
        across.set(r, d, t < 0 ? -1 : 3 * t + r % 3);
      }
    }
    Host kernel = Host.random(2 * before, 3 * before, 5);
    Host expected = new Host(2 * after, 3 * after);
    for (int r = 0; r < 2 * after; r++) {
      for (int q = 0; q < 3 * after; q++) {
        double sum = 0;
        for (int d = 0; d < map.offsets(); d++) {
          int t = map.input(r % after, d);
          int u = map.input(q / 3, d);
          if (t >= 0 && u >= 0) {
            sum += kernel.at(r / after * before + t, 3 * u + q % 3);
          }
        }
        expected.set(r, q, 0.3 * sum);
      }
    }
    try (Matrix down = c.inputTable().on(backend(), Precision.FLOAT32, "down");
        Matrix wide = across.on(backend(), Precision.FLOAT32, "across");
        Matrix narrow = backend().allocate(Precision.FLOAT32, after, 4, "narrow");
        Matrix source = kernel.on(backend(), Precision.FLOAT64, "kernel");
        Matrix target = expected.on(backend(), Precision.FLOAT64, "target")) {
      backend().fill(Double.NaN, target);
      backend().averagePatches(0.3, down, wide, source, target);
      Host.from(backend(), target).isWithin(1e-14, expected, "F of unlike images");
      assertThatThrownBy(() -> backend().averagePatches(1, down, narrow, source, target))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("averagePatches");
    }
  }

  /** cols^T cols / (k S) = F(phi^T phi / S). */
  @Test
  default void gramMatricesOfPatchesAreAveragesOfThoseOfFields() {
    Case c = new Case(SiteMap.of(5, 4, 3, 3, 2, SiteMap.Padding.SAME), 40, 3);
    Host x = Host.random(c.fields, c.images * c.map.inputSites(), 4);
    int patches = c.images * c.map.outputSites();
    try (Matrix field = x.on(backend(), Precision.FLOAT32, "field");
        Matrix nb = c.inputTable().on(backend(), Precision.FLOAT32, "nb");
        Matrix cols =
            backend().allocate(Precision.FLOAT32, c.map.offsets() * c.fields, patches, "cols");
        Matrix kernel = backend().allocate(Precision.FLOAT64, x.columns, x.columns, "kernel");
        Matrix gram = backend().allocate(Precision.FLOAT64, patches, patches, "gram");
        Matrix mapped = backend().allocate(Precision.FLOAT64, patches, patches, "mapped")) {
      backend().cols(nb, field, cols);
      backend().gram(1.0 / (c.map.offsets() * c.fields), cols, 0, gram);
      backend().gram(1.0 / c.fields, field, 0, kernel);
      backend().averagePatches(1.0 / c.map.offsets(), nb, nb, kernel, mapped);
      Host.from(backend(), mapped).isWithin(1e-6, Host.from(backend(), gram), "Gram identity");
    }
  }

  @Test
  default void patchesThatDoNotFitAreRefused() {
    try (Matrix table = backend().allocate(Precision.FLOAT32, 4, 9, "table");
        Matrix field = backend().allocate(Precision.FLOAT32, 3, 32, "field");
        Matrix narrow = backend().allocate(Precision.FLOAT32, 27, 7, "narrow");
        Matrix wide = backend().allocate(Precision.FLOAT32, 27, 12, "wide");
        Matrix kernel = backend().allocate(Precision.FLOAT64, 8, 8, "kernel")) {
      assertThatThrownBy(() -> backend().cols(table, field, narrow))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cols: 7 and 32 are not the sites of images");
      assertThatThrownBy(() -> backend().cols(table, field, wide))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().uncols(table, field, wide))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().averagePatches(1, table, table, field, kernel))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("averagePatches");
    }
  }
}
