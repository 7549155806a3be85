package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.richkernel.result.Summary;

/** The line of an audit in the table that a command prints. */
class ResultTableTest {
  private static String line(Map<String, Object> audit) {
    Summary summary = Summary.builder("bayes", Map.of()).detail("audit", audit).build();
    return ResultTable.of(summary, List.of(), Path.of("report.html"))
        .lines()
        .filter(line -> line.startsWith("audit"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void onlyWhatWasDecidedIsCalledPassedOrFailed() {
    assertThat(line(Map.of("passed", true, "verdict", "z = 1"))).endsWith("passed: z = 1");
    assertThat(line(Map.of("passed", false, "verdict", "z = 9"))).endsWith("FAILED: z = 9");
    assertThat(line(Map.of("verdict", "undecided, z = 9")))
        .endsWith("undecided, z = 9")
        .doesNotContain("FAILED", "passed");
  }

  @Test
  void theKernelThatPredictsHasItsLines() {
    Summary summary =
        Summary.builder("dynamics", Map.of())
            .detail(
                "tangentKernel", Map.of("alignment", 0.5, "trace", 2.25, "traceStandardError", 0.1))
            .build();

    assertThat(ResultTable.of(summary, List.of(), Path.of("report.html")).lines())
        .anyMatch(line -> line.matches("alignment, NTK +0\\.50000"))
        .anyMatch(line -> line.matches("trace NTK / P +2\\.2500 \\+- 0\\.1"));
  }
}
