package org.richkernel.result;

import java.util.regex.Pattern;

/** Names that arrays may have, so that each can be the name of a file. */
final class ArrayNames {
  private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}");

  private ArrayNames() {}

  /** The name itself, if it is allowed. */
  static String require(String name) {
    if (!ALLOWED.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the array name '" + name + "' must consist of letters, digits, '_', '-' and '.'");
    }
    return name;
  }
}
