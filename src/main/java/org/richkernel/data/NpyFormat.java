package org.richkernel.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.richkernel.network.InputValues;

/**
 * The .npy format, versions 1.0 to 3.0: magic bytes, version, header length, a Python dictionary
 * with descr, fortran_order and shape, then the values (NumPy's numpy.lib.format).
 */
final class NpyFormat {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** Longest header that is parsed; NumPy's own default limit is 10000. */
  private static final int LONGEST_HEADER = 1 << 16;

  /** Header and prefix together fill a multiple of this many bytes. */
  private static final int ALIGNMENT = 64;

  private static final Pattern DESCR =
      Pattern.compile("['\"]descr['\"]\\s*:\\s*(?:['\"]([<>|=])([a-zA-Z]\\d*)['\"]|(.{1,40}))");

  /** Strings of characters or of bytes, and their width. */
  private static final Pattern WORDS = Pattern.compile("([US])([1-9]\\d{0,5})");

  private static final Pattern ORDER =
      Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([^()]*)\\)");

  /** One entry of the shape; Python 2 wrote long integers with an L. */
  private static final Pattern DIMENSION = Pattern.compile("\\d{1,18}L?");

  private NpyFormat() {}

  /** Whether a file that begins so is .npy. */
  static boolean recognizes(byte[] head) {
    return head.length >= MAGIC.length
        && Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  static Table read(ByteSource source) {
    String header = header(source);
    Matcher descr = find(source, DESCR, header, "descr");
    ElementType type = type(source, descr);
    ByteOrder order = ">".equals(descr.group(1)) ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    boolean fortran = find(source, ORDER, header, "fortran_order").group(1).equals("True");
    long[] dimensions = dimensions(source, find(source, SHAPE, header, "shape").group(1));
    if (!fortran) {
      InputValues values = ArrayPayload.values(source, type, order, dimensions);
      return new Table(source.name(), values, ArrayPayload.shape(dimensions), false);
    }
    double[] values = ArrayPayload.read(source, type, order, dimensions);
    int[] shape = ArrayPayload.shape(dimensions);
    double[] ordered = ArrayPayload.rowMajor(source.name(), values, shape);
    return new Table(source.name(), InputValues.of(ordered), shape, false);
  }

  /**
   * The words of an array of one dimension of NumPy's fixed-width strings, of characters (U, four
   * bytes each) or of bytes (S), without the zeros that fill them up.
   *
   * @return empty where the elements are no words
   */
  static Optional<List<String>> words(ByteSource source) {
    String header = header(source);
    Matcher descr = find(source, DESCR, header, "descr");
    Matcher width = WORDS.matcher(String.valueOf(descr.group(2)));
    if (!width.matches()) {
      return Optional.empty();
    }
    long[] dimensions = dimensions(source, find(source, SHAPE, header, "shape").group(1));
    if (dimensions.length != 1) {
      return Optional.empty();
    }
    boolean characters = width.group(1).equals("U");
    Charset charset =
        !characters
            ? StandardCharsets.UTF_8
            : Charset.forName(">".equals(descr.group(1)) ? "UTF-32BE" : "UTF-32LE");
    long bytes = Long.parseLong(width.group(2)) * (characters ? 4 : 1);
    long[] all = {dimensions[0], bytes};
    byte[] payload = ArrayPayload.readBytes(source, all);
    List<String> words = new ArrayList<>();
    for (int at = 0; at < payload.length; at += (int) bytes) {
      String word = new String(payload, at, (int) bytes, charset);
      int end = word.length();
      while (end > 0 && word.charAt(end - 1) == '\0') {
        end--;
      }
      words.add(word.substring(0, end));
    }
    return Optional.of(words);
  }

  private static String header(ByteSource source) {
    byte[] prefix = source.header(8);
    if (!recognizes(prefix)) {
      throw damaged(source, "it does not begin with the .npy magic bytes");
    }
    int version = prefix[6];
    if (version < 1 || version > 3) {
      throw damaged(source, ".npy version " + version + " is unknown");
    }
    byte[] length = source.header(version == 1 ? 2 : 4);
    ByteBuffer buffer = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN);
    long bytes = version == 1 ? buffer.getShort() & 0xffff : buffer.getInt() & 0xffffffffL;
    if (bytes > LONGEST_HEADER) {
      throw damaged(source, "its header claims to be " + bytes + " bytes long");
    }
    return new String(source.header((int) bytes), StandardCharsets.UTF_8);
  }

  private static Matcher find(ByteSource source, Pattern pattern, String header, String key) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw damaged(source, "its header has no readable '" + key + "'");
    }
    return matcher;
  }

  private static ElementType type(ByteSource source, Matcher descr) {
    for (ElementType type : ElementType.values()) {
      if (type.code().equals(descr.group(2))) {
        return type;
      }
    }
    String given = descr.group(2) == null ? descr.group(3) : descr.group(1) + descr.group(2);
    boolean words = descr.group(2) != null && "US".indexOf(descr.group(2).charAt(0)) >= 0;
    throw new InvalidDataException(
        source.name(),
        "elements of type " + given.strip() + " are not plain numbers that can be read",
        words
            ? "words can only be labels, one for each point"
            : "save it as array.astype('float64')");
  }

  private static long[] dimensions(ByteSource source, String tuple) {
    String[] parts = tuple.isBlank() ? new String[0] : tuple.strip().split("\\s*,\\s*", 0);
    long[] dimensions = new long[parts.length];
    for (int d = 0; d < parts.length; d++) {
      if (!DIMENSION.matcher(parts[d]).matches()) {
        throw damaged(source, "its header gives the shape (" + tuple.strip() + ")");
      }
      dimensions[d] = Long.parseLong(parts[d].replace("L", ""));
    }
    return dimensions;
  }

  private static InvalidDataException damaged(ByteSource source, String problem) {
    return new InvalidDataException(
        source.name(), problem, "the file is damaged: write it again with numpy.save");
  }

  /** The bytes before the values of a little-endian array, version 1.0. */
  static byte[] encodeHeader(ElementType type, ElementOrder order, int[] shape) {
    String tuple =
        Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "))
            + (shape.length == 1 ? "," : "");
    String dictionary =
        "{'descr': '"
            + (type.bytes() == 1 ? "|" : "<")
            + type.code()
            + "', 'fortran_order': "
            + (order == ElementOrder.COLUMN_MAJOR ? "True" : "False")
            + ", 'shape': ("
            + tuple
            + "), }";
    int unpadded = MAGIC.length + 4 + dictionary.length() + 1;
    int total = (unpadded + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer header = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - MAGIC.length - 4));
    header.put(dictionary.getBytes(StandardCharsets.US_ASCII));
    while (header.remaining() > 1) {
      header.put((byte) ' ');
    }
    return header.put((byte) '\n').array();
  }
}
