package org.richkernel;

import java.nio.file.Path;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.network.NetworkSpec;

/** The example of README.md; {@link ReadmeExampleTest} holds the two together and runs it. */
final class ReadmeExample {
  private ReadmeExample() {}

  static AdaptiveNbkFit run(Path folder) {
    // README: begin
    Datasets digits =
        DatasetReader.train(
                "test-data/mnist01-train-images-idx3-ubyte.gz",
                "test-data/mnist01-train-labels-idx1-ubyte.gz")
            .test(
                "test-data/mnist01-test-images-idx3-ubyte.gz",
                "test-data/mnist01-test-labels-idx1-ubyte.gz")
            .classes(0, 1)
            .trainSize(50)
            .testSize(200)
            .read();
    try (Backend backend = Backends.cpu()) {
      AdaptiveNbkFit fit =
          AdaptiveNbk.of(NetworkSpec.of(1, Activation.RELU))
              .gamma(1)
              .beta(10)
              .samples(512)
              .fit(digits, backend);
      System.out.println(
          "adaptive "
              + fit.testScores().orElseThrow()
              + ", lazy "
              + fit.lazy().testScores().orElseThrow());
      fit.save(folder);
      // README: end
      return fit;
    }
  }
}
