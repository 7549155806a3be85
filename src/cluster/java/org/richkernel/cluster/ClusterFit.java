package org.richkernel.cluster;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.richkernel.cli.Main;
import org.richkernel.group.RankGroup;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.result.FolderClaim;
import org.richkernel.result.FolderLock;
import org.richkernel.result.ResultFolder;

/**
 * One {@code richkernel bayes} whose points are spread over the tasks of a Spark stage, on a folder
 * that all machines share. After the loss of an executor all ranks go on from the checkpoint of
 * rank 0; so does the same command after the loss of the driver. A fit that is finished is not made
 * again.
 */
public final class ClusterFit {
  private static final int NOT_CONVERGED = 3;
  private static final String RANKS = "--ranks=";
  private static final String TIMEOUT = "--rank-timeout=";
  private static final int USUAL_TIMEOUT = 600; // seconds

  /** Most losses of executors that a fit lives through, unless Spark is told otherwise. */
  private static final String ATTEMPTS = "100";

  private ClusterFit() {}

  /**
   * Runs the fit and ends with its exit code.
   *
   * @param arguments {@code --ranks=N}, {@code --rank-timeout=SECONDS} if wished, the command and
   *     its options
   */
  public static void main(String[] arguments) {
    SparkConf conf = new SparkConf().setIfMissing("spark.stage.maxConsecutiveAttempts", ATTEMPTS);
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      System.exit(run(spark, arguments));
    }
  }

  /**
   * Runs the fit on a context.
   *
   * @return exit code of the fit
   * @throws RuntimeException if ranks were lost as often as Spark starts them
   */
  public static int run(JavaSparkContext spark, String... arguments) {
    List<String> command = new ArrayList<>(Arrays.asList(arguments));
    Map<String, Integer> own = own(command);
    Duration timeout = Duration.ofSeconds(own.get(TIMEOUT));
    String out = Main.out(command.toArray(String[]::new)).toString();
    return RankStage.run(spark, own.get(RANKS), timeout, group -> fit(group, command, Path.of(out)))
        .get(0);
  }

  /** Takes the options of this program from the beginning of a command line. */
  private static Map<String, Integer> own(List<String> command) {
    Map<String, Integer> found = new HashMap<>(Map.of(TIMEOUT, USUAL_TIMEOUT));
    while (!command.isEmpty()
        && (command.get(0).startsWith(RANKS) || command.get(0).startsWith(TIMEOUT))) {
      String option = command.get(0).startsWith(RANKS) ? RANKS : TIMEOUT;
      String text = command.remove(0).substring(option.length());
      if (!text.matches("[1-9][0-9]{0,5}")) {
        throw new InvalidProblemException(
            option.substring(2, option.length() - 1), text, "use a whole number of at least 1");
      }
      found.put(option, Integer.valueOf(text));
    }
    if (!found.containsKey(RANKS)) {
      throw new InvalidProblemException(
          "ranks", "not given", "begin with the number of processes, such as --ranks=8");
    }
    return found;
  }

  private static int fit(RankGroup group, List<String> command, Path out) {
    boolean first = group.rank() == 0;
    int before = first ? finished(command, out) : 0;
    int known = group.fromFirst(first ? new byte[] {(byte) before} : null)[0];
    if (known >= 0) {
      return known;
    }
    List<String> line = new ArrayList<>(command);
    line.add("--resume");
    line.addAll(ClusterSweep.devices());
    int code = Main.run(group, line.toArray(String[]::new));
    // a rank that was lost shows here, and Spark starts all again
    group.gather(new double[group.size()], bounds(group.size()));
    if (first && (code == 0 || code == NOT_CONVERGED)) {
      FolderClaim.RUN.take(out, command);
    }
    return code;
  }

  private static int[] bounds(int size) {
    int[] bounds = new int[size + 1];
    Arrays.setAll(bounds, rank -> rank);
    return bounds;
  }

  /** The exit code of a fit that the folder has already, or -1; the folder is then free. */
  private static int finished(List<String> command, Path out) {
    if (!Files.isDirectory(out)) {
      return -1;
    }
    if (FolderClaim.RUN.isTaken(out, command)
        && Files.isRegularFile(out.resolve(ResultFolder.SUMMARY))) {
      return ResultFolder.readSummary(out).converged() ? 0 : NOT_CONVERGED;
    }
    FolderClaim.RUN.drop(out);
    awaitLock(out);
    return -1;
  }

  /** A rank 0 that was replaced elsewhere may not have seen it yet. */
  private static void awaitLock(Path out) {
    UncheckedIOException taken = null;
    for (int second = 0; second < 60; second++) {
      try {
        FolderLock.of(out).ifPresent(FolderLock::close);
        return;
      } catch (UncheckedIOException e) {
        taken = e;
      }
      try {
        Thread.sleep(1000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw taken;
      }
    }
    throw taken;
  }
}
