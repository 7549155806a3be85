package org.richkernel.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.commons.math3.fraction.BigFraction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.network.InvalidProblemException;

class ClassificationTest {
  private static List<BigFraction> fractions(String text) {
    return Exponents.parse("exponents", text.replace(' ', ','));
  }

  private static Classification classify(Optimizer optimizer, String a, String b, String c) {
    return Classification.of(
        new Parametrization(optimizer, fractions(a), fractions(b), fractions(c)));
  }

  private static Classification classify(String optimizer, String a, String b, String c) {
    return classify(Optimizer.of(optimizer), a, b, c);
  }

  /** Rows of the tables of arXiv:2011.14522 and 2308.01814, and their corollaries, by hand. */
  @ParameterizedTest
  @CsvSource({
    // standard, learning rates 1 and 1/n
    "sgd,  0 0 0,     0 1/2 1/2,   0, 0 -1,      not stable,       ''",
    "sgd,  0 0 0,     0 1/2 1/2,   1, 3/2 1/2,   kernel regime,    2 3",
    "sgd,  0 0,       0 1/2,       1, 3/2,       kernel regime,    2",
    "sgd,  0 0 0 0,   0 1/2 1/2 1/2, 1, 3/2 1/2 1/2, kernel regime, 2 3 4",
    // NTK
    "sgd,  0 1/2 1/2, 0 0 0,       0, 1/2 1/2,   kernel regime,    1 2 3",
    "sgd,  0 1/2,     0 0,         0, 1/2,       kernel regime,    1 2",
    "sgd,  0 1/2 1/2, 0 0 0,     1/2, 1 1,       trivial,          ''",
    // mean field, one hidden layer; with more the signal dies out
    "sgd,  0 1,       0 0,        -1, 0,         feature learning, 1 2",
    "sgd,  0 1 1,     0 0 0,      -1, 0 1,       not stable,       1 3",
    // maximal update, and shifted by 1/2
    "sgd, -1/2 0 1/2, 1/2 1/2 1/2, 0, 0 0,       feature learning, 1 2 3",
    "sgd,  0 1/2 1,   0 0 0,      -1, 0 0,       feature learning, 1 2 3",
    "sgd,  0 0 0,     0 1/2 1,  -1 0 1, 0 0,     feature learning, 1 2 3",
    "momentum, 0 1/2 1, 0 0 0,    -1, 0 0,       feature learning, 1 2 3",
    // maximal update with a_1 = b_1 = 0; a readout that alone moves; features that move in vain
    "sgd,  0 0 1/2,   0 1/2 1/2,   0, 1 0,       feature learning, 2 3",
    "sgd, -1/2 0 1/2, 1/2 1/2 0,   0, -1/2 -1/2, not stable,       3",
    "sgd,  0 1/2 3/2, 0 0 0,    -3/2, 0 0,       trivial,          ''",
    // Adam
    "adam, 0 0 0,     0 1/2 1/2,   1, 1 0,       not stable,       3",
    "adam, 0 0 0 0,   0 1/2 1/2 1/2, 1, 1 0 0,   not stable,       4",
    "adam, 0 0 0 0 0, 0 1/2 1/2 1/2 1/2, 1, 1 0 0 0, not stable,   5",
    "adam, 0 0,       0 1/2,       1, 1,         kernel regime,    2",
    "adam, 0 0 0,     0 1/2 1/2, 3/2, 3/2 1/2,   kernel regime,    2",
    "adam, 0 0,       0 1/2,     3/2, 3/2,       trivial,          ''",
    "adam, 0 1/2,     0 0,       1/2, 1/2,       kernel regime,    1 2",
    "adam, 0 1/2 1/2, 0 0 0,     1/2, 1/2 0,     not stable,       1 3",
    "adam, 0 1/2 1/2, 0 0 0,       1, 1 1/2,     kernel regime,    2",
    "adam, 0 1/2,     0 0,         1, 1,         trivial,          ''",
    "adam, 0 1/2 1/2, 0 0 0, 1/2 1 1/2, 1/2 1/2, kernel regime,    1 2 3",
    "adam, 0 0 1,     0 1/2 0,     1, 1 0,       feature learning, 2",
    "adam, 0 1,       0 0,         1, 1,         trivial,          ''",
    "adam, 0 0 1,     0 1/2 0,  0 1 0, 0 0,      feature learning, 1 2 3",
    "adam, 0 0 0,     0 1/2 1,  0 1 1, 0 0,      feature learning, 1 2 3",
    "adam, 0 1 1,     0 -1/2 0,    0, 0 0,       feature learning, 1 2 3",
  })
  void knownParametrizations(
      String optimizer, String a, String b, String c, String r, String verdict, String layers) {
    Classification found = classify(optimizer, a, b, c);
    assertThat(found.featureExponents()).isEqualTo(fractions(r));
    assertThat(found.verdict().label()).isEqualTo(verdict);
    List<Integer> contributing = new ArrayList<>();
    for (String layer : layers.isEmpty() ? new String[0] : layers.split(" ")) {
      contributing.add(Integer.valueOf(layer));
    }
    assertThat(found.contributingLayers()).isEqualTo(contributing);
  }

  @Test
  void namesStandForTheRowsAbove() {
    assertThat(Parametrization.named("sp", 2, Optimizer.SGD))
        .isEqualTo(classify("sgd", "0 0 0", "0 1/2 1/2", "0").parametrization());
    assertThat(Parametrization.named("ntp", 2, Optimizer.ADAM))
        .isEqualTo(classify("adam", "0 1/2 1/2", "0 0 0", "0").parametrization());
    assertThat(Parametrization.named("mfp", 1, Optimizer.SGD))
        .isEqualTo(classify("sgd", "0 1", "0 0", "-1").parametrization());
    assertThat(Parametrization.named("mup", 3, Optimizer.SGD))
        .isEqualTo(classify("sgd", "-1/2 0 0 1/2", "1/2 1/2 1/2 1/2", "0").parametrization());
    assertThat(Parametrization.named("mup", 1, Optimizer.SGD))
        .isEqualTo(classify("sgd", "-1/2 1/2", "1/2 1/2", "0").parametrization());
    assertThat(Parametrization.named("mup-adam", 3, Optimizer.ADAM))
        .isEqualTo(classify("adam", "0 0 0 1", "0 1/2 1/2 0", "0 1 1 0").parametrization());
    assertThatThrownBy(() -> Parametrization.named("mup-adam", 2, Optimizer.SGD))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("mup-adam is for adam");
    assertThatThrownBy(() -> Parametrization.named("xyz", 2, Optimizer.SGD))
        .hasMessage("named is xyz; use sp, ntp, mfp, mup or mup-adam");
  }

  /** Exponents of the measured quantities: dh^1, dh^2, f_0, Delta W x, W_0 Delta x, df. */
  @ParameterizedTest
  @CsvSource({
    "sgd,  0 0 0,     0 1/2 1/2,   1,  -3/2 -1/2 0 0 0 0",
    "sgd,  0 1/2 1/2, 0 0 0,       0,  -1/2 -1/2 0 0 0 0",
    "sgd,  0 1/2 1/2, 0 0 0,     1/2,  -1 -1 0 -1/2 -1/2 -1/2",
    "sgd,  0 1/2 1,   0 0 0,      -1,  0 0 -1/2 0 0 0",
    "sgd,  0 1/2 3/4, 0 0 0,    -1/2,  -1/4 -1/4 -1/4 0 0 0",
    "sgd,  0 1/2 3/2, 0 0 0,    -3/2,  0 0 -1 -1/2 -1/2 -1/2",
    "adam, 0 0 0,     0 1/2 1/2,   1,  -1 0 0 0 1/2 1/2",
    "adam, 0 0 0,     0 1/2 1/2, 3/2,  -3/2 -1/2 0 -1/2 0 0",
    "adam, 0 1/2 1/2, 0 0 0,     1/2,  -1/2 0 0 0 1/2 1/2",
    "adam, 0 1/2 1/2, 0 0 0,       1,  -1 -1/2 0 -1/2 0 0",
    "adam, 0 0 1,     0 1/2 0,  0 1 0, 0 0 -1/2 0 0 0",
  })
  void exponentsOfWhatIsMeasured(String optimizer, String a, String b, String c, String all) {
    Classification found = classify(optimizer, a, b, c);
    assertThat(
            List.of(
                found.preactivationChange(1),
                found.preactivationChange(2),
                found.initialOutput(),
                found.outputByReadout(),
                found.outputByFeatures(),
                found.outputChange()))
        .isEqualTo(fractions(all));
  }

  /** In doubles .1 + .2 is not .3, and a third is no double at all. */
  @Test
  void tiesAreDecidedExactly() {
    Classification between = classify("sgd", "0 1/2 2/3", "0 0 0", "-1/3");
    assertThat(between.featureExponents()).isEqualTo(fractions("1/3 1/3"));
    assertThat(between.outputByReadout()).isEqualTo(BigFraction.ZERO);
    assertThat(between.outputByFeatures()).isEqualTo(BigFraction.ZERO);
    assertThat(between.initialOutput()).isEqualTo(new BigFraction(-1, 6));
    assertThat(between.verdict()).isEqualTo(Verdict.KERNEL_REGIME);
    assertThat(between.contributingLayers()).containsExactly(1, 2, 3);
    assertThat(classify("sgd", "0 .1 .9", "0 .4 .1", "-.8").verdict())
        .isEqualTo(classify("sgd", "0 1/10 9/10", "0 2/5 1/10", "-4/5").verdict());
  }

  @Test
  void depthSetsTheExponentsOfManyLayers() {
    for (int depth = 1; depth <= 40; depth++) {
      for (Classification best :
          List.of(
              Classification.of(Parametrization.maximalUpdate(depth, Optimizer.SGD)),
              Classification.of(Parametrization.maximalUpdateAdam(depth)))) {
        assertThat(best.featureExponents()).isEqualTo(Collections.nCopies(depth, BigFraction.ZERO));
        assertThat(best.verdict()).isEqualTo(Verdict.FEATURE_LEARNING);
        assertThat(best.isUniform()).isTrue();
        assertThat(best.contributingLayers()).hasSize(depth + 1);
      }
      assertThat(Classification.of(Parametrization.ntk(depth, Optimizer.SGD)).featureExponents())
          .isEqualTo(Collections.nCopies(depth, Exponents.HALF));
    }
  }

  @Test
  void epsilonFollowsTheGradientAndWeightDecayTheLearningRate() {
    Classification multiplier = classify("adam", "0 0 1", "0 1/2 0", "0 1 0");
    assertThat(multiplier.epsilonExponents()).isEqualTo(fractions("-1 -1 -1"));
    assertThat(multiplier.weightDecayExponents()).isEqualTo(fractions("0 1 0"));
    Classification plain = classify("adam", "0 0 0", "0 1/2 1", "0 1 1");
    assertThat(plain.epsilonExponents()).isEqualTo(fractions("-1 -1 0"));
    assertThat(plain.weightDecayExponents()).isEqualTo(fractions("0 1 1"));
    assertThat(classify("adam", "0 1/2 1/2", "0 0 0", "1").epsilonExponents())
        .isEqualTo(fractions("-1/2 -1 -1/2"));
  }

  /** Counts of a whole grid of points of two hidden layers that are initialized as they must. */
  private static final class Census implements Consumer<Classification> {
    int points;
    int stable;
    int features;
    int kernel;
    int movedInVain;
    final Set<List<BigFraction>> maximal = new HashSet<>();

    @Override
    public void accept(Classification found) {
      points++;
      stable += found.isStable() ? 1 : 0;
      boolean still = found.featureExponent().equals(BigFraction.ZERO);
      switch (found.verdict()) {
        case FEATURE_LEARNING -> {
          features++;
          assertThat(Exponents.atLeast(found.readoutInitialization(), BigFraction.ONE)).isTrue();
          if (found.isUniform()
              && found.readoutMaximallyUpdated()
              && found.readoutMaximallyInitialized()) {
            maximal.add(invariants(found.parametrization()));
          }
        }
        case KERNEL_REGIME -> kernel++;
        case TRIVIAL -> movedInVain += still ? 1 : 0;
        case NOT_STABLE -> assertThat(found.isNontrivial()).isFalse();
      }
    }

    /** Combinations that no common shift changes. */
    private static List<BigFraction> invariants(Parametrization p) {
      BigFraction first = p.a().get(0);
      BigFraction c = p.c().get(0);
      return List.of(
          p.a().get(1).subtract(first),
          p.a().get(2).subtract(first),
          p.b().get(2).add(first),
          p.optimizer().isNormalized() ? c.add(first) : c.add(first.multiply(2)));
    }
  }

  private static void forAll(
      Optimizer optimizer, int least, int most, Consumer<Classification> each) {
    List<BigFraction> halves = new ArrayList<>();
    for (int k = least; k <= most; k++) {
      halves.add(new BigFraction(k, 2));
    }
    for (BigFraction first : halves) {
      for (BigFraction hidden : halves) {
        for (BigFraction readout : halves) {
          for (BigFraction deviation : halves) {
            List<BigFraction> a = List.of(first, hidden, readout);
            List<BigFraction> b =
                List.of(first.negate(), Exponents.HALF.subtract(hidden), deviation);
            for (BigFraction c : halves) {
              each.accept(Classification.of(new Parametrization(optimizer, a, b, List.of(c))));
            }
          }
        }
      }
    }
  }

  @Test
  void everyPointOfAGridOfGradientDescent() {
    Census census = new Census();
    forAll(Optimizer.SGD, -2, 3, census);
    assertThat(
            List.of(
                census.points, census.stable, census.features, census.kernel, census.movedInVain))
        .containsExactly(7776, 2152, 120, 178, 206);
    assertThat(census.maximal).containsExactly(fractions("1/2 1 0 -1"));
  }

  @Test
  void everyPointOfAGridOfAdam() {
    Census census = new Census();
    forAll(Optimizer.ADAM, -1, 3, census);
    assertThat(
            List.of(
                census.points, census.stable, census.features, census.kernel, census.movedInVain))
        .containsExactly(3125, 1066, 125, 166, 164);
    assertThat(census.maximal).containsExactly(fractions("1 1 0 0"));
  }

  /** (a, b, c) -> (a + theta, b - theta, c - 2 theta), or c - theta, is the same network. */
  @ParameterizedTest
  @EnumSource(Optimizer.class)
  void shiftsChangeNothing(Optimizer optimizer) {
    for (BigFraction theta : fractions("1/2 1/3 -2/7")) {
      BigFraction back = optimizer.isNormalized() ? theta : theta.multiply(2);
      forAll(
          optimizer,
          -1,
          2,
          found -> {
            Parametrization p = found.parametrization();
            Classification shifted =
                Classification.of(
                    new Parametrization(
                        optimizer,
                        p.a().stream().map(theta::add).toList(),
                        p.b().stream().map(b -> b.subtract(theta)).toList(),
                        p.c().stream().map(c -> c.subtract(back)).toList()));
            assertThat(shifted.verdict()).isEqualTo(found.verdict());
            assertThat(shifted.featureExponents()).isEqualTo(found.featureExponents());
            assertThat(shifted.outputChange()).isEqualTo(found.outputChange());
            assertThat(shifted.initialOutput()).isEqualTo(found.initialOutput());
          });
    }
  }

  /** Each layer of Adam may be shifted by itself. */
  @Test
  void layersOfAdamShiftOneByOne() {
    Classification found = classify("adam", "0 0 1", "0 1/2 0", "0 1 0");
    Classification shifted = classify("adam", "1/2 -1/3 0", "-1/2 5/6 1", "-1/2 4/3 1");
    assertThat(shifted.featureExponents()).isEqualTo(found.featureExponents());
    assertThat(shifted.verdict()).isEqualTo(found.verdict());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1/0", "half", "", "1/2/3", "1//2", "NaN", "1e3", "--1", "/2"})
  void whatIsNoFractionIsNamed(String text) {
    assertThatThrownBy(() -> Exponents.parse("a", "0," + text))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("a is '" + text + "'; write whole numbers and fractions such as 0,1/2,-1");
  }

  @Test
  void lengthsMustFit() {
    assertThatThrownBy(() -> classify("sgd", "0 0 0", "0 1/2", "0"))
        .hasMessage("b is 0,1/2; give one exponent for each of the 3 layers");
    assertThatThrownBy(() -> classify("sgd", "0 0 0", "0 1/2 1/2", "0 1"))
        .hasMessage("c is 0,1; give one exponent for each of the 3 layers, or one for all");
    assertThatThrownBy(() -> classify("sgd", "0", "0", "0")).hasMessageContaining("a is 0; ");
    assertThatThrownBy(() -> Parametrization.ntk(0, Optimizer.SGD)).hasMessageContaining("depth");
  }
}
