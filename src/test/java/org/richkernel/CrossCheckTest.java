package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.richkernel.bayes.Search;
import org.richkernel.bayes.sweep.CrossCheck;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/** A cross-check as part of a fit: asked for in Java, stopped, resumed, refused. */
class CrossCheckTest {
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
    return ZerosAndOnes.of(10, 10);
  }

  private static AdaptiveNbk theory(Activation f) {
    return AdaptiveNbk.of(NetworkSpec.of(2, f))
        .gamma(0.8)
        .beta(10)
        .samples(128)
        .tolerance(0.2)
        .maxSweeps(60)
        .search(Search.none().withCrossCheck());
  }

  /** The solution is not lost with the check: what is resumed sweeps, but does not sample again. */
  @Test
  void checkThatIsStoppedStartsAgainFromTheSolution() {
    AdaptiveNbkFit expected = theory(Activation.TANH).fit(digits(), backend);
    InMemoryCheckpoints store = new InMemoryCheckpoints();
    StopSignal stop = new StopSignal();
    Progress.Listener raise =
        progress -> {
          if (progress.phase().equals("cross-check") && progress.done() == 7) {
            stop.raise();
          }
        };
    assertThat(theory(Activation.TANH).fit(digits(), backend, new RunControl(raise, stop, store)))
        .isEmpty();

    TreeSet<String> phases = new TreeSet<>();
    RunControl control =
        new RunControl(progress -> phases.add(progress.phase()), new StopSignal(), store);
    AdaptiveNbkFit resumed = theory(Activation.TANH).fit(digits(), backend, control).orElseThrow();
    assertThat(phases).containsExactly("cross-check");
    assertThat(resumed.solution().kernels().get(1))
        .containsExactly(expected.solution().kernels().get(1));
    assertThat(resumed.solution().testPredictions())
        .containsExactly(expected.solution().testPredictions());
    CrossCheck own = resumed.crossCheck().orElseThrow();
    assertThat(own.layers()).isEqualTo(expected.crossCheck().orElseThrow().layers());
    assertThat(own.layers()).hasSize(2);
  }

  @Test
  void fitWithoutACheckHasNone() {
    AdaptiveNbk plain = theory(Activation.TANH).search(Search.none());
    assertThat(plain.crossCheckPlan(digits(), backend)).isEmpty();
    assertThat(plain.fit(digits(), backend).crossCheck()).isEmpty();
  }

  @Test
  void whatSweepsCannotSolveIsRefusedBeforeWork() {
    assertThatThrownBy(() -> theory(Activation.RELU).crossCheckPlan(digits(), backend))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("smooth activation");
    assertThatThrownBy(() -> theory(Activation.RELU).fit(digits(), backend))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("smooth activation");
    assertThatThrownBy(() -> theory(Activation.TANH).gamma(0).fit(digits(), backend))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("closed form");
    assertThatThrownBy(() -> theory(Activation.TANH).determinantWeight(1).fit(digits(), backend))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("infinite width");
  }
}
