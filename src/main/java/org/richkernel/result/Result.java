package org.richkernel.result;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Table;

/**
 * A finished computation: its summary and its arrays by name.
 *
 * @param arrays in the order in which they are stored; names as in arrays.npz: {@code y_train},
 *     {@code f_train}, {@code y_test}, {@code f_test}, {@code phi_1} ... {@code phi_L} (P x P)
 * @param predicted points of predictions.csv, if any
 */
public record Result(
    Summary summary, Map<String, Table> arrays, Optional<PredictedRows> predicted) {

  /** Takes a copy of the map; the arrays are immutable. */
  public Result {
    arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
    arrays.keySet().forEach(ArrayNames::require);
  }

  /**
   * Name of the detail of the summary with the names of the classes, in the order of {@link
   * PredictedRows#classNames}.
   */
  public static final String CLASS_NAMES = "classNames";

  /** A result with no list of predictions. */
  public Result(Summary summary, Map<String, Table> arrays) {
    this(summary, arrays, Optional.empty());
  }

  /** A result without arrays. */
  public static Result of(Summary summary) {
    return new Result(summary, Map.of());
  }

  /** The same with predictions listed in predictions.csv, and the names of their classes. */
  public Result withPredicted(PredictedRows points) {
    Summary named =
        points.classNames().isEmpty()
            ? summary
            : summary.withDetail(CLASS_NAMES, points.classNames());
    return new Result(named, arrays, Optional.of(points));
  }

  /**
   * The same with one more array.
   *
   * @param values row-major; taken over, so not to be changed from here on
   */
  public Result with(String name, double[] values, int... shape) {
    Map<String, Table> more = new LinkedHashMap<>(arrays);
    more.put(name, Table.taking(name, values, shape));
    return new Result(summary, more, predicted);
  }

  /** The array of a name, if there is one. */
  public Optional<Table> array(String name) {
    return Optional.ofNullable(arrays.get(name));
  }
}
