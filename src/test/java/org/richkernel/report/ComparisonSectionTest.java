package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.richkernel.result.Result;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.result.TrainedLoss;

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

  private static Result course(String command, double eta, int steps, String loss, double error) {
    double[] time = new double[steps + 1];
    double[] losses = new double[steps + 1];
    double[] errors = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      time[i] = eta * i;
      losses[i] = 1 / (1 + time[i]);
      errors[i] = error;
    }
    return Result.of(
            Summary.builder(command, Map.of("step-size", eta, "loss", loss))
                .converged(true)
                .train(Score.ofLoss(0.5).withLossStandardError(0.03))
                .build())
        .with("y_train", new double[] {1, -1}, 2)
        .with("time", time, steps + 1)
        .with("loss_train_t", losses, steps + 1)
        .with("loss_train_t_standard_error", errors, steps + 1);
  }

  private static Section compared(Result own, Result other) {
    return ComparisonSection.of(Comparison.of(Path.of("a"), own, Path.of("b"), other), 1);
  }

  @Test
  void lossesAreSubtractedAtEqualTimesWithTheErrorsOfBoth() {
    Section section =
        compared(course("finite", 0.1, 20, "sum", 0.3), course("dynamics", 0.5, 3, "sum", 0.4));

    String csv = section.figures().get(1).drawing().csv();
    // the same course at other steps differs by nothing, 0.3 and 0.4 make 0.5
    assertThat(csv)
        .contains("train,0,0,0.5", "train,0.5,0,0.5", "train,1,0,0.5", "train,1.5,0,0.5");
    assertThat(section.figures().get(1).caption()).doesNotContain("interpolated");
    assertThat(section.tables().get(1).rows())
        .contains(
            List.of(
                "train loss",
                "0.500 \u00b1 0.030",
                "0.500 \u00b1 0.030",
                "0.000 \u00b1 0.042",
                "0.0"));
  }

  @Test
  void timesOfASummedAndAMeanLossAreNotCompared() {
    Section section =
        compared(course("finite", 0.1, 20, "sum", 0), course("dynamics", 0.1, 20, "mean", 0));

    assertThat(section.figures()).isEmpty();
    assertThat(section.note()).contains("time has another meaning");
  }

  private static Result classified(double loss, double logits) {
    Summary.Builder summary =
        Summary.builder("finite", Map.of()).converged(true).train(Score.ofLoss(loss));
    TrainedLoss.addCrossEntropy(summary, logits, OptionalDouble.empty());
    return Result.of(summary.build()).with("y_train", new double[] {1, -1}, 2);
  }

  private static List<List<String>> numbers(Result own, Result other) {
    return compared(own, other).tables().get(1).rows();
  }

  @Test
  void crossEntropiesStandInPlaceOfSquaredErrorsWhereBothWereTrainedWithThem() {
    assertThat(numbers(classified(0.5, 2.25), classified(0.4, 2)))
        .containsExactly(List.of("train cross-entropy", "2.25", "2", "0.25, exact", ""));
  }

  @Test
  void fitsWithOtherLossesAreComparedInSquaredErrors() {
    assertThat(numbers(classified(0.5, 2.25), course("dynamics", 0.1, 2, "sum", 0)))
        .extracting(row -> row.get(0))
        .containsExactly("train squared error");
  }

  @Test
  void resultsWithOtherOutputsAreRefused() {
    Result one = course("finite", 0.1, 2, "sum", 0);
    Result two = one.with("y_train", new double[] {1, -1}, 1, 2);

    org.assertj.core.api.Assertions.assertThatThrownBy(() -> compared(one, two))
        .hasMessageContaining("b: it has 2 outputs, a has 1");
  }
}
