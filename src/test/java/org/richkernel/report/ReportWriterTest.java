package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
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

    assertThat(page).doesNotContain("<script", "<link", "@import", "http://", "https://");
    assertThat(page).doesNotContainPattern("url\\([^#]");
    Matcher source = Pattern.compile("(?:href|src)=\"([^\"]{0,30})").matcher(page);
    List<String> kinds = new ArrayList<>();
    while (source.find()) {
      kinds.add(source.group(1).replaceAll("[;,].*", ""));
    }
    // two kernels with their lazy counterparts, and a colour bar for each
    assertThat(Collections.frequency(kinds, "data:image/png")).isEqualTo(8);
    int figures = page.split("<figure").length - 1;
    assertThat(Collections.frequency(kinds, "data:image/svg+xml")).isEqualTo(figures);
    assertThat(Collections.frequency(kinds, "data:text/csv")).isEqualTo(figures);
    assertThat(kinds).hasSize(8 + 2 * figures);
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
    assertThat(plots).isEqualTo(15);
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
  void sitesAndFiltersAreDrawnWhereThereAreSome() {
    String page = ReportWriter.html(SampleResult.withSites(SampleResult.complete(60, 2)));

    assertThat(sectionIds(page)).containsSubsequence("alignment", "sites", "filters", "spectra");
    String sites = page.substring(page.indexOf("<section id=\"sites\""));
    String filters = sites.substring(sites.indexOf("<section id=\"filters\""));
    assertThat(sites.substring(0, sites.length() - filters.length()))
        .contains("Variance, layer 1", "Alignment, layer 2", ">lazy<");
    assertThat(filters)
        .contains("Directions, channel 1", "Directions, channel 2", "4.000 \u00b1 0.020");
  }

  @Test
  void missingArraysLeaveTheirSectionsOut() {
    Summary summary = Summary.builder("finite", Map.of()).converged(true).build();

    assertThat(sectionIds(ReportWriter.html(Result.of(summary)))).containsExactly("run");
  }

  @Test
  void numbersWithoutPicturesComeFirst() {
    Summary.Builder abc = Summary.builder("abc", Map.of()).detail("verdict", "feature learning");

    assertThat(sectionIds(ReportWriter.html(Result.of(abc.converged(true).build()))))
        .containsExactly("numbers", "run");
    assertThat(sectionIds(ReportWriter.html(Result.of(abc.converged(false).build()))))
        .containsExactly("certificate", "run", "numbers");
  }

  @Test
  void arraysOfUnexpectedShapeLeaveTheirSectionsOut() {
    Result result =
        Result.of(Summary.builder("bayes", Map.of()).converged(true).build())
            .with("phi_1", new double[6], 2, 3)
            .with("y_test", new double[3], 3)
            .with("f_test", new double[2], 2)
            .with("loss_test_t", new double[0], 0)
            .with("site_variance_1", new double[0], 0, 0)
            .with("filter_eigenvalues", new double[2], 2)
            .with("filter_directions", new double[9], 1, 3, 3, 1)
            .with("history_residual", new double[] {1}, 1);

    assertThat(sectionIds(ReportWriter.html(result))).containsExactly("run");
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

    // twice 400 x 400 pixels of incompressible noise in base64, numbers of 100 x 100 means with
    // the name of their panel, and the rest of the page
    assertThat(ReportWriter.html(result).length())
        .isLessThan(2 * 400 * 400 * 4 / 3 + 100 * 101 / 2 * 80 + 60_000);
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
  void downloadsHoldWhatIsDrawn() {
    String page = ReportWriter.html(SampleResult.complete(60, 2));

    String csv = downloaded(page, "convergence-1.csv");
    assertThat(csv.lines().limit(2)).first().isEqualTo("series,iteration,residual,standard error");
    assertThat(csv.lines()).hasSize(1 + 17 + 1);
    assertThat(downloaded(page, "kernels-1.csv").lines()).hasSize(1 + 2 * 60 * 61 / 2);
    assertThat(downloaded(page, "kernels-1.svg")).startsWith("<svg").endsWith("</svg>");
  }

  private static String downloaded(String page, String name) {
    Matcher link =
        Pattern.compile("download=\"" + name + "\" href=\"data:[^,\"]*,([^\"]*)\"").matcher(page);
    assertThat(link.find()).isTrue();
    String text = link.group(1).replace("&#39;", "'").replace("+", "%2B");
    return java.net.URLDecoder.decode(text, java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void theCriterionThatWasMetLastIsNamed() {
    Summary.Builder summary = Summary.builder("bayes", Map.of()).tolerance(0.1).converged(true);
    Result result =
        Result.of(summary.build())
            .with("history_sweep", new double[] {50, 100, 150}, 3)
            .with("history_residual", new double[] {0.3, 0.05, 0.04}, 3)
            .with("history_residual_error", new double[] {0.02, 0.02, 0.02}, 3)
            .with("history_r_hat", new double[] {1.2, 1.06, 1.03}, 3)
            .with("history_effective_sweeps", new double[] {5, 21, 30}, 3);

    assertThat(ReportWriter.html(result))
        .contains(
            "Last to be met: the R-hat, the agreement of the chains, still 1.06 after 100 sweeps and"
                + " 1.03 after 150 (below 1.05 wanted).");
    assertThat(ReportWriter.html(result.with("history_r_hat", new double[] {1, 1, 2}, 3)))
        .contains("Not met to the end: the R-hat, the agreement of the chains, 2 at the last look");
  }

  @Test
  void oneHotOutputsShowWhichClassIsTakenForWhich() {
    Result result =
        Result.of(Summary.builder("lazy", Map.of()).converged(true).build())
            .with("y_test", new double[] {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, 4, 3)
            .with("f_test", new double[] {9, 1, 1, 1, 1, 7, 0, 8, 2, 3, 2, 4}, 4, 3);

    String page = ReportWriter.html(result);
    String section = page.substring(page.indexOf("<section id=\"classes\""));
    assertThat(section.replaceAll("\\s*\\n\\s*", ""))
        .contains(
            "<tr><th scope=\"row\">0</th><td>1</td><td>\u00b7</td><td>1</td></tr>"
                + "<tr><th scope=\"row\">1</th><td>\u00b7</td><td>1</td><td>\u00b7</td></tr>");
    assertThat(downloaded(page, "classes-1.csv")).contains("\nlazy,0,0.5,0.3535534\n");
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
