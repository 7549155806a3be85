package org.richkernel.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntConsumer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.Dataset;
import org.richkernel.data.DatasetReader;

/**
 * Time that the host needs to ask the CUDA device for work, with the libraries of native/idle,
 * which compute nothing. Processor time of the calling thread is counted, so what else runs on the
 * machine matters little.
 */
public final class HostTime {
  private static final int WARM_UP = 40;
  private static final int MEASURED = 21;

  private HostTime() {}

  /** The device of the libraries that are found. */
  public static Backend device() {
    return Backends.open("cuda", BackendOptions.defaults(), System.err::println);
  }

  /** So many handwritten zeros and ones. */
  public static Dataset digits(int points) {
    return DatasetReader.train(
            "test-data/mnist01-train-images-idx3-ubyte.gz",
            "test-data/mnist01-train-labels-idx1-ubyte.gz")
        .classes(0, 1)
        .trainSize(points)
        .read()
        .train();
  }

  /** Prints the head of a table. */
  public static void header(Backend backend, int points, int samples, String unit) {
    System.out.printf(
        Locale.ROOT,
        "%s, P = %d, S = %d%n%n| network | host us per %s, median | least |%n| --- | ---: | ---: |%n",
        backend.info().device(),
        points,
        samples,
        unit);
  }

  /**
   * Prints a row: the time of one of the units that a piece of work is made of.
   *
   * @param work called with 0, 1, ..., each time for so many units
   */
  public static void report(String name, int units, IntConsumer work) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double[] micros = new double[MEASURED];
    for (int i = 0; i < WARM_UP + MEASURED; i++) {
      long start = threads.getCurrentThreadCpuTime();
      work.accept(i);
      long nanos = threads.getCurrentThreadCpuTime() - start;
      if (i >= WARM_UP) {
        micros[i - WARM_UP] = nanos * 1e-3 / units;
      }
    }
    Arrays.sort(micros);
    System.out.printf(Locale.ROOT, "| %s | %.1f | %.1f |%n", name, micros[MEASURED / 2], micros[0]);
  }
}
