package org.richkernel.bench;

import java.nio.file.Path;
import java.util.Locale;
import org.richkernel.FiniteNetwork;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.network.NetworkSpec;

/**
 * Posterior and training of tanh networks on the repository's digits 0 and 1 with the time of every
 * facade operation: {@code FiniteNetworkCost langevin|gd N L P units threads}, a unit being a
 * measured trajectory of each of two chains, or a step of one network.
 */
public final class FiniteNetworkCost {
  private FiniteNetworkCost() {}

  /** Runs one case and prints its figures. */
  public static void main(String[] arguments) {
    int width = Integer.parseInt(arguments[1]);
    int layers = Integer.parseInt(arguments[2]);
    int units = Integer.parseInt(arguments[4]);
    int threads = Integer.parseInt(arguments[5]);
    Path folder = Path.of("test-data");
    Datasets digits =
        DatasetReader.train(
                folder.resolve("mnist01-train-images-idx3-ubyte.gz").toString(),
                folder.resolve("mnist01-train-labels-idx1-ubyte.gz").toString())
            .classes(0, 1)
            .trainSize(Integer.parseInt(arguments[3]))
            .read();
    NetworkSpec network = NetworkSpec.of(layers, Activation.TANH);
    try (Backend plain =
        Backends.open("cpu", BackendOptions.defaults().withThreads(threads), System.err::println)) {
      MeteredBackend meter = new MeteredBackend(plain);
      FiniteNetwork finite = FiniteNetwork.of(network, width);
      long start = System.nanoTime();
      if (arguments[0].equals("langevin")) {
        var fit =
            finite
                .repeats(2)
                .posterior()
                .gamma(0.5)
                .beta(50)
                .maxSweeps(units)
                .fit(digits, meter.backend());
        fit.solution().chains().forEach(System.out::println);
      } else {
        finite
            .repeats(1)
            .training()
            .gamma(0.5)
            .steps(units)
            .stepSize(0.01)
            .fit(digits, meter.backend());
      }
      double seconds = (System.nanoTime() - start) * 1e-9;
      System.out.printf(
          Locale.ROOT,
          "%s, N=%d, L=%d, P=%s, threads=%d: %.1f s, BLAS-3 share %.2f%n%n%s",
          arguments[0],
          width,
          layers,
          arguments[3],
          threads,
          seconds,
          meter.blas3Share(seconds),
          meter.table(seconds));
    }
  }
}
