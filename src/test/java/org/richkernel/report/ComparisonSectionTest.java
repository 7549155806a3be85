package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

class ComparisonSectionTest {
  private static Result result(String command, double scale, double tilt) {
    double[] phi = {scale, tilt, tilt, scale};
    return Result.of(Summary.builder(command, Map.of()).build())
        .with("y_train", new double[] {1, -1}, 2)
        .with("phi_1", phi, 2, 2);
  }

  @Test
  void kernelsStandSideBySideWithHowAlikeTheyAre() {
    Section section =
        ComparisonSection.of(
            Comparison.of(
                Path.of("experiment"),
                result("finite", 1, 0.5),
                Path.of("theory"),
                result("bayes", 2, 1)),
            1);

    List<Figure> figures = section.figures();
    assertThat(figures).hasSize(1);
    assertThat(figures.get(0).isWide()).isTrue();
    assertThat(figures.get(0).drawing().document()).contains("Φ¹, finite width", "Φ¹, adaptive");
    // A = B / 2
    assertThat(figures.get(0).caption())
        .contains("on one colour scale")
        .contains("cosine 1.0000, norm ratio 0.5000, relative error 0.5000");
  }
}
