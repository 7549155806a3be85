package org.richkernel.data;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Data of a command: training points, optional test points, and the preprocessing of the inputs of
 * both.
 *
 * @param train the training points, standardized
 * @param test the test points, standardized with the numbers of the training points
 * @param standardization for new inputs
 * @param reading report of the read and skipped parts of files
 * @param images how the points of the files are images
 */
public record Datasets(
    Dataset train,
    Optional<Dataset> test,
    Standardization standardization,
    Reading reading,
    Images images) {

  /** Points that were not read from files. */
  public Datasets(Dataset train, Optional<Dataset> test, Standardization standardization) {
    this(train, test, standardization, Reading.ofMemory(), Images.AS_READ);
  }

  /** Training points that were not read from files, without preprocessing. */
  public static Datasets of(Dataset train) {
    return new Datasets(train, Optional.empty(), Standardization.IDENTITY);
  }

  /** The same with test points. */
  public static Datasets of(Dataset train, Dataset test) {
    return new Datasets(train, Optional.of(test), Standardization.IDENTITY);
  }

  /** Bytes of the inputs of all points. */
  public long inputBytes() {
    return train.inputValues().bytes() + test.map(set -> set.inputValues().bytes()).orElse(0L);
  }

  /** Files and checksums of the points. */
  public DataOrigin origin() {
    Map<String, String> points = new LinkedHashMap<>();
    points.put("train", train.checksum());
    test.ifPresent(set -> points.put("test", set.checksum()));
    return new DataOrigin(reading.files(), points);
  }
}
