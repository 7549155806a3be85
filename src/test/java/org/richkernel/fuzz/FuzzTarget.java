package org.richkernel.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.richkernel.data.ArrayReader;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.ImageClassReader;
import org.richkernel.data.InvalidDataException;
import org.richkernel.result.ModelFile;
import org.richkernel.result.Snapshot;

/** A reader and the file that it reads. */
enum FuzzTarget {
  NPY("a.npy"),
  NPZ("a.npz"),
  HDF5("a.h5"),
  IDX("a-idx3-ubyte"),
  GZIP("a-idx3-ubyte.gz"),
  CSV("a.csv"),
  LABELLED_CSV("b.csv"),
  CIFAR("a.bin"),
  IMAGES("a.zip"),
  PNG("class/a.png"),
  MODEL_SETTINGS(ModelFile.SETTINGS),
  MODEL_ARRAYS(ModelFile.ARRAYS),
  SNAPSHOT_STATE("state.json"),
  SNAPSHOT_CHECKSUM("state.sha256"),
  SNAPSHOT_ARRAYS("arrays.npz");

  private final String name;

  FuzzTarget(String name) {
    this.name = name;
  }

  /** Whether the file is one of several that are taken together or not at all. */
  boolean isPart() {
    return compareTo(MODEL_SETTINGS) >= 0;
  }

  /** Whether a checksum covers all that is read. */
  boolean isChecked() {
    return isPart() || this == NPZ || this == GZIP || this == PNG;
  }

  /** jHDF believes some claims, of chunks and of their index, before it looks at the bytes. */
  long mostBytes() {
    return this == HDF5 ? 1L << 30 : 16L << 20;
  }

  /** Makes sound files, and what stands around the file in its folder. */
  List<byte[]> prepare(Path folder) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    return switch (this) {
      case NPY -> Corpus.npy(folder);
      case NPZ -> List.of(Corpus.npz(folder));
      case HDF5 -> List.of(Corpus.resource("/hdf5/one.h5"), Corpus.resource("/hdf5/v110.h5"));
      case IDX -> List.of(Corpus.idx());
      case GZIP -> List.of(Corpus.gzip(Corpus.idx()));
      case CSV -> Corpus.text("1,2\n3,4.5\n-1e3,0\n", "a;b\n# note\n1;2\n\"3\";4\n", "1\t2\t3\n");
      case LABELLED_CSV -> Corpus.text("a,b,kind\n1,2,x\n3,4,y\n", "1 2 0\n3 4 1\n");
      case CIFAR -> Corpus.cifar();
      case IMAGES -> Corpus.images();
      case PNG -> List.of(Corpus.image("png", 77));
      case MODEL_SETTINGS, MODEL_ARRAYS -> {
        Corpus.model(folder);
        yield List.of(Files.readAllBytes(file(folder)));
      }
      default -> {
        Corpus.snapshot(folder);
        yield List.of(Files.readAllBytes(file(folder)));
      }
    };
  }

  /** The file in its folder. */
  Path file(Path folder) {
    if (compareTo(SNAPSHOT_STATE) < 0) {
      return folder.resolve(name);
    }
    try (Stream<Path> snapshots = Files.list(Corpus.checkpoints(folder).path())) {
      return snapshots.findFirst().orElseThrow().resolve(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What is read from the folder, which can be compared.
   *
   * @throws InvalidDataException and others that are declared, if it is refused
   */
  Object read(Path folder) {
    String file = folder.resolve(name).toString();
    return switch (this) {
      case LABELLED_CSV -> DatasetReader.train(file).labelColumn("-1").read();
      case CIFAR -> DatasetReader.train(file).oneHot().read();
      case IMAGES -> ImageClassReader.plain().read("images", List.of(file));
      case PNG ->
          ImageClassReader.plain().read("images", List.of(folder.toString())).images().stream()
              .map(Arrays::toString)
              .collect(Collectors.joining());
      case MODEL_SETTINGS, MODEL_ARRAYS -> ModelFile.read(folder);
      case SNAPSHOT_STATE, SNAPSHOT_CHECKSUM, SNAPSHOT_ARRAYS -> snapshot(folder);
      default -> DoubleStream.of(ArrayReader.read(folder.resolve(name)).values()).boxed().toList();
    };
  }

  private static Snapshot snapshot(Path folder) {
    Optional<Snapshot> latest;
    try {
      latest = Corpus.checkpoints(folder).latest();
    } catch (UncheckedIOException e) {
      throw new InvalidDataException("checkpoint", "it cannot be read", "check it", e);
    }
    return latest.orElseThrow(
        () -> new InvalidDataException("checkpoint", "it was passed over", "start afresh"));
  }
}
