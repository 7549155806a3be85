package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.richkernel.data.Table;
import org.richkernel.report.plot.HeatMap;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

class KernelFiguresTest {
  @Test
  void eigenvaluesOfAConstantPlusIdentityMatchTheClosedForm() {
    int n = 30;
    double[] kernel = new double[n * n];
    Arrays.fill(kernel, 2);
    for (int i = 0; i < n; i++) {
      kernel[i * n + i] += 0.5;
    }

    double[] values = KernelModes.of(Table.of("phi", kernel, n, n), Optional.empty()).eigenvalues();

    // a 1 1^T + b I has the eigenvalue a n + b once and b otherwise
    assertThat(values).hasSize(n);
    assertThat(values[0]).isCloseTo((2 * n + 0.5) / n, within(1e-12));
    for (int k = 1; k < n; k++) {
      assertThat(values[k]).isCloseTo(0.5 / n, within(1e-12));
    }
  }

  @Test
  void largeKernelsAreSampledWithTheSameSpectrumPerPoint() {
    int n = 2 * KernelModes.MOST_ROWS;
    double[] kernel = new double[n * n];
    Arrays.fill(kernel, 3);

    assertThat(KernelModes.of(Table.of("phi", kernel, n, n), Optional.empty()).eigenvalues()[0])
        .isCloseTo(3, within(1e-10));
  }

  @Test
  void alignmentIsOneForTheTargetsOwnKernelAndKnownForTheIdentity() {
    Table y = Table.of("y", new double[] {1, -1, 1, 1}, 4);
    double[] own = new double[16];
    double[] identity = new double[16];
    for (int i = 0; i < 4; i++) {
      identity[5 * i] = 1;
      for (int j = 0; j < 4; j++) {
        own[4 * i + j] = 3 * y.get(i, 0) * y.get(j, 0);
      }
    }

    assertThat(AlignmentSection.alignment(Table.of("phi", own, 4, 4), y))
        .isCloseTo(1, within(1e-12));
    // y^T y / (sqrt(P) |y|^2) = 1 / sqrt(P)
    assertThat(AlignmentSection.alignment(Table.of("phi", identity, 4, 4), y))
        .isCloseTo(0.5, within(1e-12));
  }

  @Test
  void targetsAreSortedIntoGroupsByClass() {
    Targets targets =
        Targets.ofRows(Table.of("y", new double[] {1, -1, 1, -1, -1}, 5), ClassNames.NONE);

    assertThat(targets.sorted()).containsExactly(1, 3, 4, 0, 2);
    assertThat(targets.groups())
        .containsExactly(new HeatMap.Group("y = −1", 0, 3), new HeatMap.Group("y = +1", 3, 5));
  }

  @Test
  void labelsOfClassesAreTheirNamesWhereTheseSayMoreThanTheTargets() {
    Table y = Table.of("y", new double[] {1, -1, 1}, 3);
    ClassNames animals = new ClassNames(List.of("cat", "dog"));
    assertThat(Targets.ofRows(y, animals).label(0)).isEqualTo("class cat");
    assertThat(Targets.ofEntries(y, animals).label(1)).isEqualTo("class dog");
    ClassNames signs = new ClassNames(List.of("-1", "+1"));
    assertThat(Targets.ofRows(y, signs).label(0)).isEqualTo("y = −1");
    // entries of several outputs are no classes
    Table hot = Table.of("y", new double[] {1, 0, 0, 1}, 2, 2);
    assertThat(Targets.ofEntries(hot, animals).label(1)).isEqualTo("y = 1");
    assertThat(Targets.ofRows(hot, animals).label(1)).isEqualTo("class dog");
  }

  @Test
  void longNamesAreShortenedUnlessTheyWouldBeTheSame() {
    assertThat(ClassNames.shortened(List.of("cat", "experiment_2024_classA")))
        .containsExactly("cat", "experiment_2024\u2026");
    List<String> alike = List.of("experiment_2024_classA", "experiment_2024_classB");
    assertThat(ClassNames.shortened(alike)).isEqualTo(alike);
    // the fifteenth place is the first half of a character of two parts
    assertThat(ClassNames.shortened(List.of("cat", "fourteen chars\uD83D\uDC31s")))
        .containsExactly("cat", "fourteen chars\u2026");
    assertThat(new ClassNames(List.of("-1", "+1")).ofTarget(-1)).isEmpty();
    assertThat(new ClassNames(List.of("-1", "2")).ofTarget(1)).hasValue("2");
    assertThat(new ClassNames(List.of("1", "-1")).ofTarget(-1)).hasValue("1");
  }

  @Test
  void oneHotTargetsAreSortedByTheirClass() {
    Targets targets =
        Targets.ofRows(
            Table.of("y", new double[] {0, 0, 1, 1, 0, 0, 0, 0, 1}, 3, 3), ClassNames.NONE);

    assertThat(targets.sorted()).containsExactly(1, 0, 2);
    assertThat(targets.label(0)).isEqualTo("class 0");
    assertThat(targets.label(1)).isEqualTo("class 2");
  }

  @Test
  void ofADeepNetworkTheFirstAndTheLastLayerAreAmongThoseDrawn() {
    Result result = Result.of(Summary.builder("bayes", Map.of()).build());
    for (int layer = 1; layer <= 20; layer++) {
      result = result.with("phi_" + layer, new double[] {layer}, 1, 1);
    }

    assertThat(KernelSet.of(result).drawn())
        .hasSize(KernelSet.MOST_DRAWN)
        .extracting(KernelSet.Kernel::name)
        .startsWith("phi_1")
        .endsWith("phi_20")
        .doesNotHaveDuplicates();
  }

  @Test
  void powerOfTheTargetsAddsUpOverTheEigenvectors() {
    double[] diagonal = {1, 9, 4, 0.25};
    double[] kernel = new double[16];
    for (int i = 0; i < 4; i++) {
      kernel[5 * i] = diagonal[i];
    }
    // two outputs; the eigenvectors are the points, in the order 1, 2, 0, 3
    Table y = Table.of("y", new double[] {1, 2, 0, 3, 1, 0, 1, 0}, 4, 2);

    double[] power = KernelModes.of(Table.of("phi", kernel, 4, 4), Optional.of(y)).power();

    assertThat(power)
        .containsExactly(new double[] {9 / 16.0, 10 / 16.0, 15 / 16.0, 1}, within(1e-12));
  }
}
