package org.richkernel.cluster;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.spark.SparkConf;

/** Spark on this machine. */
final class LocalCluster {
  private LocalCluster() {}

  /** Tasks as threads of this process. */
  static SparkConf threads(int count) {
    return conf("local[" + count + "]");
  }

  /** Executors in processes of their own, one core each. */
  static SparkConf executors(int count) {
    // an installation without jars: executors take those of this process
    Path home = Path.of(System.getenv("SPARK_HOME"));
    try {
      Files.createDirectories(home.resolve("jars"));
      Files.writeString(home.resolve("RELEASE"), "none");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return conf("local-cluster[" + count + ",1,1024]")
        .set("spark.executor.memory", "1g")
        .set("spark.executor.extraClassPath", absoluteClassPath());
  }

  private static SparkConf conf(String master) {
    return new SparkConf()
        .setMaster(master)
        .setAppName("test")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.bindAddress", "127.0.0.1")
        .set("spark.driver.host", "127.0.0.1");
  }

  /** The Java processes below a process, which are its executors. */
  static List<ProcessHandle> executorsOf(ProcessHandle driver) {
    return driver
        .descendants()
        .filter(process -> process.info().command().orElse("").endsWith("java"))
        .toList();
  }

  /** The process that holds the lock of a folder of results; empty where none does. */
  static Optional<ProcessHandle> owner(Path folder) {
    try {
      String[] words = Files.readString(folder.resolve(".lock")).split(" ", 2);
      return words.length < 2 ? Optional.empty() : ProcessHandle.of(Long.parseLong(words[0]));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Waits as long as it takes: the timeout of a test, or the end of a thread, interrupts it. */
  static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Thread.sleep(50);
    }
  }

  static String absoluteClassPath() {
    StringBuilder path = new StringBuilder();
    for (String part : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      path.append(path.isEmpty() ? "" : File.pathSeparator).append(Path.of(part).toAbsolutePath());
    }
    return path.toString();
  }
}
