package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.data.InvalidDataException;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;
import org.xml.sax.InputSource;

class ReportWriterTest {
  @Test
  void aCompleteResultShowsEverySection(@TempDir Path folder) throws IOException {
    ResultFolder.write(folder, SampleResult.complete(60, 2));

    String page = Files.readString(ReportWriter.write(folder));

    assertThat(sectionIds(page))
        .containsExactly(
            "headline",
            "kernels",
            "alignment",
            "spectra",
            "predictions",
            "training",
            "convergence",
            "certificate",
            "run",
            "numbers");
    assertThat(page)
        .contains("2 hidden layers", "0.0214 ± 0.0011", "97.20 %", "y = +1", "y = −1")
        .contains("tolerance 0.001", "--gamma", "Example processor")
        .doesNotContain("did not converge");
  }

  @Test
  void aPageLoadsNothingAndRunsNothing() {
    String page = ReportWriter.html(SampleResult.complete(60, 2));

    assertThat(page).doesNotContain("<script", "<link", "@import", "http://", "https://", "url(");
    Matcher source = Pattern.compile("(?:href|src)=\"([^\"]{0,30})").matcher(page);
    int images = 0;
    while (source.find()) {
      assertThat(source.group(1)).startsWith("data:image/png;base64,");
      images++;
    }
    // two kernels with their lazy counterparts, and a colour bar for each pair
    assertThat(images).isEqualTo(6);
  }

  @Test
  void everyPlotIsWellFormedXml() throws Exception {
    String page = ReportWriter.html(SampleResult.complete(60, 2));

    Matcher svg = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
    int plots = 0;
    while (svg.find()) {
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(svg.group())));
      assertThat(svg.group()).doesNotContain("NaN", "Infinity");
      plots++;
    }
    assertThat(plots).isEqualTo(11);
  }

  @Test
  void textOfTheResultIsEscaped() {
    Summary summary =
        Summary.builder("bayes", Map.of("out", "<img src=x onerror=alert(1)>", "activation", "a&b"))
            .converged(true)
            .detail("note", "</td><script>alert(2)</script>")
            .build();

    String page = ReportWriter.html(Result.of(summary).with("history_b", new double[] {1, 2}, 2));

    assertThat(page)
        .contains("&lt;img src=x onerror=alert(1)&gt;", "a&amp;b", "&lt;script&gt;")
        .doesNotContain("<img src=x", "<script");
  }

  @Test
  void aResultThatDidNotConvergeCarriesAWarning() {
    Summary summary = Summary.builder("bayes", Map.of()).residual(0.5).tolerance(1e-3).build();

    assertThat(ReportWriter.html(Result.of(summary)))
        .contains("role=\"alert\"", "did not converge", "The residual is 0.5, the tolerance 0.001");
  }

  @Test
  void missingArraysLeaveTheirSectionsOut() {
    Summary summary = Summary.builder("finite", Map.of()).converged(true).build();

    assertThat(sectionIds(ReportWriter.html(Result.of(summary))))
        .containsExactly("certificate", "run");
  }

  @Test
  void arraysOfUnexpectedShapeLeaveTheirSectionsOut() {
    Result result =
        Result.of(Summary.builder("bayes", Map.of()).converged(true).build())
            .with("phi_1", new double[6], 2, 3)
            .with("y_test", new double[3], 3)
            .with("f_test", new double[2], 2)
            .with("loss_test_t", new double[0], 0)
            .with("history_residual", new double[] {1}, 1);

    assertThat(sectionIds(ReportWriter.html(result))).containsExactly("certificate", "run");
  }

  @Test
  void arraysOfNothingButNaNAreStillDrawn() {
    double[] nan = new double[16];
    Arrays.fill(nan, Double.NaN);
    double[] four = Arrays.copyOf(nan, 4);
    Result result =
        Result.of(Summary.builder("dynamics", Map.of()).build())
            .with("phi_1", nan, 4, 4)
            .with("y_train", new double[] {1, -1, 1, -1}, 4)
            .with("y_test", new double[] {1, -1, 1, -1}, 4)
            .with("f_test", four, 4)
            .with("f_test_lazy", four, 4)
            .with("loss_test_t", four, 4)
            .with("f_test_t", nan, 4, 4)
            .with("history_residual", four, 4);

    String page = ReportWriter.html(result);

    assertThat(sectionIds(page))
        .contains("kernels", "spectra", "predictions", "training", "convergence");
    assertThat(page).doesNotContain("NaN");
  }

  @Test
  void aLargeKernelDoesNotMakeALargePage() {
    int n = 1000;
    double[] noise = new java.util.Random(3).doubles((long) n * n).toArray();
    Result result =
        Result.of(Summary.builder("bayes", Map.of()).converged(true).build())
            .with("phi_1", noise, n, n)
            .with("spectrum_1", new double[] {3, 2, 1}, 3);

    // 400 x 400 pixels of incompressible noise in base64 and the rest of the page
    assertThat(ReportWriter.html(result).length()).isLessThan(400 * 400 * 4 / 3 + 40_000);
  }

  @Test
  void aFolderWithoutAResultIsRefusedInOneLine(@TempDir Path folder) {
    assertThatThrownBy(() -> ReportWriter.write(folder))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("no summary.json")
        .hasMessageNotContaining("\n");
  }

  private static java.util.List<String> sectionIds(String page) {
    return Pattern.compile("<section id=\"([a-z]+)\">")
        .matcher(page)
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  @Test
  void historiesAreDrawnOverTheSweepsWhereTheseAreKnown() {
    Summary summary = Summary.builder("bayes", Map.of()).build();
    String page =
        ReportWriter.html(
            Result.of(summary)
                .with("history_sweep", new double[] {25, 50, 75}, 3)
                .with("history_residual", new double[] {3, 2, 1}, 3)
                .with("history_yv", new double[] {3, 2, 1, 5}, 4));

    assertThat(page)
        .contains("History of residual over the sweeps")
        .contains("over the iterations")
        .doesNotContain("History of sweep");
  }
}
