package org.richkernel.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.math3.fraction.BigFraction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.limit.Diagnosis.Mistake;
import org.richkernel.solver.RunControl;

/** Mistakes that were planted are found, and correct runs are not flagged. */
class DiagnosisTest {
  private static final String ADAM_B = "0,1/2,1";
  private static final String ADAM_C = "0,1,1";
  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.cpu();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static Parametrization of(String optimizer, String a, String b, String c) {
    return new Parametrization(
        Optimizer.of(optimizer),
        Exponents.parse("a", a),
        Exponents.parse("b", b),
        Exponents.parse("c", c));
  }

  private static Parametrization adam() {
    return of("adam", "0,0,0", ADAM_B, ADAM_C);
  }

  private static List<CoordinateRun> train(Parametrization p, ScalingOptions options) {
    return new ScalingExperiment(p, options).run(backend, RunControl.silent()).orElseThrow();
  }

  private static ScalingOptions options(Parametrization declared, long seed) {
    return ScalingOptions.usual(declared)
        .withNetworks(List.of(64, 128, 256, 512), 3, Activation.TANH)
        .withSeed(seed);
  }

  private static Diagnosis diagnose(Parametrization declared, Parametrization actual, long seed) {
    return Diagnosis.of(
        Classification.of(declared), train(actual, options(declared, seed)), Optional.empty());
  }

  /** Maximal update of Adam (or of gradient descent) was declared; one exponent is another. */
  @ParameterizedTest
  @CsvSource({
    "adam, '0,1/2,1/2', '0,1,1', READOUT_SCALE, 3, W0",
    "adam, '0,1/2,1',   '1,1,1', LEARNING_RATE, 1, dh_1",
    "sgd,  '0,1/2,1',   '0,0,1', LEARNING_RATE, 1, dh_1",
    "adam, '0,1/2,1',   '0,0,1', LEARNING_RATE, 2, dh_2",
    "adam, '0,1/2,1',   '0,1,0', READOUT_RATE,  3, dW.x",
    "sgd,  '0,1/2,1',  '-1,0,0', READOUT_RATE,  3, dW.x",
    "adam, '0,0,1',     '0,1,1', INITIALIZATION, 2, h_2",
  })
  void thePlantedMistakeIsNamed(
      String optimizer, String b, String c, Mistake mistake, int layer, String evidence) {
    Parametrization declared =
        optimizer.equals("adam") ? adam() : of("sgd", "0,0,0", ADAM_B, "-1,0,1");
    for (long seed : new long[] {11, 12}) {
      Diagnosis found = diagnose(declared, of(optimizer, "0,0,0", b, c), seed);
      assertThat(found.mistake()).as(found.sentence()).isEqualTo(mistake);
      assertThat(found.layer()).isEqualTo(layer);
      assertThat(evidence.split(" ")).contains(found.evidence().orElseThrow().quantity().id());
      assertThat(found.sentence()).contains(found.likely());
    }
  }

  /**
   * A readout that is drawn too large, in dumps that do not hold it: the outputs at the start tell.
   * It makes the gradients of all layers of gradient descent too large, which is no fault of them.
   */
  @ParameterizedTest
  @CsvSource({"adam, '0,1,1'", "sgd, '-1,0,1'"})
  void aReadoutThatWasNotDumpedShowsInTheOutputs(String optimizer, String c) {
    Parametrization declared = of(optimizer, "0,0,0", ADAM_B, c);
    Parametrization actual = of(optimizer, "0,0,0", "0,1/2,1/2", c);
    ScalingOptions many =
        ScalingOptions.usual(declared)
            .withNetworks(List.of(16, 32, 64, 128, 256), 12, Activation.TANH)
            .withSeed(11);
    List<CoordinateRun> runs =
        train(actual, many).stream().map(DiagnosisTest::withoutReadout).toList();
    Diagnosis found = Diagnosis.of(Classification.of(declared), runs, Optional.empty());
    assertThat(found.mistake()).as(found.sentence()).isEqualTo(Mistake.READOUT_SCALE);
    assertThat(found.evidence().orElseThrow().quantity().id()).isEqualTo("f_0");
    List<CoordinateRun> correct =
        train(declared, many).stream().map(DiagnosisTest::withoutReadout).toList();
    assertThat(Diagnosis.of(Classification.of(declared), correct, Optional.empty()).mistake())
        .isEqualTo(Mistake.NONE);
  }

  private static CoordinateRun withoutReadout(CoordinateRun run) {
    return new CoordinateRun(
        run.width(),
        run.seed(),
        run.times(),
        run.points(),
        run.hidden(),
        run.outputs(),
        Optional.empty(),
        run.weights());
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void anEpsilonThatStaysAsTheGradientsShrinkIsNamed(long seed) {
    ScalingOptions fixed = options(adam(), seed).withEpsilon(1e-3, Exponents.parse("e", "0,0,0"));
    Diagnosis found =
        Diagnosis.of(Classification.of(adam()), train(adam(), fixed), Optional.empty());
    assertThat(found.mistake()).as(found.sentence()).isEqualTo(Mistake.EPSILON);
  }

  /** Decay that is multiplied by the learning rate vanishes with it; features do not show it. */
  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void decayThatVanishesWithTheLearningRateIsNamed(long seed) {
    Classification scaled = Classification.of(adam());
    ScalingOptions usual = options(adam(), seed);
    List<CoordinateRun> runs =
        train(adam(), usual.withWeightDecay(1, Exponents.parse("e", "0,0,0")));
    Diagnosis found = Diagnosis.of(scaled, runs, Optional.of(scaled.weightDecayExponents()));
    assertThat(found.mistake()).as(found.sentence()).isEqualTo(Mistake.WEIGHT_DECAY);
    assertThat(found.layer()).isEqualTo(2);
    // without the declaration nobody can know
    assertThat(Diagnosis.of(scaled, runs, Optional.empty()).mistake()).isEqualTo(Mistake.NONE);
    List<CoordinateRun> correct =
        train(adam(), usual.withWeightDecay(1, scaled.weightDecayExponents()));
    assertThat(Diagnosis.of(scaled, correct, Optional.of(scaled.weightDecayExponents())).mistake())
        .isEqualTo(Mistake.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "adam, '0,0,0',       '0,1/2,1',     '0,1,1'",
    "adam, '0,0,0,0',     '0,1/2,1/2,1', '0,1,1,1'",
    "adam, '0,1/2,1/2',   '0,0,0',       '1/2,1,1/2'",
    "adam, '0,1/2,1/2',   '0,0,0',       '1'",
    "adam, '0,0,0',       '0,1/2,1/2',   '1'",
    "adam, '0,1',         '0,0',         '0'",
    "sgd,  '-1/2,0,1/2',  '1/2,1/2,1/2', '0'",
    "sgd,  '0,1/2,1/2',   '0,0,0',       '0'",
    "sgd,  '0,0,0',       '0,1/2,1/2',   '1'",
    "sgd,  '0,1/2,1',     '0,0,1/2',     '-1'",
    "momentum, '0,1/2,1', '0,0,0',       '-1'",
  })
  void correctRunsAreNotFlagged(String optimizer, String a, String b, String c) {
    Parametrization p = of(optimizer, a, b, c);
    for (long seed : new long[] {11, 12, 13}) {
      Diagnosis found = diagnose(p, p, seed);
      assertThat(found.mistake()).as(found.sentence()).isEqualTo(Mistake.NONE);
      assertThat(found.sentence()).isEqualTo("All slopes are as predicted.");
    }
  }

  /** Features that saturate follow no power, and their line fits so badly that any slope may do. */
  @Test
  void aBentLineNamesNoExponent() {
    List<CoordinateRun> runs = List.of(run(1, 1), run(2, 2), run(4, 3), run(8, 3));
    Diagnosis found = Diagnosis.of(Classification.of(adam()), twice(runs), Optional.empty());
    assertThat(found.mistake()).as(found.sentence()).isEqualTo(Mistake.NO_POWER_LAW);
    assertThat(found.sentence()).contains("not a power law in this range", "earlier step");
  }

  private static List<CoordinateRun> twice(List<CoordinateRun> runs) {
    return Stream.concat(runs.stream(), runs.stream()).toList();
  }

  /** One point; the first layer moves by {@code moved}, all else as it should. */
  private static CoordinateRun run(int width, double moved) {
    return new CoordinateRun(
        width,
        0,
        List.of(0, 1),
        1,
        List.of(new double[] {1, 1 + moved}, new double[] {1, 2}),
        new double[] {1 / Math.sqrt(width), 1 / Math.sqrt(width) + 1},
        Optional.empty(),
        List.of());
  }

  /** Chance alone makes three standard errors of few networks more often than of many. */
  @Test
  void fewNetworksNeedMoreErrors() {
    assertThat(slope(8, 0.39).isOff()).isFalse();
    assertThat(slope(8, 0.45).isOff()).isTrue();
    assertThat(slope(1000, 0.31).isOff()).isTrue();
    assertThat(slope(1000, 0.24).isOff()).isFalse();
  }

  private static Slope slope(int freedom, double value) {
    return new Slope(
        new Quantity(Quantity.Kind.OUTPUT_CHANGE, 0),
        1,
        new double[2],
        new double[2],
        new double[2],
        freedom,
        new PowerLaw(value, 0.1, 0, 0, 0),
        BigFraction.ZERO,
        false);
  }
}
