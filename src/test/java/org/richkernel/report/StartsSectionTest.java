package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

class StartsSectionTest {
  private static Map<String, Object> start(String name, boolean chosen, double action) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("start", name);
    row.put("chosen", chosen);
    row.put("action", action);
    row.put("actionStandardError", 0.3);
    row.put("actionGridError", 0.4);
    row.put("dualFit", 0.0123);
    row.put("dualFitStandardError", 0.0002);
    row.put("trainLoss", 0.25);
    row.put("layers", List.of(Map.of("alignment", 0.5), Map.of("alignment", 0.75)));
    return row;
  }

  private static Summary summary(String verdict) {
    return Summary.builder("bayes", Map.of())
        .converged(!verdict.equals("undecided"))
        .detail(
            "secondStart",
            Map.of(
                "verdict", verdict, "actionDifference", 13.8, "actionDifferenceStandardError", 0.7))
        .detail("starts", List.of(start("lazy", false, 79.9), start("aligned", true, 66.1)))
        .build();
  }

  @Test
  void theMetastableSolutionIsNamedWithItsAction() {
    Section section = StartsSection.of(summary("two solutions"));

    assertThat(section.note()).contains("metastable", "13.80 \u00b1 0.70");
    List<List<String>> rows = section.tables().get(0).rows();
    // both errors of an action together
    assertThat(rows.get(0)).contains("lazy", "79.90 \u00b1 0.50", "0.75", "metastable");
    assertThat(rows.get(1)).contains("aligned", "66.10 \u00b1 0.50", "holds");
  }

  @Test
  void anUndecidedPairCarriesAWarning() {
    Section section = StartsSection.of(summary("undecided"));

    assertThat(section.note()).contains("undecided");
    assertThat(section.tables().get(0).rows().get(1)).contains("shown");
    assertThat(ReportWriter.html(Result.of(summary("undecided"))))
        .contains("role=\"alert\"", "do not tell which one holds")
        .doesNotContain("did not converge");
  }

  @Test
  void aStartWhoseSolvesDidNotConvergeIsNamed() {
    Map<String, Object> stuck = start("lazy", false, 79.9);
    stuck.put("wayConverged", false);
    Summary summary =
        Summary.builder("bayes", Map.of())
            .detail("secondStart", Map.of("verdict", "undecided"))
            .detail("starts", List.of(stuck, start("aligned", true, 66.1)))
            .build();

    assertThat(StartsSection.of(summary).tables().get(0).rows().get(0)).contains("not converged");
  }

  @Test
  void aSingleStartMakesNoSection() {
    assertThat(StartsSection.of(Summary.builder("bayes", Map.of()).build()).isEmpty()).isTrue();
  }
}
