package org.richkernel;

import java.nio.file.Path;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.fit.DynamicsFit;
import org.richkernel.network.NetworkSpec;

/** The example of docs/dynamics.md, as {@link ReadmeExample}. */
final class ReadmeDynamicsExample {
  private ReadmeDynamicsExample() {}

  static DynamicsFit run(Path folder) {
    Datasets digits =
        DatasetReader.train(
                "test-data/mnist01-train-images-idx3-ubyte.gz",
                "test-data/mnist01-train-labels-idx1-ubyte.gz")
            .test(
                "test-data/mnist01-test-images-idx3-ubyte.gz",
                "test-data/mnist01-test-labels-idx1-ubyte.gz")
            .classes(0, 1)
            .trainSize(10)
            .testSize(20)
            .read();
    try (Backend backend = Backends.cpu()) {
      // README: begin
      DynamicsFit trained =
          Dynamics.of(NetworkSpec.of(2, Activation.TANH))
              .gamma(1)
              .steps(20)
              .samples(1024)
              .fit(digits, backend);
      System.out.println(trained.outcome() + ", lazy loss " + trained.lazy().testLoss()[20]);
      trained.save(folder);
      // README: end
      return trained;
    }
  }
}
