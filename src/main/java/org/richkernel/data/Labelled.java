package org.richkernel.data;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.network.InputValues;

/**
 * Points and their labels from one place: a text file with a column of labels, a batch of CIFAR, or
 * images in folders that are their classes.
 *
 * @param x the inputs
 * @param y as many labels, one column
 */
record Labelled(Table x, Table y) {
  /**
   * Reads points with labels.
   *
   * @param column the label in a text file, by its name or its number from 0 (from the end below
   *     0); of CIFAR-100 fine or coarse
   * @return empty if the file has no labels, or no column was named
   */
  static Optional<Labelled> read(String file, Optional<String> column) {
    Path path;
    try {
      path = Path.of(file);
    } catch (InvalidPathException e) {
      return Optional.empty(); // said by who reads it as an array
    }
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    if (CifarFormat.recognizes(path)) {
      return Optional.of(CifarFormat.read(path, column));
    }
    boolean images = Files.isDirectory(path) || file.toLowerCase(Locale.ROOT).endsWith(".zip");
    if (images) {
      return Optional.of(images(file));
    }
    if (column.isPresent() && CsvFormat.recognizes(file)) {
      try (ByteSource source = ByteSource.open(path)) {
        Labelled read = CsvFormat.read(source, column.get());
        return Optional.of(new Labelled(read.x().of(source.dataFile("")), read.y()));
      }
    }
    return Optional.empty();
  }

  /** Images in folders of classes, as bytes of gray. */
  private static Labelled images(String source) {
    ImageClasses classes = ImageClassReader.plain().read("train-x", List.of(source));
    int pixels = classes.pixels();
    byte[] bytes = Heap.bytes(source, (long) classes.total() * pixels);
    double[] labels = new double[classes.total()];
    int row = 0;
    for (int k = 0; k < classes.count(); k++) {
      float[] gray = classes.images().get(k);
      for (int i = 0; i < gray.length; i++) {
        bytes[row * pixels + i] = (byte) Math.round(255 * gray[i]);
      }
      for (int e = 0; e < classes.examples(k); e++) {
        labels[row++] = k;
      }
    }
    int[] shape = {row, classes.height(), classes.width()};
    Table x =
        new Table(source, InputValues.ofUnsigned(bytes), shape, true)
            .of(classes.files().values().iterator().next());
    return new Labelled(x, Table.of(source + " (classes)", labels, row).withWords(classes.names()));
  }

  /** Batches one after the other. */
  static Labelled joined(String source, List<Labelled> parts) {
    int rows = parts.stream().mapToInt(part -> part.x().rows()).sum();
    int columns = parts.get(0).x().columns();
    byte[] bytes = Heap.bytes(source, (long) rows * columns);
    double[] labels = new double[rows];
    MessageDigest digest = Sha256.digest();
    double[] values = new double[columns];
    int row = 0;
    for (Labelled part : parts) {
      digest.update(
          part.x()
              .file()
              .orElseThrow()
              .sha256()
              .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      for (int i = 0; i < part.x().rows(); i++) {
        part.x().copyRow(i, values);
        for (int c = 0; c < columns; c++) {
          bytes[row * columns + c] = (byte) values[c];
        }
        labels[row++] = part.y().get(i, 0);
      }
    }
    int[] shape = parts.get(0).x().shape();
    shape[0] = rows;
    Table x = new Table(source, InputValues.ofUnsigned(bytes), shape, true);
    DataFile file = new DataFile(source, "", Sha256.of(digest));
    return new Labelled(x.of(file), Table.of(source + " (labels)", labels, rows));
  }

  /**
   * Labels that are words: integers in the order in which the words sort, with their names.
   *
   * @throws InvalidDataException if a word is empty
   */
  static Table words(String source, List<String> words) {
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).isBlank()) {
        throw new InvalidDataException(
            source, "label " + (i + 1) + " is empty", "give every point a label");
      }
    }
    List<String> names = words.stream().distinct().sorted().toList();
    java.util.Map<String, Integer> codes = new java.util.HashMap<>();
    names.forEach(name -> codes.put(name, codes.size()));
    double[] values = new double[words.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = codes.get(words.get(i));
    }
    return Table.of(source, values, values.length).withWords(names);
  }

  /** The rows but the first one, which is the name of the column. */
  static Table withoutFirst(Table y) {
    List<String> all = List.of(Labelling.labels(y));
    TextTraits named = new TextTraits(List.of(all.get(0)), 0, TextTraits.Numbered.NO);
    Table rest = words(y.source(), all.subList(1, all.size())).with(named);
    return y.file().map(rest::of).orElse(rest);
  }
}
