package org.richkernel.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.limit.Classification;
import org.richkernel.limit.CoordinateRun;
import org.richkernel.limit.Diagnosis;
import org.richkernel.limit.Exponents;
import org.richkernel.limit.Optimizer;
import org.richkernel.limit.Parametrization;
import org.richkernel.limit.ScalingExperiment;
import org.richkernel.limit.ScalingOptions;
import org.richkernel.solver.RunControl;

/**
 * What a coordinate check says of planted mistakes and of correct runs, over seeds. Arguments:
 * first seed, number of seeds, networks of each width, widths with commas between.
 */
public final class PlantedMistakes {
  private PlantedMistakes() {}

  /**
   * A case.
   *
   * @param declared what the check is told
   * @param actual what is trained
   * @param task changes the usual task
   * @param decays whether weight decay is declared
   */
  private record Case(
      String name,
      Parametrization declared,
      Parametrization actual,
      UnaryOperator<ScalingOptions> task,
      boolean decays) {}

  private static Parametrization of(String optimizer, String a, String b, String c) {
    return new Parametrization(
        Optimizer.of(optimizer),
        Exponents.parse("a", a),
        Exponents.parse("b", b),
        Exponents.parse("c", c));
  }

  private static List<Case> cases() {
    Parametrization adam = of("adam", "0,0,0", "0,1/2,1", "0,1,1");
    Parametrization deep = of("adam", "0,0,0,0", "0,1/2,1/2,1", "0,1,1,1");
    Parametrization sgd = of("sgd", "0,0,0", "0,1/2,1", "-1,0,1");
    List<Case> cases = new ArrayList<>();
    add(cases, "readout drawn at n^-1/2, Adam", adam, of("adam", "0,0,0", "0,1/2,1/2", "0,1,1"));
    add(cases, "the same, SGD", sgd, of("sgd", "0,0,0", "0,1/2,1/2", "-1,0,1"));
    add(cases, "rate of layer 1 divided by n, Adam", adam, of("adam", "0,0,0", "0,1/2,1", "1"));
    add(cases, "rate of layer 1 not times n, SGD", sgd, of("sgd", "0,0,0", "0,1/2,1", "0,0,1"));
    add(cases, "rate of layer 2 not divided, Adam", adam, of("adam", "0,0,0", "0,1/2,1", "0,0,1"));
    add(cases, "rate of layer 3 not divided, L=3", deep, rates(deep, "0,1,0,1"));
    add(cases, "rate of the readout not divided, Adam", adam, rates(adam, "0,1,0"));
    add(cases, "the same, SGD", sgd, rates(sgd, "-1,0,0"));
    add(cases, "layer 2 drawn at 1", adam, of("adam", "0,0,0", "0,0,1", "0,1,1"));
    cases.add(epsilon("epsilon 1e-3 at all widths", adam));
    cases.add(epsilon("the same, L=3", deep));
    cases.add(decay("decay 1 times the learning rate", adam, 1, false));
    cases.add(decay("decay 0.3 times the learning rate", adam, 0.3, false));
    for (double lambda : new double[] {1, 0.1, 0.003}) {
      cases.add(decay("correct: decay " + lambda + " scaled", adam, lambda, true));
    }
    for (Parametrization p :
        List.of(
            adam,
            deep,
            sgd,
            of("sgd", "0,0,0", "0,1/2,1/2", "1"),
            of("sgd", "0,1/2,1/2", "0,0,0", "0"),
            of("sgd", "0,1/2,3/4", "0,0,0", "-1/2"),
            of("sgd", "0,1/2,1", "0,0,1/2", "-1"),
            of("sgd", "0,1/2,1/2", "0,0,0", "1/2"),
            of("sgd", "0,0,0", "0,1/2,1/2", "1/2"),
            Parametrization.maximalUpdate(2, Optimizer.SGD),
            Parametrization.maximalUpdate(2, Optimizer.MOMENTUM),
            Parametrization.maximalUpdate(1, Optimizer.SGD),
            Parametrization.maximalUpdate(4, Optimizer.SGD),
            Parametrization.maximalUpdateAdam(1),
            of("adam", "0,0,0", "0,1/2,1/2", "3/2"),
            of("adam", "0,1/2,1/2", "0,0,0", "1"),
            of("adam", "0,1/2,1/2", "0,0,0", "1/2,1,1/2"),
            of("adam", "0,0,0", "0,1/2,1/2", "1"),
            of("adam", "0,1/2,1/2", "0,0,0", "1/2"))) {
      String name = "correct: " + p.optimizer().id() + " a " + Exponents.text(p.a());
      add(cases, name + " b " + Exponents.text(p.b()) + " c " + Exponents.text(p.c()), p, p);
    }
    return cases;
  }

  private static Parametrization rates(Parametrization p, String c) {
    return p.withRates(Exponents.parse("c", c));
  }

  private static void add(
      List<Case> cases, String name, Parametrization declared, Parametrization actual) {
    cases.add(new Case(name, declared, actual, task -> task, false));
  }

  private static Case epsilon(String name, Parametrization p) {
    return new Case(
        name, p, p, task -> task.withEpsilon(1e-3, Exponents.parse("e", zeros(p))), false);
  }

  private static Case decay(String name, Parametrization p, double lambda, boolean scaled) {
    return new Case(
        name,
        p,
        p,
        task ->
            task.withWeightDecay(
                lambda, scaled ? task.weightDecayExponents() : Exponents.parse("e", zeros(p))),
        true);
  }

  private static String zeros(Parametrization p) {
    return "0" + ",0".repeat(p.depth());
  }

  /** Prints a row for each case. */
  public static void main(String[] arguments) {
    long first = Long.parseLong(arguments[0]);
    int seeds = Integer.parseInt(arguments[1]);
    int networks = Integer.parseInt(arguments[2]);
    List<Integer> widths =
        Arrays.stream(arguments[3].split(",", -1)).map(Integer::valueOf).toList();
    System.out.println("| case | findings of " + seeds + " seeds |");
    System.out.println("| --- | --- |");
    try (Backend backend = Backends.cpu()) {
      for (Case one : cases()) {
        Classification declared = Classification.of(one.declared());
        Map<String, Integer> counts = new TreeMap<>();
        for (long seed = first; seed < first + seeds; seed++) {
          ScalingOptions task =
              one.task()
                  .apply(ScalingOptions.usual(one.declared()))
                  .withNetworks(widths, networks, Activation.TANH)
                  .withSeed(seed);
          List<CoordinateRun> runs =
              new ScalingExperiment(one.actual(), task)
                  .run(backend, RunControl.silent())
                  .orElseThrow();
          Diagnosis found =
              Diagnosis.of(
                  declared,
                  runs,
                  one.decays() ? Optional.of(declared.weightDecayExponents()) : Optional.empty());
          counts.merge(found.likely(), 1, Integer::sum);
        }
        List<String> row = new ArrayList<>();
        counts.forEach((name, count) -> row.add(name + ": " + count));
        System.out.println("| " + one.name() + " | " + String.join("; ", row) + " |");
      }
    }
  }
}
