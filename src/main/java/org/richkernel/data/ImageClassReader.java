package org.richkernel.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Reads images that are sorted into classes: a folder or a .zip whose folders with PNG or JPEG
 * files are the classes, at any depth (as in the archives of Omniglot), or an array classes x
 * examples x height x width in an .npz or .npy file. Classes and images come in the order of their
 * names; bytes and other whole numbers up to 255 become 0 to 1.
 */
public final class ImageClassReader {
  private final OptionalInt side;

  private ImageClassReader(OptionalInt side) {
    this.side = side;
  }

  /** Reads images at the size that they have. */
  public static ImageClassReader plain() {
    return new ImageClassReader(OptionalInt.empty());
  }

  /** Reads images at another size, side x side, by means over areas. */
  public static ImageClassReader resizing(int side) {
    if (side < 1) {
      throw new IllegalArgumentException("a side of " + side);
    }
    return new ImageClassReader(OptionalInt.of(side));
  }

  /**
   * Reads all classes of some sources, one after the other.
   *
   * @param option that named them
   * @throws InvalidDataException if one is missing, damaged, or holds no classes, or if images
   *     differ in size
   */
  public ImageClasses read(String option, List<String> sources) {
    List<String> names = new ArrayList<>();
    List<float[]> images = new ArrayList<>();
    Map<String, DataFile> files = new LinkedHashMap<>();
    ImageClasses first = null;
    for (String source : sources) {
      ImageClasses next = readOne(option, source);
      if (first == null) {
        first = next;
      } else if (next.height() != first.height() || next.width() != first.width()) {
        throw new InvalidDataException(
            source,
            "its images are " + size(next.height(), next.width()),
            "those before are "
                + size(first.height(), first.width())
                + "; bring all to one size with --resize");
      }
      names.addAll(next.names());
      images.addAll(next.images());
      next.files()
          .values()
          .forEach(f -> files.put(option + (files.isEmpty() ? "" : "-" + (files.size() + 1)), f));
    }
    if (first == null) {
      throw new IllegalArgumentException("no sources");
    }
    return new ImageClasses(names, images, first.height(), first.width(), files);
  }

  private static String size(int height, int width) {
    return height + " x " + width;
  }

  private ImageClasses readOne(String option, String source) {
    Path path;
    try {
      path = Path.of(source);
    } catch (InvalidPathException e) {
      throw new InvalidDataException(
          source.replace('\0', '?'), "this is no file name (" + e.getReason() + ")", "check it", e);
    }
    if (Files.isDirectory(path)) {
      return folder(option, path);
    }
    if (source.toLowerCase(Locale.ROOT).endsWith(".zip") && Files.isRegularFile(path)) {
      return archive(option, path);
    }
    return array(option, source);
  }

  // ---- files of images ---------------------------------------------------------------------

  private ImageClasses folder(String option, Path folder) {
    Collected collected = new Collected(folder.toString());
    MessageDigest digest = Sha256.digest();
    try (Stream<Path> tree = Files.walk(folder)) {
      List<Path> files =
          tree.filter(p -> ImageFile.isImage(p.toString()) && Files.isRegularFile(p))
              .sorted()
              .toList();
      for (Path file : files) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        byte[] bytes = Files.readAllBytes(file);
        digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
        digest.update(bytes);
        collected.add(name, file.toString(), bytes);
      }
    } catch (IOException e) {
      throw ByteSource.unreadable(folder.toString(), e);
    }
    return collected.classes(option, new DataFile(folder.toString(), "", Sha256.of(digest)));
  }

  private ImageClasses archive(String option, Path file) {
    Collected collected = new Collected(file.toString());
    try (ByteSource whole = ByteSource.open(file);
        ZipFile zip = new ZipFile(file.toFile())) {
      List<? extends ZipEntry> entries =
          zip.stream()
              .filter(entry -> ImageFile.isImage(entry.getName()))
              .sorted(Comparator.comparing(ZipEntry::getName))
              .toList();
      for (ZipEntry entry : entries) {
        collected.add(entry.getName(), file + ":" + entry.getName(), content(zip, entry));
      }
      return collected.classes(option, whole.dataFile(""));
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidDataException(
          file.toString(),
          "it is no readable .zip archive (" + e.getMessage() + ")",
          "copy the file again",
          e);
    }
  }

  /** The bytes of an entry, whose checksum the library leaves to its user. */
  private static byte[] content(ZipFile zip, ZipEntry entry) throws IOException {
    byte[] bytes;
    try (InputStream in = zip.getInputStream(entry)) {
      bytes = in.readAllBytes();
    }
    CRC32 sum = new CRC32();
    sum.update(bytes);
    if (sum.getValue() != entry.getCrc()) {
      throw new IOException("the checksum of " + entry.getName() + " is wrong");
    }
    return bytes;
  }

  /** Images by class as they come. */
  private final class Collected {
    private final String source;
    private final Map<String, List<float[]>> byClass = new TreeMap<>();
    private int height;
    private int width;
    private String first = "";

    Collected(String source) {
      this.source = source;
    }

    void add(String name, String place, byte[] bytes) {
      String[] parts = name.split("/", -1);
      if (parts.length < 2
          || Stream.of(parts).anyMatch(p -> p.startsWith("."))
          || name.startsWith("__MACOSX")) {
        return;
      }
      ImageFile.Gray image = ImageFile.decode(place, bytes);
      image = side.isPresent() ? image.resized(side.getAsInt()) : image;
      if (first.isEmpty()) {
        first = name;
        height = image.height();
        width = image.width();
      } else if (image.height() != height || image.width() != width) {
        throw new InvalidDataException(
            place,
            "it has " + size(image.height(), image.width()) + " pixels",
            first + " has " + size(height, width) + "; bring all to one size with --resize");
      }
      String of = name.substring(0, name.lastIndexOf('/'));
      byClass.computeIfAbsent(of, key -> new ArrayList<>()).add(image.gray());
    }

    ImageClasses classes(String option, DataFile file) {
      if (byClass.isEmpty()) {
        throw new InvalidDataException(
            source,
            "it holds no folders with PNG or JPEG images",
            "put the images of each class into a folder of their own");
      }
      List<float[]> all = new ArrayList<>();
      for (List<float[]> of : byClass.values()) {
        float[] joined = new float[of.size() * height * width];
        for (int e = 0; e < of.size(); e++) {
          System.arraycopy(of.get(e), 0, joined, e * height * width, height * width);
        }
        all.add(joined);
      }
      return new ImageClasses(
          withoutCommonFolder(List.copyOf(byClass.keySet())),
          all,
          height,
          width,
          Map.of(option, file));
    }

    /** Names of classes without the folders that hold them all, such as the one in an archive. */
    private static List<String> withoutCommonFolder(List<String> names) {
      String first = names.get(0);
      int common = first.lastIndexOf('/') + 1;
      while (common > 0) {
        String folder = first.substring(0, common);
        if (names.stream().allMatch(name -> name.startsWith(folder))) {
          return names.stream().map(name -> name.substring(folder.length())).toList();
        }
        common = first.lastIndexOf('/', common - 2) + 1;
      }
      return names;
    }
  }

  // ---- arrays ------------------------------------------------------------------------------

  private ImageClasses array(String option, String source) {
    Table table = ArrayReader.read(source);
    int[] shape = table.shape();
    if (shape.length != 4 || table.rows() == 0 || table.columns() == 0) {
      throw new InvalidDataException(
          table.source(),
          "it is an array of " + Table.describe(shape),
          "store classes x examples x height x width");
    }
    double[] values = table.values();
    float scale = scale(table.source(), values);
    int block = table.columns();
    List<String> names = new ArrayList<>();
    List<float[]> images = new ArrayList<>();
    for (int c = 0; c < shape[0]; c++) {
      float[] of = new float[block];
      for (int i = 0; i < block; i++) {
        of[i] = (float) values[c * block + i] / scale;
      }
      names.add(String.valueOf(c));
      images.add(of);
    }
    Map<String, DataFile> files = new LinkedHashMap<>();
    table.file().ifPresent(file -> files.put(option, file));
    ImageClasses read = new ImageClasses(names, images, shape[2], shape[3], files);
    return side.isPresent() ? read.resized(side.getAsInt(), side.getAsInt()) : read;
  }

  /** 255 for whole numbers up to 255 with one above 1; 1 for numbers from 0 to 1. */
  private static float scale(String source, double[] values) {
    double largest = 0;
    boolean whole = true;
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0 || values[i] > 255) {
        throw new InvalidDataException(
            source,
            "value " + (i + 1) + " is " + values[i],
            "store bytes from 0 to 255, or numbers from 0 to 1");
      }
      largest = Math.max(largest, values[i]);
      whole &= values[i] == Math.rint(values[i]);
    }
    if (largest > 1 && !whole) {
      throw new InvalidDataException(
          source,
          "it has fractions, and values up to " + largest,
          "store bytes from 0 to 255, or numbers from 0 to 1");
    }
    return largest > 1 ? 255 : 1;
  }
}
