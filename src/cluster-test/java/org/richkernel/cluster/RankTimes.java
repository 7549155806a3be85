package org.richkernel.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.richkernel.group.BlockShares;
import org.richkernel.group.BlockSum;

/**
 * What a sum over blocks costs: among ranks over sockets, and as a Spark job for each step.
 * Arguments are the master and the number of ranks; the table goes to the standard output.
 */
final class RankTimes {
  private RankTimes() {}

  /** Measures. */
  public static void main(String[] arguments) {
    int ranks = Integer.parseInt(arguments[1]);
    SparkConf conf =
        new SparkConf()
            .setMaster(arguments[0])
            .setAppName("times")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.bindAddress", "127.0.0.1")
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.driver.maxResultSize", "4g")
            .set("spark.executor.memory", "1g")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      for (int length : new int[] {1, 131_072, 1 << 20}) {
        System.out.printf(
            Locale.ROOT,
            "%9d doubles: sockets %.2f ms; job with collect %.1f ms; treeAggregate %.1f ms, %d results%n",
            length,
            sockets(spark, ranks, length),
            collected(spark, ranks, length),
            treeAggregated(spark, ranks, length),
            results.size());
      }
      long start = System.nanoTime();
      RankStage.run(spark, ranks, Duration.ofSeconds(60), group -> 0);
      System.out.printf(
          Locale.ROOT, "stage with nothing to do %.0f ms%n", (System.nanoTime() - start) * 1e-6);
    }
  }

  private static final Set<Integer> results = new HashSet<>();

  private static double[] block(int b, int length) {
    double[] values = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = Math.sin(b * 1e3 + i) * Math.pow(10, b % 5);
    }
    return values;
  }

  /** Mean time of a sum of blocks that are there, in ms, on rank 0. */
  private static double sockets(JavaSparkContext spark, int ranks, int length) {
    List<Integer> micros =
        RankStage.run(
            spark,
            ranks,
            Duration.ofSeconds(60),
            group -> {
              BlockShares shares = new BlockShares(ranks, ranks);
              double[] own = block(group.rank(), length);
              double[] total = new double[length];
              BlockSum sum = new BlockSum(length);
              int repeats = length < 1000 ? 2000 : 30;
              long start = 0;
              for (int i = -repeats / 3; i < repeats; i++) {
                if (i == 0) {
                  start = System.nanoTime();
                }
                double[] next = sum.next();
                System.arraycopy(own, 0, next, 0, length);
                sum.add(group.rank(), next);
                group.sum(shares, sum, total);
              }
              return (int) ((System.nanoTime() - start) / repeats / 1000);
            });
    return micros.get(0) * 1e-3;
  }

  private static double collected(JavaSparkContext spark, int ranks, int length) {
    JavaRDD<Integer> parts = spark.parallelize(IntStream.range(0, ranks).boxed().toList(), ranks);
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < 15; i++) {
      long start = System.nanoTime();
      List<double[]> found =
          parts.map(b -> block(b, 1).length > 0 ? new double[length] : null).collect();
      double[] total = new double[length];
      for (double[] one : found) {
        for (int j = 0; j < length; j++) {
          total[j] += one[j];
        }
      }
      times.add((System.nanoTime() - start) * 1e-6);
    }
    return times.stream().skip(5).mapToDouble(t -> t).average().orElseThrow();
  }

  private static double treeAggregated(JavaSparkContext spark, int ranks, int length) {
    JavaRDD<Integer> parts = spark.parallelize(IntStream.range(0, 8).boxed().toList(), 8);
    results.clear();
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < 15; i++) {
      long start = System.nanoTime();
      double[] total =
          parts.treeAggregate(
              new double[length],
              (sum, b) -> added(sum, block(b, Math.min(length, 1000))),
              RankTimes::added,
              2);
      times.add((System.nanoTime() - start) * 1e-6);
      results.add(Arrays.hashCode(total));
    }
    return times.stream().skip(5).mapToDouble(t -> t).average().orElseThrow();
  }

  private static double[] added(double[] sum, double[] more) {
    for (int j = 0; j < more.length; j++) {
      sum[j] += more[j];
    }
    return sum;
  }
}
