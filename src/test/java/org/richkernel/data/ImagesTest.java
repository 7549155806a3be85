package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.network.ImageShape;
import org.richkernel.network.InvalidProblemException;

class ImagesTest {
  private static final Images CHANNEL_FIRST = new Images(Optional.empty(), ImageLayout.CHW, 1);

  /** P x H x W x C, each number tells where it stands. */
  private static double[] channelsLast(int p, int h, int w, int c) {
    double[] x = new double[p * h * w * c];
    int at = 0;
    for (int m = 0; m < p; m++) {
      for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
          for (int k = 0; k < c; k++) {
            x[at++] = 1000 * m + 100 * i + 10 * j + k;
          }
        }
      }
    }
    return x;
  }

  private static double[] channelsFirst(int p, int h, int w, int c) {
    double[] x = new double[p * h * w * c];
    int at = 0;
    for (int m = 0; m < p; m++) {
      for (int k = 0; k < c; k++) {
        for (int i = 0; i < h; i++) {
          for (int j = 0; j < w; j++) {
            x[at++] = 1000 * m + 100 * i + 10 * j + k;
          }
        }
      }
    }
    return x;
  }

  @Test
  void bothLayoutsAreTheSameImages() {
    Table last = Table.of("x", channelsLast(2, 3, 4, 2), 2, 3, 4, 2);
    Table first = Table.of("x", channelsFirst(2, 3, 4, 2), 2, 2, 3, 4);

    assertThat(CHANNEL_FIRST.arrange(first).values()).isEqualTo(last.values());
    assertThat(Images.AS_READ.arrange(last)).isSameAs(last);
    assertThat(CHANNEL_FIRST.knowing(first).pooled(24)).isEqualTo(new ImageShape(3, 4, 2));
    Table flat = Table.of("x", channelsFirst(2, 3, 4, 2), 2, 24);
    Images told = new Images(Optional.of(new ImageShape(3, 4, 2)), ImageLayout.CHW, 1);
    assertThat(told.arrange(flat).values()).isEqualTo(last.values());
  }

  @Test
  void poolingAveragesBlocksOfEachChannel() {
    Table images = Table.of("x", channelsLast(2, 4, 6, 2), 2, 4, 6, 2);
    Images pooling = new Images(Optional.empty(), ImageLayout.HWC, 2).knowing(images);

    Table pooled = pooling.arrange(images);

    assertThat(pooling.pooled(48)).isEqualTo(new ImageShape(2, 3, 2));
    assertThat(pooled.columns()).isEqualTo(12);
    for (int m = 0; m < 2; m++) {
      for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 3; j++) {
          for (int k = 0; k < 2; k++) {
            double mean = 1000 * m + 100 * (2 * i + 0.5) + 10 * (2 * j + 0.5) + k;
            assertThat(pooled.get(m, (i * 3 + j) * 2 + k)).isEqualTo(mean);
          }
        }
      }
    }
  }

  @Test
  void vectorsAreImagesOfOneSite() {
    Table rows = Table.of("x", new double[6], 2, 3);

    assertThat(Images.AS_READ.arrange(rows)).isSameAs(rows);
    assertThat(Images.AS_READ.knowing(rows).pooled(3)).isEqualTo(ImageShape.ofVector(3));
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Table rows = Table.of("x.npy", new double[24], 2, 12);
    Table images = Table.of("x.npy", new double[24], 2, 3, 4);

    refused(rows, "28x28", 1, "x.npy: it holds 12 numbers a row, images of 28x28 have 784");
    refused(images, "4x3", 1, "x.npy: it holds images of 3x4, not of 4x3");
    refused(images, "3x4", 2, "pool-input is 2; use a number that divides both sides");
    assertThatThrownBy(() -> new Images(Optional.empty(), ImageLayout.HWC, 2).arrange(rows))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("image-shape is missing; the rows of x.npy are flat");
    assertThatThrownBy(() -> new Images(Optional.empty(), ImageLayout.HWC, 0))
        .hasMessageContaining("pool-input is 0");
    for (String text : new String[] {"28", "0x3", "3x4x", "ax4", "99999x99999"}) {
      assertThatThrownBy(() -> ImageShape.parse(text))
          .as(text)
          .isInstanceOf(InvalidProblemException.class)
          .hasMessageContaining("image-shape");
    }
  }

  private static void refused(Table table, String shape, int pool, String message) {
    Images images = new Images(Optional.of(ImageShape.parse(shape)), ImageLayout.HWC, pool);
    assertThatThrownBy(() -> images.arrange(table))
        .isInstanceOf(RuntimeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void imagesKeepTheirShapeFromTheFileToTheDataset(@TempDir Path folder) {
    double[] x = channelsLast(3, 4, 4, 1);
    NpyWriter.write(folder.resolve("x.npy"), x, 3, 4, 4);
    NpyWriter.write(folder.resolve("y.npy"), new double[] {1, -1, 1}, 3);
    String file = folder.resolve("x.npy").toString();
    String labels = folder.resolve("y.npy").toString();

    Datasets data =
        DatasetReader.train(file, labels)
            .test(file, labels)
            .images(new Images(Optional.empty(), ImageLayout.HWC, 2))
            .read();

    assertThat(data.train().shape()).isEqualTo(new ImageShape(2, 2, 1));
    assertThat(data.test().orElseThrow().shape()).isEqualTo(new ImageShape(2, 2, 1));
    assertThat(data.images().shape()).contains(new ImageShape(4, 4, 1));
    assertThat(Arrays.copyOf(data.train().inputs(), 4)).containsExactly(55, 75, 255, 275);
    // flat rows without a shape stay as they are
    NpyWriter.write(folder.resolve("flat.npy"), x, 3, 16);
    Datasets flat = DatasetReader.train(folder.resolve("flat.npy").toString(), labels).read();
    assertThat(flat.train().shape()).isEqualTo(ImageShape.ofVector(16));
    assertThat(flat.images().shape()).isEmpty();
  }
}
