package org.richkernel.limit.fewshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Precision;
import org.richkernel.limit.fewshot.FewShotExperiment.Learned;
import org.richkernel.limit.fewshot.FewShotExperiment.Trial;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

class FewShotExperimentTest {
  private static final ImagePool TRAINING = Small.pool(1, 6, 8, 3, true);
  private static final ImagePool TUNING = Small.pool(2, 4, 8, 3, true);
  private static final ImagePool EVALUATION = Small.pool(3, 4, 8, 3, true);

  private static List<FewShotModel> models() {
    return List.of(
        linear(OptionalInt.empty()),
        linear(OptionalInt.of(30)),
        linear(OptionalInt.of(6)),
        new KernelModel(new ImageKernel(ImageKernel.Kind.NTK, 1, 1, 1)));
  }

  private static FewShotModel linear(OptionalInt width) {
    return new LinearModel(
        LinearModel.published(width, EVALUATION.pixels(), 3), 1, Precision.FLOAT32);
  }

  private static FewShotExperiment experiment(
      List<FewShotModel> models, ImagePool evaluation, List<Double> innerRates) {
    return new FewShotExperiment(
        Small.options(3, 2, 6),
        new MetaSchedule(List.of(6, 0, 2), innerRates, List.of(0.3)),
        models,
        TRAINING,
        Optional.of(TUNING),
        evaluation);
  }

  private static List<Learned> run(FewShotExperiment experiment) {
    try (Backend backend = Backends.cpu()) {
      List<Learned> learned = experiment.run(backend, RunControl.silent()).orElseThrow();
      assertThat(backend.openMatrices()).isZero();
      return learned;
    }
  }

  private static List<double[]> numbers(List<Learned> all) {
    List<double[]> numbers = new ArrayList<>();
    for (Learned one : all) {
      numbers.add(one.curve().losses());
      numbers.add(one.curve().norms());
      numbers.addAll(one.curve().accuracies());
      numbers.add(one.trials().stream().mapToDouble(Trial::accuracy).toArray());
    }
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aPlanForetellsWhatIsHeld(int model) {
    FewShotExperiment experiment =
        experiment(List.of(models().get(model)), EVALUATION, List.of(0.4));
    long planned = experiment.plans().get(0).matrixBytes();
    try (Backend backend = Backends.cpu()) {
      assertThat(experiment.run(backend, RunControl.silent())).isPresent();
      // draws of both kinds of tasks are not there at once
      assertThat(backend.peakBytes()).isBetween(planned - 11 * 18 * 4, planned + 100_000);
    }
  }

  /** Stopped after every few steps, in trials and courses of all models. */
  @Test
  void aRunThatIsInterruptedAgainAndAgainHasTheSameBits() {
    FewShotExperiment experiment = experiment(models(), EVALUATION, List.of(0.4, 0.1));
    List<double[]> expected = numbers(run(experiment));
    InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();
    Optional<List<Learned>> found = Optional.empty();
    int runs = 0;
    while (found.isEmpty()) {
      StopSignal stop = new StopSignal();
      int[] steps = {0};
      Progress.Listener listener =
          progress -> {
            if (++steps[0] == 5) {
              stop.raise();
            }
          };
      try (Backend backend = Backends.cpu()) {
        found = experiment.run(backend, new RunControl(listener, stop, checkpoints));
      }
      assertThat(++runs).isLessThan(40);
    }
    assertThat(runs).isGreaterThan(10);
    assertThat(numbers(found.get())).usingRecursiveComparison().isEqualTo(expected);
  }

  /** Other evaluation images change neither trials nor choices. */
  @Test
  void ratesAreChosenOnTheTuningPoolAlone() {
    List<Double> rates = List.of(1e-9, 0.4, 0.1);
    List<Learned> some = run(experiment(models(), EVALUATION, rates));
    List<Learned> others = run(experiment(models(), Small.pool(9, 5, 9, 3, true), rates));
    for (int m = 0; m < some.size(); m++) {
      assertThat(some.get(m).trials()).hasSize(3).isEqualTo(others.get(m).trials());
      Trial best =
          some.get(m).trials().stream()
              .reduce((a, b) -> b.accuracy() > a.accuracy() ? b : a)
              .orElseThrow();
      assertThat(some.get(m).curve().rates()).isEqualTo(best.rates());
      assertThat(others.get(m).curve().rates()).isEqualTo(best.rates());
      assertThat(some.get(m).curve().accuracies().get(0))
          .isNotEqualTo(others.get(m).curve().accuracies().get(0));
    }
    // a network that does not adapt knows nothing
    Trial still = some.get(0).trials().get(0);
    assertThat(still.accuracy()).isLessThan(some.get(0).trials().get(1).accuracy() - 0.1);
  }

  /** Evaluations come in the order of their steps, and the last one sees all of them. */
  @Test
  void evaluationsDoNotDisturbTheCourse() {
    List<Learned> often = run(experiment(models(), EVALUATION, List.of(0.4)));
    FewShotExperiment once =
        new FewShotExperiment(
            Small.options(3, 2, 6),
            new MetaSchedule(List.of(6), List.of(0.4), List.of(0.3)),
            models(),
            TRAINING,
            Optional.empty(),
            EVALUATION);
    List<Learned> rarely = run(once);
    for (int m = 0; m < often.size(); m++) {
      assertThat(rarely.get(m).curve().losses()).isEqualTo(often.get(m).curve().losses());
      assertThat(rarely.get(m).curve().accuracies().get(0))
          .isEqualTo(often.get(m).curve().accuracies().get(2));
    }
  }

  /** A gradient that blows up ends the curve, and says so. */
  @Test
  void aModelThatDivergesHasNoAccuracy() {
    FewShotExperiment experiment =
        new FewShotExperiment(
            Small.options(3, 2, 6),
            new MetaSchedule(List.of(0, 6), List.of(1e200), List.of(0.3)),
            List.of(linear(OptionalInt.empty())),
            TRAINING,
            Optional.empty(),
            EVALUATION);
    FewShotCurve curve = run(experiment).get(0).curve();
    assertThat(curve.isFinite()).isFalse();
    assertThat(curve.accuracies()).hasSize(2);
    assertThat(curve.accuracies().get(1)).containsOnly(Double.NaN);
  }

  /** Standard errors over tasks hold the mean over very many tasks as often as they should. */
  @Test
  void errorsOverTasksCoverTheMeanOverAllTasks() {
    int seeds = 200;
    double[] means = new double[seeds];
    double[] errors = new double[seeds];
    try (Backend backend = Backends.cpu()) {
      for (int s = 0; s < seeds; s++) {
        FewShotOptions options = new FewShotOptions(3, 1, 1, 3, 12, 40, 1, 3, 0, 0.5, 0, 2, s);
        double[] tasks =
            new FewShotExperiment(
                    options,
                    new MetaSchedule(List.of(0), List.of(0.4), List.of(0.3)),
                    List.of(linear(OptionalInt.empty())),
                    TRAINING,
                    Optional.empty(),
                    EVALUATION)
                .run(backend, RunControl.silent())
                .orElseThrow()
                .get(0)
                .curve()
                .accuracies()
                .get(0);
        means[s] = IndependentEstimates.mean(tasks);
        errors[s] = IndependentEstimates.standardError(tasks);
      }
    }
    double truth = IndependentEstimates.mean(means);
    int covered = 0;
    for (int s = 0; s < seeds; s++) {
      covered += Math.abs(means[s] - truth) < 2 * errors[s] ? 1 : 0;
    }
    double expected = 0.9545 * seeds;
    assertThat((double) covered)
        .isCloseTo(expected, within(3.5 * Math.sqrt(seeds * 0.9545 * 0.0455)));
  }

  @Test
  void poolsThatAreTooSmallAreRefused() {
    assertThatThrownBy(
            () ->
                new FewShotExperiment(
                    Small.options(30, 2, 6),
                    new MetaSchedule(List.of(0), List.of(0.4), List.of(0.3)),
                    models(),
                    TRAINING,
                    Optional.empty(),
                    EVALUATION))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage(
            "ways is 30; there are 24 training classes, turned ones counted; use at most"
                + " so many");
    assertThatThrownBy(
            () ->
                new FewShotExperiment(
                    Small.options(3, 7, 6),
                    new MetaSchedule(List.of(0), List.of(0.4), List.of(0.3)),
                    models(),
                    TRAINING,
                    Optional.empty(),
                    EVALUATION))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("shots is 7; a task takes 9 images");
    assertThatThrownBy(
            () ->
                new FewShotExperiment(
                    Small.options(3, 2, 6),
                    new MetaSchedule(List.of(0), List.of(0.4, 0.1), List.of(0.3)),
                    models(),
                    TRAINING,
                    Optional.empty(),
                    EVALUATION))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("tune-classes is 0; a choice of --inner-rates or --meta-rates");
  }
}
