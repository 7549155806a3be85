package org.richkernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.math3.fraction.BigFraction;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.limit.Classification;
import org.richkernel.limit.CoordinateRun;
import org.richkernel.limit.Exponents;
import org.richkernel.limit.Parametrization;
import org.richkernel.limit.ScalingExperiment;
import org.richkernel.limit.ScalingOptions;
import org.richkernel.limit.Slope;
import org.richkernel.limit.Verdict;
import org.richkernel.result.PeakMemory;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;
import org.richkernel.solver.RunControl;

/**
 * How a parametrization scales with the width: its class and exponents (Yang and Hu,
 * arXiv:2011.14522).
 *
 * @param classification the exponents by the theory
 * @param measured exponents of trained networks, if some were trained
 */
public record WidthScaling(Classification classification, Optional<Measured> measured) {
  /**
   * Networks of several widths.
   *
   * @param options how they were trained
   * @param runs their coordinates
   * @param slopes beside their predictions, after the last step; for an unstable parametrization
   *     after the first, before quantities that blow up feed back
   * @param inputs of the training points, P x d
   * @param backend of the computation
   * @param memory most bytes held at once
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Measured(
      ScalingOptions options,
      List<CoordinateRun> runs,
      List<Slope> slopes,
      double[] inputs,
      BackendInfo backend,
      PeakMemory memory) {}

  /** Classifies a parametrization. */
  public static WidthScaling of(Parametrization parametrization) {
    return new WidthScaling(Classification.of(parametrization), Optional.empty());
  }

  /** Peak memory of {@link #trained}. */
  public MemoryPlan plan(ScalingOptions options) {
    return new ScalingExperiment(classification.parametrization(), options).plan();
  }

  /**
   * The same with networks trained at several widths.
   *
   * @return empty if a stop was requested
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public Optional<WidthScaling> trained(
      ScalingOptions options, Backend backend, RunControl control) {
    return new ScalingExperiment(classification.parametrization(), options)
        .run(backend, control)
        .map(
            runs ->
                new WidthScaling(
                    classification,
                    Optional.of(
                        new Measured(
                            options,
                            runs,
                            slopes(runs, options.steps()),
                            ScalingExperiment.inputs(options, backend),
                            backend.info(),
                            PeakMemory.of(backend)))));
  }

  private List<Slope> slopes(List<CoordinateRun> runs, int steps) {
    return classification.isStable() && steps > 1
        ? Slope.measure(classification, runs, steps)
        : Slope.measure(classification.atFirstStep(), runs, 1);
  }

  /** The parametrization, the verdict and the exponents as a table of plain text. */
  public List<String> lines() {
    Parametrization p = classification.parametrization();
    List<String> lines = new ArrayList<>();
    lines.add(row("optimizer", p.optimizer().id()));
    lines.add(row("hidden layers", String.valueOf(p.depth())));
    lines.add(row("a", Exponents.text(p.a())));
    lines.add(row("b", Exponents.text(p.b())));
    lines.add(row("c", Exponents.text(p.c())));
    lines.add(row("initOK", yes(classification.isInitialized())));
    lines.add(row("stable", yes(classification.isStable())));
    lines.add(row("nontrivial", yes(classification.isNontrivial())));
    lines.add(row("verdict", classification.verdict().label()));
    lines.add(row("r_1 .. r_L", Exponents.text(classification.featureExponents())));
    lines.add(row("r", Exponents.text(classification.featureExponent())));
    lines.add(row("readout, initial", power(classification.readoutInitialization().negate())));
    lines.add(row("readout, update", power(classification.readoutUpdate().negate())));
    exponents().forEach((name, exponent) -> lines.add(row(name, power(exponent) + bound(name))));
    if (classification.verdict() == Verdict.KERNEL_REGIME) {
      lines.add(row("kernel", String.join(" + ", kernelTerms()) + kernelName()));
    }
    if (p.optimizer().isNormalized()) {
      lines.add(row("epsilon", Exponents.text(classification.epsilonExponents())));
    }
    lines.add(row("weight decay", Exponents.text(classification.weightDecayExponents())));
    if (!classification.isInitialized()) {
      lines.add(
          "powers of n presume preactivations of order 1 at the start (initOK), and do not hold");
    } else if (classification.verdict() == Verdict.NOT_STABLE) {
      lines.add("powers of n hold for the first steps only");
    }
    measured.ifPresent(found -> lines.addAll(SlopeTable.lines(found.slopes())));
    return lines;
  }

  private static String row(String name, String value) {
    return String.format(Locale.ROOT, "%-18s%s", name, value);
  }

  private static String yes(boolean holds) {
    return holds ? "yes" : "no";
  }

  private static String power(BigFraction exponent) {
    String text = Exponents.text(exponent);
    return text.equals("0") ? "1" : "n^" + text;
  }

  private String bound(String name) {
    return name.equals("W0.dx") && classification.isOutputByFeaturesBound() ? " at most" : "";
  }

  /** Exponents of the measurable quantities, by name. */
  private Map<String, BigFraction> exponents() {
    Map<String, BigFraction> all = new LinkedHashMap<>();
    for (int l = 1; l <= classification.parametrization().depth(); l++) {
      all.put("dh_" + l, classification.preactivationChange(l));
    }
    all.put("f_0", classification.initialOutput());
    all.put("dW.x", classification.outputByReadout());
    all.put("W0.dx", classification.outputByFeatures());
    all.put("df", classification.outputChange());
    return all;
  }

  /** The terms of the kernel by which the outputs move, with Phi^0 the inputs' inner products. */
  private List<String> kernelTerms() {
    int readout = classification.parametrization().depth() + 1;
    return classification.contributingLayers().stream()
        .map(l -> l == readout ? "Phi^" + (l - 1) : "Phi^" + (l - 1) + " o G^" + l)
        .toList();
  }

  /** Name of the kernel of gradient descent. */
  private String kernelName() {
    List<Integer> layers = classification.contributingLayers();
    int readout = classification.parametrization().depth() + 1;
    if (classification.parametrization().optimizer().isNormalized()) {
      return "";
    }
    return layers.size() == readout
        ? " (NTK)"
        : layers.equals(List.of(readout)) ? " (conjugate kernel)" : "";
  }

  /**
   * The classification in the form of a result folder. The summary has the exponents as exact text
   * ("1/2"), and as numbers in the arrays a, b, c, epsilon and weight_decay (L + 1), r (L). Of
   * trained networks also slopes, and the arrays width, size and size_log_standard_error.
   *
   * @param config the options to record, in order
   * @param seconds wall-clock time
   */
  public Result result(Map<String, ?> config, double seconds) {
    Parametrization p = classification.parametrization();
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("optimizer", p.optimizer().id());
    described.put("depth", p.depth());
    described.put("a", texts(p.a()));
    described.put("b", texts(p.b()));
    described.put("c", texts(p.c()));
    Map<String, Object> readout = new LinkedHashMap<>();
    readout.put("initialization", Exponents.text(classification.readoutInitialization()));
    readout.put("update", Exponents.text(classification.readoutUpdate()));
    readout.put("maximallyInitialized", classification.readoutMaximallyInitialized());
    readout.put("maximallyUpdated", classification.readoutMaximallyUpdated());
    Map<String, Object> powers = new LinkedHashMap<>();
    exponents().forEach((name, exponent) -> powers.put(name, Exponents.text(exponent)));
    Summary.Builder summary =
        Summary.builder("abc", config)
            .converged(true)
            .seconds("total", seconds)
            .detail("parametrization", described)
            .detail("verdict", classification.verdict().label())
            .detail("initOK", classification.isInitialized())
            .detail("stable", classification.isStable())
            .detail("nontrivial", classification.isNontrivial())
            .detail("uniform", classification.isUniform())
            .detail("r", texts(classification.featureExponents()))
            .detail("smallestR", Exponents.text(classification.featureExponent()))
            .detail("readout", readout)
            .detail("exponents", powers)
            .detail(
                "upperBounds",
                classification.isOutputByFeaturesBound() ? List.of("W0.dx") : List.of())
            .detail("epsilonExponents", texts(classification.epsilonExponents()))
            .detail("weightDecayExponents", texts(classification.weightDecayExponents()));
    if (classification.verdict() == Verdict.KERNEL_REGIME) {
      Map<String, Object> kernel = new LinkedHashMap<>();
      kernel.put("layers", classification.contributingLayers());
      kernel.put("terms", kernelTerms());
      kernel.put("allTerms", classification.contributingLayers().size() == p.depth() + 1);
      summary.detail("kernel", kernel);
    }
    measured.ifPresent(
        found -> {
          summary
              .backend(found.backend())
              .seed(found.options().seed())
              .peakBytes(found.memory())
              .detail("networksPerWidth", found.options().repeats())
              .detail("stepSize", found.options().stepSize());
          SlopeTable.add(summary, found.slopes());
        });
    int layers = p.depth() + 1;
    Result result =
        Result.of(summary.build())
            .with("a", numbers(p.a()), layers)
            .with("b", numbers(p.b()), layers)
            .with("c", numbers(p.c()), layers)
            .with("r", numbers(classification.featureExponents()), layers - 1)
            .with("epsilon", numbers(classification.epsilonExponents()), layers)
            .with("weight_decay", numbers(classification.weightDecayExponents()), layers);
    return measured.map(found -> SlopeTable.add(result, found.slopes())).orElse(result);
  }

  private static List<String> texts(List<BigFraction> values) {
    return values.stream().map(Exponents::text).toList();
  }

  private static double[] numbers(List<BigFraction> values) {
    return IntStream.range(0, values.size())
        .mapToDouble(i -> values.get(i).doubleValue())
        .toArray();
  }

  /**
   * Writes the coordinates of the trained networks as dumps that {@link CoordinateCheck} reads: an
   * .npz file each, and parametrization.json.
   *
   * @throws IllegalStateException if none were trained
   * @throws java.io.UncheckedIOException if a file cannot be written
   */
  public void dump(Path folder) {
    Measured found =
        measured.orElseThrow(() -> new IllegalStateException("no networks were trained"));
    Optional<List<BigFraction>> decay =
        found.options().weightDecay() > 0
            ? Optional.of(found.options().weightDecayExponents())
            : Optional.empty();
    ScalingOptions options = found.options();
    Optional<TrainedTask> task =
        Optional.of(
            new TrainedTask(
                options.activation(), options.stepSize(), found.inputs(), options.targets()));
    new CoordinateFolder(classification.parametrization(), decay, found.runs(), Map.of(), task)
        .write(folder);
  }

  /**
   * Writes the result folder.
   *
   * @throws java.io.UncheckedIOException if a file cannot be written; nothing half-written stays
   */
  public void save(Path folder, Map<String, ?> config, double seconds) {
    ResultFolder.write(folder, result(config, seconds));
  }
}
