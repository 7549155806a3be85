package org.richkernel.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.data.ArrayReader;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.NpyWriter;
import org.richkernel.data.NpzWriter;
import org.richkernel.data.Table;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.CheckpointDirectory;
import org.richkernel.result.ModelFile;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Snapshot;
import org.richkernel.result.Summary;

/**
 * Readers of files under mutations of sound ones: only declared exceptions, in one line; no
 * allocation beyond 16 MiB for files of a few kilobytes, whatever their headers promise (but of
 * HDF5, which a library reads); and no file under a checksum is loaded with a flipped bit. {@code
 * -Drichkernel.fuzz.executions=2000000} makes the run longer, {@code -Drichkernel.fuzz.seed}
 * another one.
 */
class FuzzTest {
  private static final long EXECUTIONS = Long.getLong("richkernel.fuzz.executions", 3000);
  private static final long SEED = Long.getLong("richkernel.fuzz.seed", 1);
  private static final long MOST_BYTES = 16L << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir static Path folder;

  /** What is fuzzed. */
  enum Target {
    NPY("a.npy"),
    NPZ("a.npz"),
    HDF5("a.h5"),
    IDX("a-idx3-ubyte"),
    GZIP("a-idx3-ubyte.gz"),
    CSV("a.csv"),
    LABELLED_CSV("b.csv"),
    CIFAR("a.bin");

    private final String name;

    Target(String name) {
      this.name = name;
    }

    void read(Path file) {
      switch (this) {
        case LABELLED_CSV -> DatasetReader.train(file.toString()).labelColumn("-1").read();
        case CIFAR -> DatasetReader.train(file.toString()).oneHot().read();
        default -> ArrayReader.read(file);
      }
    }

    /** jHDF believes some claims, of chunks and of their index, before it looks at the bytes. */
    long mostBytes() {
      return this == HDF5 ? 1L << 30 : MOST_BYTES;
    }

    List<byte[]> corpus(Path work) throws IOException {
      List<byte[]> files = new ArrayList<>();
      switch (this) {
        case NPY -> {
          files.add(npy(work, true));
          files.add(npy(work, false));
          files.add(half());
          files.add(strings());
        }
        case NPZ -> files.add(npz(work));
        case HDF5 -> {
          files.add(resource("/hdf5/one.h5"));
          files.add(resource("/hdf5/v110.h5"));
        }
        case IDX -> files.add(idx());
        case GZIP -> files.add(gzip(idx()));
        case CSV -> {
          files.add("1,2\n3,4.5\n-1e3,0\n".getBytes(StandardCharsets.UTF_8));
          files.add("a;b\n# note\n1;2\n\"3\";4\n".getBytes(StandardCharsets.UTF_8));
          files.add("1\t2\t3\n".getBytes(StandardCharsets.UTF_8));
        }
        case LABELLED_CSV -> {
          files.add("a,b,kind\n1,2,x\n3,4,y\n".getBytes(StandardCharsets.UTF_8));
          files.add("1 2 0\n3 4 1\n".getBytes(StandardCharsets.UTF_8));
        }
        default -> {
          byte[] two = new byte[2 * 3073];
          two[0] = 3;
          two[3073] = 9;
          files.add(two);
          byte[] fine = new byte[2 * 3074];
          fine[1] = 42;
          files.add(fine);
        }
      }
      return files;
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = FuzzTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  private static byte[] npy(Path work, boolean whole) throws IOException {
    Path file = work.resolve("corpus.npy");
    if (whole) {
      NpyWriter.write(file, new int[] {1, 0, 7}, 3);
    } else {
      NpyWriter.write(file, new double[] {1, -2.5, 3, 4, 5, 6}, 2, 3);
    }
    return Files.readAllBytes(file);
  }

  /** float16, in Fortran order. */
  private static byte[] half() {
    String header = "{'descr': '<f2', 'fortran_order': True, 'shape': (2, 2), }";
    byte[] bytes = new byte[128 + 8];
    Arrays.fill(bytes, 10, 127, (byte) ' ');
    System.arraycopy(HexFormat.of().parseHex("934e554d505901007600"), 0, bytes, 0, 10);
    System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, bytes, 10, header.length());
    bytes[127] = '\n';
    bytes[129] = 0x3c;
    return bytes;
  }

  /** Three words of two characters. */
  private static byte[] strings() {
    String header = "{'descr': '<U2', 'fortran_order': False, 'shape': (3,), }";
    byte[] bytes = new byte[128 + 24];
    Arrays.fill(bytes, 10, 127, (byte) ' ');
    System.arraycopy(HexFormat.of().parseHex("934e554d505901007600"), 0, bytes, 0, 10);
    System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, bytes, 10, header.length());
    bytes[127] = '\n';
    for (int i = 0; i < 6; i++) {
      bytes[128 + 4 * i] = (byte) ('a' + i);
    }
    return bytes;
  }

  private static byte[] npz(Path work) throws IOException {
    Path file = work.resolve("corpus.npz");
    try (NpzWriter writer = NpzWriter.create(file)) {
      writer.put("x", new double[] {1, 2, 3, 4}, 2, 2);
      writer.commit();
    }
    return Files.readAllBytes(file);
  }

  private static byte[] idx() {
    byte[] bytes = new byte[16 + 2 * 6];
    System.arraycopy(HexFormat.of().parseHex("00000803000000020000000200000003"), 0, bytes, 0, 16);
    bytes[20] = (byte) 200;
    return bytes;
  }

  @Test
  void noRowsOfMoreColumnsThanThereAreNumbersAreRefused() throws IOException {
    Path file = folder.resolve("wide-idx3-ubyte");
    Files.write(file, HexFormat.of().parseHex("00000803000000007fffffff7fffffff"));
    assertThat(refuses(-1, () -> ArrayReader.read(file))).isTrue();
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(content);
    }
    return packed.toByteArray();
  }

  /** Runs something that may refuse its input as declared, and watches what it allocates. */
  private static boolean refuses(long execution, Runnable reader) {
    return refuses(execution, MOST_BYTES, reader);
  }

  private static boolean refuses(long execution, long mostBytes, Runnable reader) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean refused = false;
    try {
      reader.run();
    } catch (InvalidDataException | InvalidProblemException | OutOfDeviceMemoryException e) {
      refused = true;
      if (String.valueOf(e.getMessage()).indexOf('\n') >= 0) {
        throw new AssertionError("execution " + execution + ": more than a line", e);
      }
    } catch (RuntimeException | Error e) {
      throw new AssertionError("execution " + execution + " of seed " + SEED, e);
    }
    long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    if (bytes > mostBytes) {
      throw new AssertionError("execution " + execution + " allocated " + bytes + " bytes");
    }
    return refused;
  }

  @ParameterizedTest
  @EnumSource
  void mutatedFilesAreReadOrRefusedInALine(Target target) throws IOException {
    Mutations mutations = new Mutations(target.corpus(folder), SEED);
    Path file = folder.resolve(target.name);
    long refused = 0;
    for (long i = 0; i < EXECUTIONS; i++) {
      Files.write(file, mutations.of(i));
      refused += refuses(i, target.mostBytes(), () -> target.read(file)) ? 1 : 0;
    }
    System.out.println(
        "fuzzed " + target + ": " + EXECUTIONS + " executions, " + refused + " refused");
    // neither everything nor nothing is still sound
    assertThat(refused).isBetween(EXECUTIONS / 20, EXECUTIONS - EXECUTIONS / 200);
  }

  @ParameterizedTest
  @EnumSource(names = {"NPZ", "GZIP"})
  void packedFilesWithAFlippedBitAreRefusedOrHoldWhatTheyHeld(Target target) throws IOException {
    List<byte[]> corpus = target.corpus(folder);
    Path file = folder.resolve("flipped-" + target.name);
    Files.write(file, corpus.get(0));
    Table sound = ArrayReader.read(file);
    Mutations mutations = new Mutations(corpus, SEED + 1);
    for (long i = 0; i < EXECUTIONS / 2; i++) {
      Files.write(file, mutations.flipped(i));
      refuses(
          i,
          () -> {
            Table read = ArrayReader.read(file);
            if (!Arrays.equals(read.values(), sound.values())) {
              throw new IllegalStateException("other values were loaded");
            }
          });
    }
  }

  private static Map<String, Path> savedModel(Path into) {
    Summary summary = Summary.builder("bayes", Map.of("gamma", 1.0)).converged(true).build();
    SavedModel model =
        new SavedModel(
            Map.of("kind", "linear", "gamma", 1.5),
            ArrayBundle.empty().with("w", new double[] {1, 2, 3}, 3));
    ResultFolder.write(into, Result.of(summary), java.util.Optional.of(model));
    return Map.of(
        ModelFile.SETTINGS,
        into.resolve(ModelFile.SETTINGS),
        ModelFile.ARRAYS,
        into.resolve(ModelFile.ARRAYS));
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(strings = {"model.json", "model.npz"})
  void aModelWithAFlippedBitIsNeverLoaded(String name, @TempDir Path into) throws IOException {
    Path file = savedModel(into).get(name);
    byte[] sound = Files.readAllBytes(file);
    Mutations mutations = new Mutations(List.of(sound), SEED);
    assertThat(refuses(-1, () -> ModelFile.read(into))).isFalse();
    for (long i = 0; i < EXECUTIONS / 2; i++) {
      byte[] changed = i % 2 == 0 ? mutations.flipped(i) : mutations.of(i);
      Files.write(file, changed);
      boolean refused = refuses(i, () -> ModelFile.read(into));
      if (!refused && !Arrays.equals(changed, sound)) {
        throw new AssertionError(
            "execution " + i + " was loaded: " + new String(changed, StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void aCheckpointWithAFlippedBitIsPassedOver(@TempDir Path into) throws IOException {
    CheckpointDirectory checkpoints = new CheckpointDirectory(into, Map.of("gamma", 1.0));
    checkpoints.save(
        17, Map.of("phase", "sampling"), ArrayBundle.empty().with("h", new double[] {1, 2, 3}, 3));
    Path snapshot;
    try (java.util.stream.Stream<Path> all = Files.list(checkpoints.path())) {
      snapshot = all.findFirst().orElseThrow();
    }
    try (java.util.stream.Stream<Path> all = Files.list(snapshot)) {
      for (Path file : all.toList()) {
        byte[] sound = Files.readAllBytes(file);
        Mutations mutations = new Mutations(List.of(sound), SEED);
        for (long i = 0; i < EXECUTIONS / 6; i++) {
          byte[] changed = i % 2 == 0 ? mutations.flipped(i) : mutations.of(i);
          Files.write(file, changed);
          java.util.Optional<Snapshot> latest = latest(i, into);
          if (latest.isPresent() && !Arrays.equals(changed, sound)) {
            throw new AssertionError("execution " + i + " of " + file.getFileName() + " was taken");
          }
        }
        Files.write(file, sound);
        assertThat(latest(-1, into)).isPresent();
      }
    }
  }

  private static java.util.Optional<Snapshot> latest(long execution, Path into) {
    List<Snapshot> found = new ArrayList<>();
    refuses(
        execution,
        () -> {
          try {
            new CheckpointDirectory(into, Map.of("gamma", 1.0)).latest().ifPresent(found::add);
          } catch (UncheckedIOException e) {
            throw new InvalidDataException("checkpoint", "it cannot be read", "check it", e);
          }
        });
    return found.stream().findFirst();
  }
}
