package org.richkernel.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceInformation;
import org.richkernel.cli.Main;

/**
 * {@code richkernel sweep} with a Spark task for each run, on a folder that all machines share. A
 * task that is lost is given to another executor and goes on from the checkpoint that it left in
 * the folder; a driver that is lost is started again with the same arguments, and finds the runs
 * that are finished.
 */
public final class ClusterSweep {
  private static final int NOT_CONVERGED = 3;

  private ClusterSweep() {}

  /**
   * Runs the sweep and ends with its exit code, 0 or 3.
   *
   * @param arguments those of {@code sweep}: its options, the command and the options of its runs
   */
  public static void main(String[] arguments) {
    try (JavaSparkContext spark = new JavaSparkContext(new SparkConf())) {
      System.exit(run(spark, arguments));
    }
  }

  /**
   * Runs the sweep on a context.
   *
   * @return exit code of the sweep
   * @throws RuntimeException if a run failed as often as Spark tries it
   */
  public static int run(JavaSparkContext spark, String... arguments) {
    int runs = Main.sweepSize(arguments);
    List<Integer> indices = IntStream.range(0, runs).boxed().toList();
    List<Integer> codes =
        spark
            .parallelize(indices, Math.max(1, runs))
            .map(index -> task(index, arguments))
            .collect();
    int merged = Main.run(line(List.of("--merge"), arguments));
    return codes.contains(NOT_CONVERGED) ? NOT_CONVERGED : merged;
  }

  /** One run at a time in a process: it takes the threads of the executor and its signals. */
  private static int task(int index, String[] arguments) {
    synchronized (ClusterSweep.class) {
      List<String> own = new ArrayList<>(List.of("--index=" + index));
      own.addAll(devices());
      int code = Main.run(line(own, arguments));
      if (code != 0 && code != NOT_CONVERGED) {
        throw new IllegalStateException(
            "run " + index + " of the sweep ended with exit code " + code);
      }
      return code;
    }
  }

  /** The GPUs that Spark gave to the task, as an option of a command. */
  static List<String> devices() {
    TaskContext context = TaskContext.get();
    ResourceInformation gpus = context == null ? null : context.resourcesJMap().get("gpu");
    return gpus == null ? List.of() : List.of("--devices=" + String.join(",", gpus.addresses()));
  }

  private static String[] line(List<String> own, String[] arguments) {
    List<String> line = new ArrayList<>(List.of("sweep"));
    line.addAll(own);
    line.addAll(Arrays.asList(arguments));
    return line.toArray(String[]::new);
  }
}
