package org.richkernel.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.bayes.FiniteWidthDraws;
import org.richkernel.calibration.RankCalibration;
import org.richkernel.calibration.SimulatedData;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.finite.Readout;
import org.richkernel.finite.WeightPosteriorDraws;
import org.richkernel.network.NetworkSpec;

/**
 * Simulation-based calibration of the samplers of networks of finite width, as Markdown: the
 * weights with the readout integrated out or sampled, and the preactivations with determinant
 * weight 1, for the same laws; then two planted faults.
 */
public final class SimulationCalibration {
  private SimulationCalibration() {}

  /** Sweeps of a chain where they suffice. */
  private static final int SWEEPS = 80;

  private static final SimulatedData.Law RELU =
      new SimulatedData.Law(
          "ReLU N=16 P=4", NetworkSpec.of(1, Activation.RELU), 16, 1, 0.1, 4, 2, 1);

  /** A width at which the determinant outweighs the targets. */
  private static final SimulatedData.Law NARROW =
      new SimulatedData.Law(
          "tanh N=8 P=4 K=3", NetworkSpec.of(1, Activation.TANH), 8, 1, 0.1, 4, 2, 3);

  private static final List<SimulatedData.Law> LAWS =
      List.of(
          RELU,
          new SimulatedData.Law(
              "tanh L=2 N=12 P=3 K=2 biases",
              NetworkSpec.of(2, Activation.TANH)
                  .withWeightVariances(1.5, 1.2, 0.9)
                  .withBiasVariance(0.2),
              12,
              0.7,
              0.1,
              3,
              2,
              2),
          new SimulatedData.Law(
              "tanh N=8 P=5 biases",
              NetworkSpec.of(1, Activation.TANH).withBiasVariance(0.2),
              8,
              0.6,
              0.05,
              5,
              3,
              1),
          new SimulatedData.Law(
              "erf N=32 P=5", NetworkSpec.of(1, Activation.ERF), 32, 2, 0.02, 5, 3, 1));

  /**
   * Prints the table.
   *
   * @param arguments data sets of each row, then beginnings of the names of laws (all where none is
   *     given; {@code faults} for the planted faults)
   */
  public static void main(String[] arguments) {
    int sets = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1000;
    List<String> wanted =
        List.of(arguments).subList(Math.min(1, arguments.length), arguments.length);
    Map<String, RankCalibration.Sampler> samplers = new LinkedHashMap<>();
    samplers.put("readout integrated", new WeightPosteriorDraws(Readout.INTEGRATED));
    samplers.put("readout sampled", new WeightPosteriorDraws(Readout.SAMPLED));
    samplers.put("determinant weight 1", new FiniteWidthDraws(1));
    System.out.println("| law | sampler | number | data sets | mean rank | band | chi-square |");
    System.out.println("| --- | --- | --- | ---: | ---: | ---: | ---: |");
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {})) {
      for (SimulatedData.Law law : LAWS) {
        if (isWanted(law.name(), wanted)) {
          samplers.forEach((name, sampler) -> print(backend, law, name, sampler, sets, 1));
        }
      }
      if (isWanted("faults", wanted)) {
        RankCalibration.Sampler sampled = samplers.get("readout sampled");
        print(
            backend, RELU, "readout sampled, noise 1.3 times that of the law", sampled, sets, 1.3);
        print(backend, NARROW, "no determinant", new FiniteWidthDraws(1e-9), sets, 1);
      }
    }
  }

  private static boolean isWanted(String name, List<String> wanted) {
    return wanted.isEmpty() || wanted.stream().anyMatch(name::startsWith);
  }

  private static void print(
      Backend backend,
      SimulatedData.Law law,
      String name,
      RankCalibration.Sampler sampler,
      int sets,
      double noiseFactor) {
    RankCalibration calibration = new RankCalibration(sampler, SWEEPS);
    calibration.run(backend, law, 0, sets, noiseFactor);
    System.out.print(calibration.rows(law.name() + " | " + name));
    System.out.flush();
  }
}
