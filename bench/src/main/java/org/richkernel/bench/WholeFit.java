package org.richkernel.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.AdaptiveNbk;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/**
 * A whole adaptive fit on MNIST 0/1 with the time of every facade operation: {@code WholeFit FOLDER
 * activation gamma kappa P P_test S maxSweeps threads [stopAfter]}. FOLDER holds the original MNIST
 * files; an activation such as {@code 3:tanh} is that of a network with three hidden layers; after
 * {@code stopAfter} sweeps the fit is abandoned and only the times are printed.
 */
public final class WholeFit {
  private WholeFit() {}

  /** Runs one fit and prints its figures. */
  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    String[] described = arguments[1].split(":");
    Activation activation = Activation.named(described[described.length - 1]);
    int layers = described.length == 1 ? 1 : Integer.parseInt(described[0]);
    double gamma = Double.parseDouble(arguments[2]);
    double kappa = Double.parseDouble(arguments[3]);
    int samples = Integer.parseInt(arguments[6]);
    Datasets digits =
        DatasetReader.train(
                folder.resolve("train-images-idx3-ubyte.gz").toString(),
                folder.resolve("train-labels-idx1-ubyte.gz").toString())
            .test(
                folder.resolve("t10k-images-idx3-ubyte.gz").toString(),
                folder.resolve("t10k-labels-idx1-ubyte.gz").toString())
            .classes(0, 1)
            .trainSize(Integer.parseInt(arguments[4]))
            .testSize(Integer.parseInt(arguments[5]))
            .read();
    int threads = Integer.parseInt(arguments[8]);
    try (Backend plain =
        Backends.open("cpu", BackendOptions.defaults().withThreads(threads), System.err::println)) {
      MeteredBackend meter = new MeteredBackend(plain);
      long cpu = processCpuNanos();
      long wall = System.nanoTime();
      StopSignal stop = new StopSignal();
      long stopAfter = arguments.length > 9 ? Long.parseLong(arguments[9]) : Long.MAX_VALUE;
      Progress.Listener listener =
          progress -> {
            if (progress.done() >= stopAfter) {
              stop.raise();
            }
          };
      Optional<AdaptiveNbkFit> finished =
          AdaptiveNbk.of(NetworkSpec.of(layers, activation))
              .gamma(gamma)
              .beta(1 / kappa)
              .samples(samples)
              .maxSweeps(Integer.parseInt(arguments[7]))
              .fit(digits, meter.backend(), new RunControl(listener, stop, CheckpointStore.none()));
      double seconds = (System.nanoTime() - wall) * 1e-9;
      double cpuSeconds = (processCpuNanos() - cpu) * 1e-9;
      System.out.printf(
          Locale.ROOT,
          "%s gamma=%s kappa=%s P=%d S=%d: wall %.1f s, CPU %.1f s%n",
          arguments[1],
          gamma,
          kappa,
          digits.train().points(),
          samples,
          seconds,
          cpuSeconds);
      finished.ifPresent(WholeFit::describe);
      System.out.printf(
          Locale.ROOT,
          "BLAS-3 share %.1f %%, peak %.1f MB%n",
          100 * meter.blas3Share(seconds),
          plain.peakBytes() / 1e6);
      System.out.print(meter.table(seconds));
    }
  }

  private static void describe(AdaptiveNbkFit fit) {
    System.out.printf(
        Locale.ROOT,
        "converged %s after %d sweeps%n",
        fit.converged(),
        fit.solution().iterations());
    System.out.println(fit.solution().certificate());
    fit.solution().layers().forEach(System.out::println);
    System.out.println(fit.solution().chains());
    System.out.printf(
        Locale.ROOT,
        "test loss %s +- %.1e, NNGP %s%n",
        fit.testScores(),
        fit.testLossError(),
        fit.lazy().testScores());
  }

  private static long processCpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
