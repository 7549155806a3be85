package org.richkernel.result;

import java.util.Map;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;

/**
 * A checkpoint that was read back.
 *
 * @param iteration that was complete when it was taken
 * @param state JSON values; whole numbers are Integer, Long or BigInteger, others Double
 * @param arrays by name; float32 values as doubles that equal them
 */
public record Snapshot(long iteration, Map<String, Object> state, Map<String, Table> arrays) {

  /** The number of a name in the state. */
  public Number number(String name) {
    if (state.get(name) instanceof Number number) {
      return number;
    }
    throw missing("number", name);
  }

  /** The array of a name. */
  public Table array(String name) {
    Table array = arrays.get(name);
    if (array == null) {
      throw missing("array", name);
    }
    return array;
  }

  private static InvalidDataException missing(String what, String name) {
    return new InvalidDataException(
        "checkpoint",
        "it holds no " + what + " '" + name + "'",
        "it is of another version of richkernel: start without --resume");
  }
}
