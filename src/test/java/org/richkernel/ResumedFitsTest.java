package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.bayes.GammaPath;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.Search;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.Table;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.fit.Fit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.Result;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SavedStates;
import org.richkernel.study.PhaseDiagram;

/** Every computation that keeps checkpoints, resumed from some of those that it has kept. */
class ResumedFitsTest {
  /** Checkpoints that each computation is resumed from. */
  private static final int RESUMED = 4;

  private static final Datasets DATA = ZerosAndOnes.of(6, 4);

  private static final NetworkSpec DEEP = NetworkSpec.of(2, Activation.TANH);
  private static final SaddleOptions SHORT = new SaddleOptions(0.6, 5, 64, 0, 17, 1e-9, 20);

  /** What is computed. */
  enum Computation {
    CAUSAL_BESIDE_ITS_APPROXIMATIONS {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        return of(dynamics().compare(true).saveHistory(true).fit(DATA, backend, control));
      }
    },
    LINEAR_BESIDE_ITS_APPROXIMATIONS {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        Dynamics linear = Dynamics.of(NetworkSpec.of(2, Activation.LINEAR)).samples(256).steps(5);
        return of(linear.compare(true).fit(DATA, backend, control));
      }
    },
    PERTURBATIVE {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        Dynamics perturbative = dynamics().approximation(Approximation.PERTURBATIVE);
        return of(perturbative.fit(DATA, backend, control));
      }
    },
    ALTERNATING {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        Dynamics alternating = dynamics().solver(SolverKind.ALTERNATING).tolerance(0.05);
        return of(alternating.fit(DATA, backend, control));
      }
    },
    ONE_HIDDEN_LAYER {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        Dynamics flow = Dynamics.of(NetworkSpec.of(1, Activation.RELU)).weightDecay(1).samples(256);
        return of(flow.fit(DATA, backend, control));
      }
    },
    TRAINED_NETWORKS {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        FiniteTraining training = FiniteNetwork.of(DEEP, 16).repeats(3).training().steps(6);
        return of(training.fit(DATA, backend, control));
      }
    },
    SAMPLED_NETWORKS {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        FinitePosterior posterior = FiniteNetwork.of(DEEP, 16).repeats(2).posterior();
        return of(posterior.beta(5).maxSweeps(25).fit(DATA, backend, control));
      }
    },
    PATH_OF_RICHNESSES {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        Search path =
            new Search(
                Optional.of(new GammaPath(0, 0.6, 3)),
                Optional.empty(),
                Search.SecondStart.NO,
                Optional.empty());
        AdaptiveNbk kernel = AdaptiveNbk.of(DEEP).options(SHORT).search(path);
        return of(kernel.fit(DATA, backend, control));
      }
    },
    SELECTION {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        Search.Selection selection =
            new Search.Selection(
                Search.Criterion.VALIDATION, List.of(0.3, 0.6), List.of(2.0, 5.0), 0, 0.34);
        Search search =
            new Search(
                Optional.empty(), Optional.empty(), Search.SecondStart.NO, Optional.of(selection));
        NetworkSpec shallow = NetworkSpec.of(1, Activation.TANH);
        AdaptiveNbk kernel = AdaptiveNbk.of(shallow).options(SHORT).search(search);
        return of(kernel.fit(DATA, backend, control));
      }
    },
    PATH_OF_SCALES {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        MultiScaleNbk scales =
            MultiScaleNbk.of(NetworkSpec.of(1, Activation.TANH), 40).options(SHORT).chi(1, 6, 40);
        return of(scales.fit(DATA, backend, control));
      }
    },
    KERNELS_OF_MAXIMUM_A_POSTERIORI {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        NetworkSpec biased = NetworkSpec.of(2, Activation.ERF).withBiasVariance(0.05);
        CriticalNbk map =
            CriticalNbk.of(biased, 30).beta(20).options(new MapOptions(500, 3, 1e-2, 30));
        return of(map.fit(DATA, backend, control));
      }
    },
    PHASE_DIAGRAM {
      @Override
      Optional<Result> run(Backend backend, RunControl control) {
        NetworkSpec biased = NetworkSpec.of(3, Activation.ERF).withBiasVariance(0.05);
        PhaseDiagram.Settings settings = new PhaseDiagram.Settings(200, 10, 200, 3);
        return PhaseDiagram.of(biased, new double[] {0.6, 0.8, 1, 1.2, 1.4, 1.6})
            .on(DATA, settings, backend, control)
            .map(diagram -> diagram.result(Map.of(), 0, 0));
      }
    };

    /** The result, empty if a stop was asked for. */
    abstract Optional<Result> run(Backend backend, RunControl control);

    private static Dynamics dynamics() {
      return Dynamics.of(DEEP).gamma(0.5).steps(5).samples(256);
    }

    private static Optional<Result> of(Optional<? extends Fit> fit) {
      return fit.map(found -> found.result(Map.of(), 0));
    }
  }

  private static Optional<Result> run(Computation computation, RunControl control) {
    BackendOptions one = new BackendOptions(1, Long.MAX_VALUE);
    try (Backend backend = Backends.open("cpu", one, line -> {})) {
      return computation.run(backend, control);
    }
  }

  private static void requireSame(Result resumed, Result whole, String where) {
    assertThat(resumed.arrays().keySet()).as(where).isEqualTo(whole.arrays().keySet());
    for (Map.Entry<String, Table> array : whole.arrays().entrySet()) {
      assertThat(resumed.arrays().get(array.getKey()).values())
          .as(where + ": " + array.getKey())
          .isEqualTo(array.getValue().values());
    }
    assertThat(resumed.summary().converged()).as(where).isEqualTo(whole.summary().converged());
    assertThat(resumed.summary().layers()).as(where).isEqualTo(whole.summary().layers());
    assertThat(resumed.summary().train()).as(where).isEqualTo(whole.summary().train());
    assertThat(resumed.summary().test()).as(where).isEqualTo(whole.summary().test());
  }

  /** From the first and the last checkpoint and from some drawn between: as if killed there. */
  @ParameterizedTest
  @EnumSource
  void aResumedComputationHasTheBitsOfTheUninterruptedOne(Computation computation) {
    SavedStates saved = new SavedStates();
    Result whole = run(computation, saved.whole()).orElseThrow();
    int count = saved.count();
    assertThat(count).isGreaterThan(RESUMED);
    Random moments = new Random(20250711);
    TreeSet<Integer> chosen = new TreeSet<>(List.of(0, count - 1));
    while (chosen.size() < RESUMED) {
      chosen.add(moments.nextInt(count));
    }
    for (int index : chosen) {
      Result resumed = run(computation, saved.from(index)).orElseThrow();
      requireSame(resumed, whole, "checkpoint " + (index + 1) + " of " + count);
    }
  }

  /** Stopped before it begins, after the first report, and at a drawn one. */
  @ParameterizedTest
  @EnumSource
  void aStoppedComputationGoesOnWithTheBitsOfTheUninterruptedOne(Computation computation) {
    long[] reports = {0};
    RunControl counting = new SavedStates().whole(progress -> reports[0]++);
    Result whole = run(computation, counting).orElseThrow();
    Random moments = new Random(computation.ordinal());
    for (long report : new long[] {0, 1, 2 + moments.nextInt((int) reports[0] / 2)}) {
      SavedStates saved = new SavedStates();
      assertThat(run(computation, saved.stopping(report))).as("stop at " + report).isEmpty();
      Result resumed = run(computation, saved.from(saved.count() - 1)).orElseThrow();
      requireSame(resumed, whole, "stop at " + report);
    }
  }

  @Test
  void comparisonsThatWereFinishedAreNotSolvedAgain() {
    SavedStates saved = new SavedStates();
    Computation compared = Computation.CAUSAL_BESIDE_ITS_APPROXIMATIONS;
    run(compared, saved.whole());
    TreeSet<String> phases = new TreeSet<>();
    run(compared, saved.from(saved.count() - 1, progress -> phases.add(progress.phase())));

    assertThat(phases).doesNotContain("perturbation theory", "population 1 of 4");
  }
}
