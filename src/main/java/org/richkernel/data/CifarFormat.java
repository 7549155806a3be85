package org.richkernel.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.richkernel.network.InputValues;

/**
 * The binary batches of CIFAR-10 and CIFAR-100 (cs.toronto.edu/~kriz/cifar.html): records of one
 * label byte, or a coarse and a fine one, and 3072 bytes, 32 x 32 of red, then green, then blue. A
 * batch has no header, and is known by its name (.bin) and its size.
 */
final class CifarFormat {
  private static final int SIDE = 32;
  private static final int SITES = SIDE * SIDE;
  private static final int PIXELS = 3 * SITES;

  private CifarFormat() {}

  /** Whether a file, or a folder with batches of training images, is taken for CIFAR. */
  static boolean recognizes(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".bin") || name.endsWith(".bin.gz") || !batches(file).isEmpty();
  }

  private static java.util.List<Path> batches(Path folder) {
    if (!Files.isDirectory(folder)) {
      return java.util.List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("data_batch_[0-9]+\\.bin"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw ByteSource.unreadable(folder.toString(), e);
    }
  }

  /**
   * Reads a batch, or all batches of training images of a folder.
   *
   * @param column of two labels the one to take, fine or coarse; fine if empty
   */
  static Labelled read(Path file, Optional<String> column) {
    java.util.List<Path> parts = batches(file);
    if (parts.isEmpty()) {
      return batch(file, column);
    }
    return Labelled.joined(
        file.toString(), parts.stream().map(part -> batch(part, column)).toList());
  }

  private static Labelled batch(Path file, Optional<String> column) {
    try (ByteSource source = ByteSource.open(file)) {
      byte[] all = source.rest();
      int labelBytes = labelBytes(source.name(), all);
      int at = at(column, labelBytes);
      int record = labelBytes + PIXELS;
      int rows = all.length / record;
      byte[] pixels = new byte[rows * PIXELS];
      double[] labels = new double[rows];
      for (int i = 0; i < rows; i++) {
        labels[i] = all[i * record + at];
        int from = i * record + labelBytes;
        for (int site = 0; site < SITES; site++) {
          for (int channel = 0; channel < 3; channel++) {
            pixels[(i * SITES + site) * 3 + channel] = all[from + channel * SITES + site];
          }
        }
      }
      int[] shape = {rows, SIDE, SIDE, 3};
      Table x =
          new Table(source.name(), InputValues.ofUnsigned(pixels), shape, true)
              .of(source.dataFile(""));
      return new Labelled(x, Table.of(source.name() + " (labels)", labels, rows));
    }
  }

  /** 1 for CIFAR-10, 2 for CIFAR-100, by the size and by labels that both must hold. */
  private static int labelBytes(String source, byte[] all) {
    for (int labels = 1; labels <= 2; labels++) {
      int record = labels + PIXELS;
      boolean fits = all.length > 0 && all.length % record == 0;
      for (int i = 0; fits && i < all.length; i += record) {
        fits =
            labels == 1 ? (all[i] & 0xff) < 10 : (all[i] & 0xff) < 20 && (all[i + 1] & 0xff) < 100;
      }
      if (fits) {
        return labels;
      }
    }
    throw new InvalidDataException(
        source,
        "its "
            + all.length
            + " bytes are no batch of CIFAR-10 (records of 3073 bytes with labels"
            + " below 10) or CIFAR-100 (of 3074)",
        "copy it again, or save other arrays as .npy");
  }

  private static int at(Optional<String> column, int labelBytes) {
    String wanted = column.orElse("fine");
    if (labelBytes == 1 && column.isEmpty() || wanted.equals("fine") && labelBytes == 2) {
      return labelBytes - 1;
    }
    if (wanted.equals("coarse") && labelBytes == 2) {
      return 0;
    }
    throw new org.richkernel.network.InvalidProblemException(
        "label-column",
        wanted,
        labelBytes == 1 ? "CIFAR-10 has one label: leave it out" : "use fine or coarse");
  }
}
