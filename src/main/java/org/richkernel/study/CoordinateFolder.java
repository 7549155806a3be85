package org.richkernel.study;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.fraction.BigFraction;
import org.richkernel.data.DataFile;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.NpzArchive;
import org.richkernel.data.NpzWriter;
import org.richkernel.data.Table;
import org.richkernel.limit.CoordinateRun;
import org.richkernel.limit.Exponents;
import org.richkernel.limit.Optimizer;
import org.richkernel.limit.Parametrization;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.result.ParametrizationFile;
import org.richkernel.result.ResultFolder;

/**
 * A folder of dumps: one .npz file per run, and {@link ParametrizationFile}. An archive holds n,
 * seed and step (T + 1), h1 .. hL ((T + 1) x P x k_l), f ((T + 1) x P x K), and optionally w1 ..
 * w{L+1} (T + 1), readout0 (K x n) and x ((T + 1) x P x n).
 *
 * @param decay exponents of decoupled weight decay, if any
 * @param files that were read, by their names in the folder
 * @param task training task of the networks, if known
 */
record CoordinateFolder(
    Parametrization parametrization,
    Optional<List<BigFraction>> decay,
    List<CoordinateRun> runs,
    Map<String, DataFile> files,
    Optional<TrainedTask> task) {
  private static final String SUFFIX = ".npz";

  /** Names that {@link #write} gives. */
  private static final Pattern WRITTEN = Pattern.compile("n\\d+-seed\\d+\\.npz");

  /**
   * Reads a folder.
   *
   * @throws InvalidDataException with one line that names the file
   */
  static CoordinateFolder read(Path folder) {
    ParametrizationFile file = ParametrizationFile.read(folder);
    Parametrization declared = declared(folder, file);
    List<Path> archives = archives(folder);
    List<CoordinateRun> runs = new ArrayList<>();
    Map<String, DataFile> files = new LinkedHashMap<>();
    files.put(ParametrizationFile.NAME, DataFile.of(folder.resolve(ParametrizationFile.NAME)));
    for (Path archive : archives) {
      CoordinateRun run = run(archive, file.depth(), runs.size());
      if (!runs.isEmpty() && !run.times().equals(runs.get(0).times())) {
        throw new InvalidDataException(
            archive.toString(),
            "its steps are " + run.times() + ", those before " + runs.get(0).times(),
            "dump all runs after the same steps");
      }
      runs.add(run);
      files.put(archive.getFileName().toString(), DataFile.of(archive));
    }
    requireDifferent(folder, archives, runs);
    List<Integer> widths = runs.stream().map(CoordinateRun::width).distinct().sorted().toList();
    if (widths.size() < 2) {
      throw new InvalidDataException(
          folder.toString(),
          widths.isEmpty()
              ? "it holds no .npz files"
              : "all its runs are of width " + widths.get(0),
          "dump runs of at least 2 widths, better 4 with a factor of 8 between, 3 seeds each");
    }
    return new CoordinateFolder(
        declared,
        file.weightDecay().map(CoordinateFolder::fractions),
        runs,
        files,
        file.task().map(task -> trained(folder, task)));
  }

  /** Copies of one network would pass for independent ones and make every error too small. */
  private static void requireDifferent(Path folder, List<Path> files, List<CoordinateRun> runs) {
    Map<List<Long>, Path> seen = new HashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      CoordinateRun run = runs.get(i);
      Path other = seen.put(List.of((long) run.width(), run.seed()), files.get(i));
      if (other != null) {
        throw new InvalidDataException(
            folder.toString(),
            String.format(
                Locale.ROOT,
                "%s and %s are both of n = %d and seed %d",
                other.getFileName(),
                files.get(i).getFileName(),
                run.width(),
                run.seed()),
            "keep one of them, or write the seeds that they were made with");
      }
    }
  }

  /** A network may diverge while it is trained, but it starts with numbers. */
  private static void requireFiniteStart(Path file, String name, double[] values, int times) {
    for (int i = 0; i < values.length / times; i++) {
      if (!Double.isFinite(values[i])) {
        throw new InvalidDataException(
            file.toString(),
            "its " + name + " holds " + values[i] + " at step 0",
            "write a network that starts with finite numbers, or remove the file");
      }
    }
  }

  private static Parametrization declared(Path folder, ParametrizationFile file) {
    try {
      file.weightDecay().ifPresent(CoordinateFolder::fractions);
      return new Parametrization(
          Optimizer.of(file.optimizer()),
          fractions(file.a()),
          fractions(file.b()),
          fractions(file.c()));
    } catch (InvalidProblemException e) {
      throw new InvalidDataException(
          folder.resolve(ParametrizationFile.NAME).toString(),
          String.valueOf(e.getMessage()),
          "mend the file",
          e);
    }
  }

  private static TrainedTask trained(Path folder, ParametrizationFile.Task task) {
    try {
      return TrainedTask.of(task);
    } catch (IllegalArgumentException e) {
      throw new InvalidDataException(
          folder.resolve(ParametrizationFile.NAME).toString(),
          "the activation of its task: " + e.getMessage(),
          "mend the file",
          e);
    }
  }

  private static List<BigFraction> fractions(List<String> texts) {
    return texts.stream().map(text -> Exponents.parseOne("an exponent", text)).toList();
  }

  /** The dumps of a folder; arrays of a result may lie beside them. */
  private static List<Path> archives(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(SUFFIX))
          .filter(file -> !file.getFileName().toString().equals(ResultFolder.ARRAYS))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new InvalidDataException(
          folder.toString(), "it cannot be read (" + e + ")", "check its permissions", e);
    }
  }

  private static CoordinateRun run(Path file, int depth, int index) {
    try (NpzArchive archive = NpzArchive.open(file)) {
      int width = (int) number(archive.read("n"), file);
      long seed =
          archive.names().contains("seed") ? (long) number(archive.read("seed"), file) : index;
      Table outputs = archive.read("f");
      int[] shape = outputs.shape();
      if (shape.length < 2 || shape[0] < 2 || width < 1) {
        throw new InvalidDataException(
            file.toString(),
            "its f has the shape " + Arrays.toString(shape) + " and its n is " + width,
            "write f as (T + 1, P, k) with at least one step, and the width as n");
      }
      int times = shape[0];
      int points = shape[1];
      requireFiniteStart(file, "f", outputs.values(), times);
      List<double[]> hidden = new ArrayList<>();
      for (int l = 1; l <= depth; l++) {
        Table h = archive.read("h" + l);
        int[] own = h.shape();
        if (own.length != 3 || own[0] != times || own[1] != points || own[2] > width) {
          throw new InvalidDataException(
              file.toString(),
              "its h" + l + " has the shape " + Arrays.toString(own),
              String.format(
                  Locale.ROOT,
                  "f says (%d, %d, k), with k at most n = %d coordinates",
                  times,
                  points,
                  width));
        }
        requireFiniteStart(file, "h" + l, h.values(), times);
        hidden.add(h.values());
      }
      return new CoordinateRun(
          width,
          seed,
          times(archive, file, times),
          points,
          hidden,
          outputs.values(),
          split(archive, file, width, times * points, outputs.values().length),
          weights(archive, file, depth, times));
    }
  }

  private static double number(Table table, Path file) {
    double[] values = table.values();
    if (values.length != 1 || values[0] != Math.rint(values[0])) {
      throw new InvalidDataException(
          file.toString(), "n and seed must be whole numbers", "write them as integers");
    }
    return values[0];
  }

  private static List<Integer> times(NpzArchive archive, Path file, int count) {
    if (!archive.names().contains("step")) {
      return IntStream.range(0, count).boxed().toList();
    }
    List<Integer> times =
        Arrays.stream(archive.read("step").values()).mapToObj(step -> (int) step).toList();
    boolean fine = times.size() == count && times.get(0) == 0;
    for (int t = 1; fine && t < count; t++) {
      fine = times.get(t) > times.get(t - 1);
    }
    if (!fine) {
      throw new InvalidDataException(
          file.toString(),
          "its step is " + times,
          "give " + count + " increasing numbers, the first 0 for the start");
    }
    return times;
  }

  private static Optional<CoordinateRun.Split> split(
      NpzArchive archive, Path file, int width, int rows, int outputs) {
    if (!archive.names().contains("readout0") || !archive.names().contains("x")) {
      return Optional.empty();
    }
    double[] readout = archive.read("readout0").values();
    double[] features = archive.read("x").values();
    if (features.length != (long) rows * width || readout.length != (long) outputs / rows * width) {
      throw new InvalidDataException(
          file.toString(),
          "its readout0 and x hold " + readout.length + " and " + features.length + " numbers",
          "write (k, n) and (T + 1, P, n) with n = " + width);
    }
    return Optional.of(new CoordinateRun.Split(readout, features));
  }

  private static List<double[]> weights(NpzArchive archive, Path file, int depth, int times) {
    List<double[]> weights = new ArrayList<>();
    for (int l = 1; l <= depth + 1; l++) {
      if (!archive.names().contains("w" + l)) {
        return List.of();
      }
      double[] sizes = archive.read("w" + l).values();
      if (sizes.length != times) {
        throw new InvalidDataException(
            file.toString(),
            "its w" + l + " holds " + sizes.length + " numbers",
            "write one root mean square for each of the " + times + " steps");
      }
      weights.add(sizes);
    }
    return weights;
  }

  /**
   * Writes a folder; dumps that were written there before go, as they may be of other networks.
   *
   * @throws java.io.UncheckedIOException if a file cannot be written
   */
  void write(Path folder) {
    ResultFolder.prepare(folder);
    for (Path old : archives(folder)) {
      if (WRITTEN.matcher(old.getFileName().toString()).matches()) {
        delete(old);
      }
    }
    for (CoordinateRun run : runs) {
      String name = String.format(Locale.ROOT, "n%d-seed%d%s", run.width(), run.seed(), SUFFIX);
      try (NpzWriter writer = NpzWriter.create(folder.resolve(name))) {
        write(run, writer);
        writer.commit();
      }
    }
    new ParametrizationFile(
            parametrization.optimizer().id(),
            parametrization.depth(),
            texts(parametrization.a()),
            texts(parametrization.b()),
            texts(parametrization.c()),
            Optional.empty(),
            decay.map(CoordinateFolder::texts),
            task.map(TrainedTask::described))
        .write(folder);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(
          file + ": it cannot be replaced (" + e + "); choose another --dump folder", e);
    }
  }

  private static List<String> texts(List<BigFraction> values) {
    return values.stream().map(Exponents::text).toList();
  }

  private static void write(CoordinateRun run, NpzWriter writer) {
    int times = run.times().size();
    int points = run.points();
    int rows = times * points;
    writer.put("n", new int[] {run.width()});
    writer.put("seed", new long[] {run.seed()});
    writer.put("step", run.times().stream().mapToInt(t -> t).toArray(), times);
    for (int l = 1; l <= run.hidden().size(); l++) {
      double[] h = run.hidden().get(l - 1);
      writer.put("h" + l, h, times, points, h.length / rows);
    }
    writer.put("f", run.outputs(), times, points, run.outputs().length / rows);
    for (int l = 1; l <= run.weights().size(); l++) {
      writer.put("w" + l, run.weights().get(l - 1), times);
    }
    run.split()
        .ifPresent(
            last -> {
              writer.put(
                  "readout0", last.readout(), last.readout().length / run.width(), run.width());
              writer.put("x", last.features(), times, points, run.width());
            });
  }
}
