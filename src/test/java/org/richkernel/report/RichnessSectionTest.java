package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

class RichnessSectionTest {
  private static final double[] GAMMA = {0, 0.5, 1};

  private static Result path() {
    return Result.of(Summary.builder("bayes", Map.of()).build())
        .with("path_gamma", GAMMA, 3)
        .with("path_action", new double[] {0, 1, 3}, 3)
        .with("path_action_standard_error", new double[] {0, 0.1, 0.2}, 3)
        .with("path_loss_train", new double[] {0.5, 0.3, 0.2}, 3)
        .with("path_loss_train_standard_error", new double[] {0, 0.01, 0.02}, 3)
        .with("path_loss_test", new double[] {0.6, 0.5, 0.4}, 3)
        .with("path_loss_test_standard_error", new double[] {0, 0.03, 0.04}, 3)
        .with("path_alignment", new double[] {0.4, 0.5, 0.6, 0.7, 0.8, 0.9}, 3, 2)
        .with("path_alignment_standard_error", new double[] {0, 0, 0.1, 0.1, 0.1, 0.1}, 3, 2)
        .with("path_trace", new double[] {1, 1, 1.1, 1.2, 1.3, 1.4}, 3, 2)
        .with("path_trace_standard_error", new double[6], 3, 2);
  }

  private static long count(String text, String part) {
    return text.split(java.util.regex.Pattern.quote(part), -1).length - 1L;
  }

  @Test
  void lossesLayersAndActionAreDrawnAgainstRichness() {
    Section section = RichnessSection.of(path());

    assertThat(section.figures()).hasSize(4);
    String losses = section.figures().get(0).drawing().svgs().get(0);
    assertThat(losses).contains("train", "test", "richness \u03b3");
    // an error bar has three strokes; the exact points at gamma = 0 have none
    assertThat(count(losses, "whisker c0")).isEqualTo(2 * 3);
    assertThat(count(losses, "whisker c1")).isEqualTo(2 * 3);
    assertThat(section.figures().get(1).drawing().svgs().get(0))
        .contains("layer 1", "layer 2", "whisker c1");
    assertThat(section.figures().get(2).drawing().svgs().get(0))
        .contains("Tr")
        .doesNotContain("whisker");
  }

  @Test
  void aPathWithoutErrorsOrTestPointsIsDrawnWithWhatThereIs() {
    Result bare =
        Result.of(Summary.builder("bayes", Map.of()).build())
            .with("path_gamma", GAMMA, 3)
            .with("path_action", new double[] {Double.NaN, Double.NaN, Double.NaN}, 3)
            .with("path_alignment", new double[] {0.4, 0.5, 0.6}, 3, 1);
    List<Figure> figures = RichnessSection.of(bare).figures();

    assertThat(figures).hasSize(1);
    assertThat(figures.get(0).drawing().svgs().get(0))
        .contains("alignment")
        .doesNotContain("whisker", "NaN");
    assertThat(RichnessSection.of(bare.with("path_gamma", new double[] {1}, 1)).isEmpty()).isTrue();
  }

  @Test
  void anErrorAsLargeAsItsValueStaysInsideTheAxes() {
    Result wide =
        path()
            .with("path_loss_train", new double[] {0.5, 0.05, 0.001}, 3)
            .with("path_loss_train_standard_error", new double[] {0, 0.06, 0.0009999}, 3);

    String svg = RichnessSection.of(wide).figures().get(0).drawing().svgs().get(0);

    // the bar that would reach below zero of the logarithmic axis has no lower end
    assertThat(count(svg, "whisker c0")).isLessThan(2 * 3);
    assertThat(svg).contains("10\u207b\u00b3").doesNotContain("10\u207b\u2077", "NaN");
  }
}
