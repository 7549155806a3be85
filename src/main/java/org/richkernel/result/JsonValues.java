package org.richkernel.result;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Turns Java values into JSON values: ordered maps, lists, text, numbers and booleans.
 *
 * <p>JSON has no word for NaN and infinity: they and empty optionals are left out of maps and
 * become null in lists, where leaving them out would shift their neighbours.
 */
final class JsonValues {
  private JsonValues() {}

  /** An unmodifiable copy of a map with its values normalised. */
  static Map<String, Object> object(Map<?, ?> map, String where) {
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          String name = String.valueOf(key);
          Object normal = normalise(value, where + "." + name);
          if (normal != null) {
            copy.put(name, normal);
          }
        });
    return Collections.unmodifiableMap(copy);
  }

  /** The same for options, which keep their place: null without a value. */
  static Map<String, @Nullable Object> options(Map<?, ?> map, String where) {
    Map<String, @Nullable Object> copy = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          String name = String.valueOf(key);
          copy.put(name, normalise(value, where + "." + name));
        });
    return Collections.unmodifiableMap(copy);
  }

  /**
   * Values in the form of {@link #object}; a value that would get lost is refused.
   *
   * @throws IllegalArgumentException naming the first value that is null, empty or not finite
   */
  static Map<String, Object> finiteObject(Map<?, ?> map, String where) {
    Map<String, Object> copy = object(map, where);
    requireNothingLost(map, copy, where);
    return copy;
  }

  private static void requireNothingLost(
      @Nullable Object before, @Nullable Object after, String where) {
    if (after == null) {
      throw new IllegalArgumentException(where + " is " + before + ", which JSON cannot hold");
    }
    if (before instanceof Map<?, ?> map && after instanceof Map<?, ?> copy) {
      map.forEach(
          (key, value) ->
              requireNothingLost(value, copy.get(String.valueOf(key)), where + "." + key));
    }
    if (after instanceof List<?> copy && copy.contains(null)) {
      throw new IllegalArgumentException(where + " is " + copy + ", with a number lost to JSON");
    }
  }

  private static @Nullable Object normalise(@Nullable Object value, String where) {
    if (value == null || value instanceof String || value instanceof Boolean) {
      return value;
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof Map<?, ?> map) {
      return object(map, where);
    }
    // before Iterable, because a path iterates over paths without end
    if (value instanceof Enum<?> || value instanceof Path || value instanceof Character) {
      return value.toString();
    }
    if (value instanceof Iterable<?> items) {
      return list(items, where);
    }
    if (value instanceof double[] numbers) {
      return list(Arrays.stream(numbers).boxed().toList(), where);
    }
    if (value instanceof int[] numbers) {
      return list(Arrays.stream(numbers).boxed().toList(), where);
    }
    if (value instanceof long[] numbers) {
      return list(Arrays.stream(numbers).boxed().toList(), where);
    }
    if (value instanceof OptionalDouble some) {
      return some.isPresent() ? number(some.getAsDouble()) : null;
    }
    if (value instanceof OptionalLong some) {
      return some.isPresent() ? (Object) some.getAsLong() : null;
    }
    if (value instanceof OptionalInt some) {
      return some.isPresent() ? (Object) (long) some.getAsInt() : null;
    }
    if (value instanceof Optional<?> some) {
      return normalise(some.orElse(null), where);
    }
    throw new IllegalArgumentException(
        where
            + " is a "
            + value.getClass().getName()
            + "; JSON holds maps, lists, text, numbers and booleans");
  }

  /** Whole numbers as Long and others as Double, from any type; null if not finite. */
  private static @Nullable Object number(Number number) {
    if (number instanceof Double || number instanceof Float) {
      double value =
          number instanceof Float ? Double.parseDouble(number.toString()) : number.doubleValue();
      return Double.isFinite(value) ? (Object) value : null;
    }
    if (number instanceof Long
        || number instanceof Integer
        || number instanceof Short
        || number instanceof Byte) {
      return number.longValue();
    }
    return number;
  }

  private static List<Object> list(Iterable<?> items, String where) {
    List<Object> copy = new ArrayList<>();
    for (Object item : items) {
      copy.add(normalise(item, where + "[" + copy.size() + "]"));
    }
    return Collections.unmodifiableList(copy);
  }
}
