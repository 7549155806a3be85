package org.richkernel.cluster;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  static String absoluteClassPath() {
    StringBuilder path = new StringBuilder();
    for (String part : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      path.append(path.isEmpty() ? "" : File.pathSeparator).append(Path.of(part).toAbsolutePath());
    }
    return path.toString();
  }
}
