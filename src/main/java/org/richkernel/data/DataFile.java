package org.richkernel.data;

/**
 * A file that points were read from.
 *
 * @param name as it was named
 * @param array of an .npz file, empty if none was named
 * @param sha256 of the whole file as it lies there, packed or not, in lower-case hexadecimal
 */
public record DataFile(String name, String array, String sha256) {
  /** Whether both hold the same bytes and the same array of them was read, whatever the names. */
  public boolean sameContent(DataFile other) {
    return sha256.equals(other.sha256) && array.equals(other.array);
  }

  /** File and array, as on the command line. */
  @Override
  public String toString() {
    return array.isEmpty() ? name : name + ":" + array;
  }
}
