package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.richkernel.bayes.GammaPath;
import org.richkernel.bayes.Search;
import org.richkernel.bayes.sweep.AuditResult;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.fit.AuditTable;
import org.richkernel.fit.BesideLazy;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.Points;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.Summary;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/** An audit as part of a fit: asked for in Java, stopped, resumed, refused. */
class AuditTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static Datasets digits() {
    return ZerosAndOnes.of(8);
  }

  private static AdaptiveNbk theory(Search search) {
    return AdaptiveNbk.of(NetworkSpec.of(1, Activation.TANH))
        .gamma(0.8)
        .beta(10)
        .samples(128)
        .tolerance(0.05)
        .search(search);
  }

  /** Numbers of an audit; its time is another one each time. */
  private static List<Object> numbers(AdaptiveNbkFit fit) {
    AuditResult audit = fit.audit().orElseThrow();
    return List.of(
        audit.correction(),
        audit.drift(),
        audit.fit(),
        audit.sweeps(),
        audit.acceptance(),
        audit.verdict());
  }

  /** The solution is not lost with the audit, which starts over with the same random numbers. */
  @Test
  void auditThatIsStoppedStartsAgainFromTheSolution() {
    AdaptiveNbk theory = theory(Search.none().withAudit());
    AdaptiveNbkFit expected = theory.fit(digits(), backend);
    assertThat(expected.converged()).isTrue();
    InMemoryCheckpoints store = new InMemoryCheckpoints();
    StopSignal stop = new StopSignal();
    Progress.Listener raise =
        progress -> {
          if (progress.phase().equals("audit") && progress.done() == 7) {
            stop.raise();
          }
        };
    assertThat(theory.fit(digits(), backend, new RunControl(raise, stop, store))).isEmpty();

    TreeSet<String> phases = new TreeSet<>();
    RunControl control =
        new RunControl(progress -> phases.add(progress.phase()), new StopSignal(), store);
    AdaptiveNbkFit resumed = theory.fit(digits(), backend, control).orElseThrow();
    assertThat(phases).containsExactly("audit");
    assertThat(resumed.solution().dual()).containsExactly(expected.solution().dual());
    assertThat(numbers(resumed)).isEqualTo(numbers(expected));
  }

  /** Its random numbers are its own: the fit is the one without an audit. */
  @Test
  void auditAndCrossCheckLeaveTheFitAsItIs() {
    AdaptiveNbkFit plain = theory(Search.none()).fit(digits(), backend);
    assertThat(plain.audit()).isEmpty();
    assertThat(plain.result(Map.of(), 0).summary().details()).doesNotContainKey("audit");
    AdaptiveNbkFit both = theory(Search.none().withCrossCheck().withAudit()).fit(digits(), backend);
    assertThat(both.solution().dual()).containsExactly(plain.solution().dual());
    assertThat(both.crossCheck()).isPresent();
    assertThat(both.audit()).isPresent();
    assertThat(both.result(Map.of(), 0).summary().details()).containsKeys("cross_check", "audit");
  }

  @Test
  void memoryThatWouldNotSufficeIsSaidBeforeTheSampling() {
    AdaptiveNbk theory = theory(Search.none().withAudit());
    long most = theory.auditPlan(digits(), backend).orElseThrow().matrixBytes() - 1;
    assertThat(theory.plan(digits(), backend).matrixBytes()).isLessThan(most);
    try (Backend small = Backends.open("cpu", new BackendOptions(1, most), line -> {})) {
      assertThat(theory(Search.none()).fit(digits(), small).converged()).isTrue();
      TreeSet<String> phases = new TreeSet<>();
      RunControl control =
          new RunControl(
              progress -> phases.add(progress.phase()),
              new StopSignal(),
              new InMemoryCheckpoints());
      assertThatThrownBy(() -> theory.fit(digits(), small, control))
          .isInstanceOf(OutOfDeviceMemoryException.class);
      assertThat(phases).isEmpty();
    }
  }

  @Test
  void selectionIsRefused() {
    Search.Selection selection =
        new Search.Selection(Search.Criterion.VALIDATION, List.of(0.3, 0.6), List.of(2.0), 0, 0.34);
    Search search =
        new Search(
            Optional.empty(), Optional.empty(), Search.SecondStart.NO, Optional.of(selection));
    assertThatThrownBy(search::withAudit)
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("audit");
  }

  /** A fit of which an audit says so much that y.v is off by a share of itself. */
  private AdaptiveNbkFit audited(AdaptiveNbkFit fit, double share, boolean mixed) {
    double y = fit.solution().dualFit().value();
    AuditResult result =
        new AuditResult(
            new Estimate(share * y, 0.001 * y),
            new Estimate(0, 0.001 * y),
            fit.solution().dualFit(),
            fit.tolerance(),
            mixed,
            4000,
            400,
            0.9,
            1);
    Points points = Points.of(digits());
    FitCost cost = FitCost.of(backend, System.nanoTime(), RunControl.silent());
    return new AdaptiveNbkFit(
        NetworkSpec.of(1, Activation.TANH),
        fit.outcome(),
        Optional.empty(),
        Optional.of(new AuditTable(Optional.of(result))),
        new BesideLazy(points, fit.lazy(), cost),
        digits());
  }

  /** Only an audit that failed takes back what the certificate says of the last fit of a path. */
  @Test
  void whatIsUndecidedStandsAndWhatFailedDoesNot() {
    Search path =
        new Search(
            Optional.of(GammaPath.parse("0.4:0.8:2")),
            Optional.empty(),
            Search.SecondStart.NO,
            Optional.empty());
    AdaptiveNbkFit fit = theory(path).fit(digits(), backend);
    assertThat(fit.converged()).isTrue();
    AdaptiveNbkFit failed = audited(fit, 0.5, true);
    assertThat(failed.converged()).isFalse();
    assertThat(failed.failures()).hasSize(1);
    assertThat(failed.failures().get(0)).startsWith("audit: independent neurons correct y.v");
    Summary refused = failed.result(Map.of(), 0).summary();
    assertThat(refused.converged()).isFalse();
    assertThat(refused.layers().get(0).alignmentStandardError()).isEmpty();
    assertThat(refused.details().get("dualFit")).asString().doesNotContain("standardError");
    assertThat(refused.train().orElseThrow().lossStandardError()).isEmpty();
    assertThat(audit(refused)).containsEntry("passed", false);
    assertThat(refused.details().get("path"))
        .asString()
        .containsSubsequence("converged=true", "converged=false");

    AdaptiveNbkFit undecided = audited(fit, 0.5, false);
    assertThat(undecided.converged()).isTrue();
    assertThat(undecided.failures()).isEmpty();
    Summary kept = undecided.result(Map.of(), 0).summary();
    assertThat(kept.converged()).isTrue();
    assertThat(kept.layers().get(0).alignmentStandardError()).isPresent();
    assertThat(kept.details().get("dualFit")).asString().contains("standardError");
    assertThat(kept.details().get("path")).asString().doesNotContain("converged=false");
    assertThat(audit(kept)).doesNotContainKey("passed").containsKey("z");
    assertThat(audit(kept).get("verdict")).asString().startsWith("undecided, independent neurons");

    assertThat(audit(audited(fit, 0, false).result(Map.of(), 0).summary()))
        .containsEntry("passed", true);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> audit(Summary summary) {
    return (Map<String, Object>) summary.details().get("audit");
  }
}
