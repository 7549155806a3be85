package org.richkernel.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where points come from.
 *
 * @param files by the name of their option, such as "train-x"
 * @param points SHA-256 of the chosen rows with standardized inputs, by the name of the set,
 *     "train" and optionally "test"; see {@link Dataset#checksum}
 */
public record DataOrigin(Map<String, DataFile> files, Map<String, String> points) {
  /** No points at all. */
  public static final DataOrigin NONE = new DataOrigin(Map.of(), Map.of());

  /** Takes copies of the maps, in their order. */
  public DataOrigin {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    points = Collections.unmodifiableMap(new LinkedHashMap<>(points));
  }
}
