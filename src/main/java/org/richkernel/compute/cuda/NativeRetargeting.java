package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Changes the libraries that a shared object needs by overwriting their names. JCuda's natives need
 * the libraries of CUDA 12; those of CUDA 13 have every symbol that is called here, under names of
 * the same length.
 *
 * <p>A name stands once in the table of dynamic strings, where the list of needed libraries and the
 * list of needed versions both point to it; beside the latter stands its hash (System V ABI,
 * chapter "Dynamic Linking"; Linux Standard Base, "Symbol Versioning").
 */
final class NativeRetargeting {
  private static final int ELF_MAGIC = 0x464c457f;
  private static final byte CLASS_64 = 2;
  private static final int LOADED_SEGMENT = 1;
  private static final int DYNAMIC_SEGMENT = 2;
  private static final int SEGMENT_BYTES = 56;
  private static final long STRING_TABLE = 5;
  private static final long STRING_BYTES = 10;
  private static final long VERSIONS_NEEDED = 0x6ffffffeL;
  private static final long NUMBER_OF_VERSIONS_NEEDED = 0x6fffffffL;

  private final ByteBuffer file;
  private int strings;
  private int stringBytes;
  private int versions = -1;
  private int versionCount;

  private NativeRetargeting(byte[] content) {
    file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A copy that asks for other libraries.
   *
   * @param object a 64-bit little-endian shared object
   * @param names old names with the new ones, of equal length
   * @throws IllegalArgumentException if it is no such object, if a name is not in it, or if lengths
   *     differ
   */
  static byte[] retarget(byte[] object, Map<String, String> names) {
    NativeRetargeting copy = new NativeRetargeting(object.clone());
    try {
      copy.locate();
      names.forEach(copy::rename);
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("the shared object ends too early", e);
    }
    return copy.file.array();
  }

  private void locate() {
    if (file.getInt(0) != ELF_MAGIC || file.get(4) != CLASS_64) {
      throw new IllegalArgumentException("not a 64-bit ELF file");
    }
    int dynamic = (int) file.getLong(segment(DYNAMIC_SEGMENT, 0) + 8);
    for (int at = dynamic; file.getLong(at) != 0; at += 16) {
      long tag = file.getLong(at);
      long value = file.getLong(at + 8);
      if (tag == STRING_TABLE) {
        strings = offset(value);
      } else if (tag == STRING_BYTES) {
        stringBytes = (int) value;
      } else if (tag == VERSIONS_NEEDED) {
        versions = offset(value);
      } else if (tag == NUMBER_OF_VERSIONS_NEEDED) {
        versionCount = (int) value;
      }
    }
  }

  /** Where in the file the byte lies that is loaded to an address. */
  private int offset(long address) {
    int segment = segment(LOADED_SEGMENT, address);
    return (int) (address - file.getLong(segment + 16) + file.getLong(segment + 8));
  }

  /** The program header of a kind whose segment contains an address; 0 for any address. */
  private int segment(int kind, long address) {
    int first = (int) file.getLong(32);
    int count = file.getShort(56) & 0xffff;
    for (int i = 0; i < count; i++) {
      int at = first + i * SEGMENT_BYTES;
      long from = file.getLong(at + 16);
      boolean holds = address == 0 || (address >= from && address < from + file.getLong(at + 32));
      if (file.getInt(at) == kind && holds) {
        return at;
      }
    }
    throw new IllegalArgumentException("no segment of type " + kind + " in the shared object");
  }

  private void rename(String old, String name) {
    byte[] from = old.getBytes(StandardCharsets.US_ASCII);
    byte[] to = name.getBytes(StandardCharsets.US_ASCII);
    if (from.length != to.length) {
      throw new IllegalArgumentException(old + " and " + name + " differ in length");
    }
    int string = find(from);
    if (string < 0) {
      throw new IllegalArgumentException("the shared object does not ask for " + old);
    }
    file.put(strings + string, to);
    rehash(string, hash(to));
  }

  /** Position of a whole string in the string table; -1 if it is not there. */
  private int find(byte[] wanted) {
    for (int at = 1; at + wanted.length < stringBytes; at++) {
      if (file.get(strings + at - 1) == 0 && file.get(strings + at + wanted.length) == 0) {
        int same = 0;
        while (same < wanted.length && file.get(strings + at + same) == wanted[same]) {
          same++;
        }
        if (same == wanted.length) {
          return at;
        }
      }
    }
    return -1;
  }

  /** Writes the hash of every needed version whose name is this string. */
  private void rehash(int string, int hash) {
    int library = versions;
    for (int i = 0; i < versionCount; i++) {
      int version = library + file.getInt(library + 8);
      int count = file.getShort(library + 2) & 0xffff;
      for (int k = 0; k < count; k++) {
        if (file.getInt(version + 8) == string) {
          file.putInt(version, hash);
        }
        version += file.getInt(version + 12);
      }
      library += file.getInt(library + 12);
    }
  }

  /** The hash of a name in ELF files (System V ABI, figure "Hashing Function"). */
  static int hash(byte[] name) {
    int hash = 0;
    for (byte letter : name) {
      hash = (hash << 4) + (letter & 0xff);
      int high = hash & 0xf0000000;
      hash = (hash ^ (high >>> 24)) & ~high;
    }
    return hash;
  }
}
