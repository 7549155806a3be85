package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

class WidthSectionTest {
  private static final double[] THEORY = {0, 0, 0.5, -0.5, 0.9, -0.9};

  private static Result theory() {
    return Result.of(Summary.builder("dynamics", Map.of()).build())
        .with("f_train_t", THEORY, 3, 2)
        .with("time", new double[] {0, 1, 2}, 3);
  }

  /** Networks that are off by a given amount at one point and time. */
  private static Result networks(int width, double deviation, int times) {
    double[] f = java.util.Arrays.copyOf(THEORY, 2 * times);
    f[3] += deviation;
    return Result.of(Summary.builder("finite", Map.of("width", width, "repeats", 4)).build())
        .with("f_train_t", f, times, 2)
        .with("time", java.util.Arrays.copyOf(new double[] {0, 1, 2}, times), times);
  }

  @Test
  void networksOfSeveralWidthsAreDrawnBesideTheTheory() {
    Section section =
        WidthSection.of(theory(), List.of(networks(256, 0.05, 3), networks(64, 0.1, 3)));

    assertThat(section.figures()).hasSize(1);
    assertThat(section.figures().get(0).drawing().svgs().get(0))
        .contains("networks", "1/N", "1/\u221aN");
  }

  @Test
  void withErrorsTheSpreadOfOneNetworkIsDrawnToo() {
    Section section =
        WidthSection.of(
            theory(), List.of(spread(networks(64, 0.1, 3)), spread(networks(256, 0.05, 3))));
    String svg = section.figures().get(0).drawing().svgs().get(0);
    assertThat(svg).contains("one network", "mean of the networks", "error of the mean");
    // without the number of networks or their errors it is not known
    assertThat(
            WidthSection.of(theory(), List.of(spread(networks(64, 0.1, 3)), networks(256, 0.05, 3)))
                .figures()
                .get(0)
                .drawing()
                .document())
        .contains("mean of the networks")
        .doesNotContain("one network");
  }

  private static Result spread(Result networks) {
    return networks.with("f_train_t_standard_error", new double[] {0, 0, .1, .1, .1, .1}, 3, 2);
  }

  @Test
  void oneWidthOrOneSharedTimeMakeNoFigure() {
    assertThat(WidthSection.of(theory(), List.of(networks(64, 0.1, 3))).isEmpty()).isTrue();
    Result later = networks(256, 0.1, 3).with("time", new double[] {2, 3, 4}, 3);
    assertThat(WidthSection.of(theory(), List.of(networks(64, 0.1, 3), later)).isEmpty()).isTrue();
    assertThat(WidthSection.of(theory(), List.of()).isEmpty()).isTrue();
  }

  @Test
  void networksOfHalfTheStepAreComparedAtTheSameTimes() {
    // outputs that follow the theory exactly, at five times where the theory has three
    double[] f = {0, 0, 0.25, -0.25, 0.5, -0.5, 0.7, -0.7, 0.9, -0.9};
    Result fine =
        Result.of(Summary.builder("finite", Map.of("width", 256, "repeats", 4)).build())
            .with("f_train_t", f, 5, 2)
            .with("time", new double[] {0, 0.5, 1, 1.5, 2}, 5);

    String csv =
        WidthSection.of(theory(), List.of(networks(64, 0.6, 3), fine))
            .figures()
            .get(0)
            .drawing()
            .csv();

    // 0.6 at one of three times and two points, and no difference at all
    assertThat(csv).contains("mean of the networks,64,0.244949,").contains(",256,0,");
  }
}
