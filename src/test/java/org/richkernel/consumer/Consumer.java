package org.richkernel.consumer;

import java.util.Optional;
import org.richkernel.AdaptiveNbk;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.Dataset;
import org.richkernel.data.Datasets;
import org.richkernel.data.Standardization;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.model.SavedFit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.report.ReportWriter;

/** A program of someone else that uses the library. */
final class Consumer {
  private Consumer() {}

  /** Fits, saves, draws a report and reads the fit again; the argument is the folder. */
  public static void main(String[] arguments) {
    double[][] x = {{1, 0}, {0, 1}, {1, 1}, {-1, 1}};
    Dataset train = Dataset.of(x, new double[] {1, -1, 1, -1});
    Datasets data = new Datasets(train, Optional.empty(), Standardization.IDENTITY);
    java.nio.file.Path folder = java.nio.file.Path.of(arguments[0]);
    try (Backend backend = Backends.cpu()) {
      AdaptiveNbkFit fit =
          AdaptiveNbk.of(NetworkSpec.of(1, Activation.RELU))
              .samples(64)
              .maxSweeps(10)
              .fit(data, backend);
      fit.save(folder);
      ReportWriter.write(folder);
      SavedFit.read(folder);
      System.out.println("fitted");
    }
    for (String absent :
        new String[] {
          "picocli.CommandLine",
          "me.tongfei.progressbar.ProgressBar",
          "ch.qos.logback.classic.Logger"
        }) {
      try {
        Class.forName(absent);
        System.out.println(absent + " is there");
      } catch (ClassNotFoundException e) {
        // as wanted
      }
    }
  }
}
