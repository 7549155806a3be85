package org.richkernel.fit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.richkernel.bayes.sweep.AuditResult;
import org.richkernel.result.Summary;

/**
 * A requested audit in a result: "audit" of the summary, without "passed" if it is undecided.
 *
 * @param audit empty if the fit did not converge by its own certificate and was not audited
 */
public record AuditTable(Optional<AuditResult> audit) {
  /** Adds "audit" and the time it took. */
  void addTo(Summary.Builder summary) {
    Map<String, Object> all = new LinkedHashMap<>();
    if (audit.isEmpty()) {
      all.put("verdict", "not made, as the fit did not converge");
    } else {
      put(all, audit.get());
      summary.seconds("audit", audit.get().seconds());
    }
    summary.detail("audit", all);
  }

  private static void put(Map<String, Object> all, AuditResult audit) {
    if (audit.outcome() != AuditResult.Outcome.UNDECIDED) {
      all.put("passed", audit.outcome() == AuditResult.Outcome.PASSED);
    }
    all.put("verdict", audit.verdict());
    all.put("relativeResidual", audit.relativeResidual());
    all.put("relativeResidualStandardError", audit.relativeError());
    all.put("z", audit.z());
    all.put("correction", audit.correction().value());
    all.put("correctionStandardError", audit.standardError());
    all.put("neuronsStandardError", audit.correction().error());
    all.put("drift", audit.drift().value());
    all.put("driftStandardError", audit.drift().error());
    all.put("tolerance", audit.tolerance());
    all.put("neurons", audit.neurons());
    all.put("sweeps", audit.sweeps());
    all.put("acceptance", audit.acceptance());
  }
}
