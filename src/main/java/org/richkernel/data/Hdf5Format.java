package org.richkernel.data;

import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Link;
import io.jhdf.api.Node;
import io.jhdf.links.ExternalLink;
import io.jhdf.object.message.DataLayout;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import org.richkernel.network.InputValues;

/**
 * Datasets of HDF5 files, read by jHDF: numbers of any width, bools, and words; contiguous or in
 * chunks that are packed. Links to other files are not followed.
 */
final class Hdf5Format {
  private static final String MAGIC = "\u0089HDF\r\n\u001a\n";
  private static final String AGAIN = "copy the file again, or write it again with h5py";

  /** Deepest group that is looked into for datasets. */
  private static final int DEEPEST = 8;

  /** Bytes of the largest file that is held whole while it is read. */
  private static final long HELD = 8L << 20;

  /** The most datasets that a message names. */
  private static final int NAMED = 20;

  private final String source;
  private final Dataset dataset;
  private final long fileSize;

  private Hdf5Format(String source, Dataset dataset, long fileSize) {
    this.source = source;
    this.dataset = dataset;
    this.fileSize = fileSize;
  }

  /** Whether a file that begins so is HDF5. */
  static boolean recognizes(byte[] head) {
    return new String(head, StandardCharsets.ISO_8859_1).startsWith(MAGIC);
  }

  /**
   * The values of a dataset.
   *
   * @param path of the dataset; empty for the only one of the file
   * @throws InvalidDataException if there is no such dataset, the file is damaged, or its elements
   *     are no numbers
   */
  static Table read(Path file, String path) {
    return opened(file, path, Hdf5Format::numbers);
  }

  /** The words of a dataset of one dimension; empty where it holds something else. */
  static Optional<List<String>> words(Path file, String path) {
    return opened(file, path, Hdf5Format::words);
  }

  /** Conversion of an open dataset. */
  private interface Reader<T> {
    T read(Hdf5Format dataset);
  }

  private static <T> T opened(Path file, String path, Reader<T> reader) {
    try (HdfFile hdf = open(file)) {
      String name = path.isEmpty() ? onlyDataset(file, hdf) : path;
      return reader.read(
          new Hdf5Format(file + ":" + name, dataset(file, hdf, name), Files.size(file)));
    } catch (InvalidDataException e) {
      throw e;
    } catch (IOException e) {
      throw ByteSource.unreadable(file.toString(), e);
    } catch (OutOfMemoryError e) {
      throw new InvalidDataException(
          file.toString(), "its headers ask for more memory than there is", AGAIN, e);
    } catch (StackOverflowError e) {
      throw new InvalidDataException(
          file.toString(), "its groups contain themselves, or are nested without end", AGAIN, e);
    } catch (RuntimeException e) {
      // jHDF declares none of the exceptions by which it stumbles over damaged bytes
      throw new InvalidDataException(
          file.toString(), "it is no HDF5 file that can be read (" + oneLine(e) + ")", AGAIN, e);
    }
  }

  /** A small file is held whole, so that no claim of its headers reaches beyond its bytes. */
  private static HdfFile open(Path file) throws IOException {
    return Files.size(file) <= HELD
        ? HdfFile.fromBytes(Files.readAllBytes(file))
        : new HdfFile(file);
  }

  private static String oneLine(RuntimeException e) {
    return String.valueOf(e.getMessage() == null ? e : e.getMessage()).replaceAll("\\s+", " ");
  }

  private static Dataset dataset(Path file, HdfFile hdf, String name) {
    Node node = hdf;
    for (String part : name.split("/", -1)) {
      if (part.isEmpty()) {
        continue;
      }
      node = node instanceof Group group ? group.getChild(part) : null;
      if (node instanceof ExternalLink link) {
        throw new InvalidDataException(
            file.toString(),
            "'" + name + "' lies in another file (" + link + ")",
            "name that file");
      }
      if (node instanceof Link link) {
        node = link.getTarget();
      }
      if (node == null) {
        throw new InvalidDataException(
            file.toString(), "it holds no dataset '" + name + "'", holds(hdf));
      }
    }
    if (node instanceof Dataset found) {
      return found;
    }
    throw new InvalidDataException(
        file.toString(), "'" + name + "' is a group, not a dataset", holds(hdf));
  }

  private static String onlyDataset(Path file, HdfFile hdf) {
    List<String> names = datasets(hdf);
    if (names.size() == 1) {
      return names.get(0);
    }
    throw new InvalidDataException(
        file.toString(),
        names.isEmpty() ? "it holds no dataset" : "it holds several datasets: " + listed(names),
        names.isEmpty() ? AGAIN : "name one, as in " + file + ":" + names.get(0));
  }

  private static String holds(HdfFile hdf) {
    return "it holds " + listed(datasets(hdf));
  }

  private static String listed(List<String> names) {
    return names.size() <= NAMED
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, NAMED)) + " and " + (names.size() - NAMED) + " more";
  }

  private static List<String> datasets(HdfFile hdf) {
    List<String> names = new ArrayList<>();
    collect(hdf, 0, names);
    return names;
  }

  private static void collect(Group group, int depth, List<String> names) {
    for (Node node : group) {
      if (node.isLink()) {
        continue;
      }
      if (node instanceof Group inner && depth < DEEPEST) {
        collect(inner, depth + 1, names);
      } else if (node instanceof Dataset) {
        names.add(node.getPath());
      }
    }
  }

  private Table numbers() {
    long[] dimensions = dataset.getDimensionsAsLong();
    if (Arrays.stream(dimensions).allMatch(d -> d > 0) && dataset.isEmpty()) {
      throw new InvalidDataException(source, "no values were written to it", "write it again");
    }
    requireRoom(dimensions);
    int[] shape = ArrayPayload.shape(dimensions);
    long count = ArrayPayload.count(source, ElementType.FLOAT64, dimensions);
    double[] values = count == 0 ? new double[0] : doubles(dataset.getDataFlat());
    return new Table(source, InputValues.of(values), shape, false);
  }

  private Optional<List<String>> words() {
    long[] dimensions = dataset.getDimensionsAsLong();
    if (dimensions.length != 1 || !dataset.getJavaType().equals(String.class)) {
      return Optional.empty();
    }
    requireRoom(dimensions);
    return dataset.getDataFlat() instanceof String[] words && !isBool(words)
        ? Optional.of(List.of(words))
        : Optional.empty();
  }

  /** Refuses a claim of more values than the file can hold, packed at most if it has chunks. */
  private void requireRoom(long[] dimensions) {
    long count = ArrayPayload.count(source, ElementType.FLOAT64, dimensions);
    long bytes = Math.multiplyExact(count, (long) dataset.getDataType().getSize());
    boolean chunks = dataset.getDataLayout() == DataLayout.CHUNKED;
    if (bytes / (chunks ? ByteSource.DEFLATE_RATIO : 1) > fileSize) {
      throw new InvalidDataException(
          source, "it claims " + count + " values in a file of " + fileSize + " bytes", AGAIN);
    }
    Heap.requireRoom(source, count, Double.BYTES);
  }

  private double[] doubles(Object flat) {
    if (flat instanceof double[] values) {
      return values;
    }
    if (flat instanceof float[] values) {
      return filled(values.length, i -> values[i]);
    }
    if (flat instanceof long[] values) {
      return filled(values.length, i -> ElementType.exact(values[i]));
    }
    if (flat instanceof int[] values) {
      return filled(values.length, i -> values[i]);
    }
    if (flat instanceof short[] values) {
      return filled(values.length, i -> values[i]);
    }
    if (flat instanceof byte[] values) {
      return filled(values.length, i -> values[i]);
    }
    if (flat instanceof BigInteger[] values) {
      return filled(values.length, i -> ElementType.exact(values[i].longValueExact()));
    }
    if (flat instanceof String[] values && isBool(values)) {
      return filled(values.length, i -> values[i].equals("TRUE") ? 1 : 0);
    }
    throw new InvalidDataException(
        source,
        "its elements are not plain numbers ("
            + dataset.getDataType().getClass().getSimpleName()
            + ")",
        "words can only be labels; save others as array.astype('float64')");
  }

  /** A bool of h5py is an enumeration of two names. */
  private static boolean isBool(String[] values) {
    return Arrays.stream(values).allMatch(value -> value.equals("TRUE") || value.equals("FALSE"));
  }

  private double[] filled(int count, IntToDoubleFunction value) {
    double[] values = Heap.doubles(source, count);
    try {
      Arrays.setAll(values, value);
    } catch (ArithmeticException e) {
      throw ArrayPayload.inexact(source, "a value is " + e.getMessage(), e);
    }
    return values;
  }
}
