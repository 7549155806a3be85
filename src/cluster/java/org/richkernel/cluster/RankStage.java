package org.richkernel.cluster;

import java.io.Serializable;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.richkernel.group.Entrance;
import org.richkernel.group.RankGroup;
import scala.Function1;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;

/**
 * Ranks as the tasks of one barrier stage: Spark finds a place for each, starts them together, and
 * starts all of them again when one is lost. They tell each other where they are by a single {@code
 * allGather} and talk over sockets from then on.
 *
 * <p>A shuffle follows the stage, since a barrier stage that is the last one of a job ends the
 * application on the loss of an executor.
 */
final class RankStage {
  private static final Attempts ATTEMPTS = new Attempts();

  private RankStage() {}

  /** The work of a rank. */
  @FunctionalInterface
  interface Work extends Serializable {
    /**
     * Does the part of a rank.
     *
     * @return a number for the driver
     */
    int run(RankGroup group);
  }

  /**
   * Runs the work on every rank, again from its beginning after a loss.
   *
   * @param timeout after which a rank that says nothing is taken for lost
   * @return results in the order of the ranks
   */
  static List<Integer> run(JavaSparkContext spark, int ranks, Duration timeout, Work work) {
    RDD<Integer> numbers =
        spark.parallelize(IntStream.range(0, ranks).boxed().toList(), ranks).rdd();
    return numbers
        .barrier()
        .mapPartitions(
            (Function1<Iterator<Integer>, Iterator<Integer>> & Serializable) rank -> rank,
            false,
            ClassTag$.MODULE$.apply(Integer.class))
        .toJavaRDD()
        .mapToPair(rank -> new Tuple2<>(rank, asRank(timeout, work)))
        .partitionBy(new HashPartitioner(1))
        .collect()
        .stream()
        .sorted((a, b) -> a._1().compareTo(b._1()))
        .map(Tuple2::_2)
        .toList();
  }

  private static int asRank(Duration timeout, Work work) throws InterruptedException {
    BarrierTaskContext context = BarrierTaskContext.get();
    ATTEMPTS.enter(context.stageId() + "." + context.stageAttemptNumber());
    try (Entrance entrance = Entrance.open();
        RankGroup group = meet(context, entrance, timeout)) {
      return work.run(group);
    } finally {
      ATTEMPTS.leave();
    }
  }

  private static RankGroup meet(BarrierTaskContext context, Entrance entrance, Duration timeout) {
    int rank = context.partitionId();
    String executor = context.getTaskInfos()[rank].address();
    String host = executor.substring(0, executor.lastIndexOf(':'));
    String own = host + ":" + entrance.port() + " " + new SecureRandom().nextLong();
    List<String> all = List.of(context.allGather(own));
    List<String> addresses = all.stream().map(one -> one.substring(0, one.indexOf(' '))).toList();
    String key = all.get(0).substring(all.get(0).indexOf(' ') + 1);
    return entrance.join(rank, addresses, Long.parseLong(key), timeout);
  }
}
