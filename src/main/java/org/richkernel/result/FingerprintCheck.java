package org.richkernel.result;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.InvalidProblemException;

/** Compares the options of a checkpoint with those of the run that wants to continue it. */
final class FingerprintCheck {
  private FingerprintCheck() {}

  /**
   * Passes if all options agree; numbers agree if they are equal in value, in any type.
   *
   * @throws InvalidProblemException naming the first option that differs and both values
   */
  static void requireSame(Path directory, Map<String, Object> then, Map<String, Object> now) {
    Set<String> names = new LinkedHashSet<>(now.keySet());
    names.addAll(then.keySet());
    for (String name : names) {
      if (!same(then.get(name), now.get(name))) {
        throw new InvalidProblemException(
            name,
            describe(now.get(name)),
            "the checkpoint in "
                + directory
                + " was made with "
                + name
                + " "
                + describe(then.get(name))
                + ": use the same options, or leave out --resume to start afresh");
      }
    }
  }

  private static boolean same(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return new BigDecimal(x.toString()).compareTo(new BigDecimal(y.toString())) == 0;
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      if (x.size() != y.size()) {
        return false;
      }
      for (int i = 0; i < x.size(); i++) {
        if (!same(x.get(i), y.get(i))) {
          return false;
        }
      }
      return true;
    }
    return Objects.equals(a, b);
  }

  private static String describe(@Nullable Object value) {
    return value == null ? "(not set)" : value.toString();
  }
}
