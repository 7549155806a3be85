package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.bayes.LargeData;
import org.richkernel.bayes.ReadoutForm;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.lazy.KernelKind;
import org.richkernel.network.NetworkSpec;

/** The matrices that a fit holds at once are those of its plan, for every theory. */
class PlannedMemoryTest {
  private static final Datasets DATA = ZerosAndOnes.of(24, 10);

  /** Beside a posterior; its plan does not depend on the activation, nor on the depth. */
  private static final LazyRegression NNGP =
      LazyRegression.of(network(1, Activation.TANH)).kappa(0.2);

  /**
   * A theory.
   *
   * @param plans of its stages, one after the other
   */
  private record Theory(
      String name, Function<Backend, List<MemoryPlan>> plans, Consumer<Backend> fit) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Theory bayes(String name, AdaptiveNbk theory) {
    AdaptiveNbk brief = theory.gamma(0.5).beta(5).samples(64).seed(3).maxSweeps(2);
    return new Theory(
        name,
        backend -> List.of(brief.plan(DATA, backend), brief.initialPlan(DATA, backend)),
        backend -> brief.fit(DATA, backend));
  }

  private static Theory dynamics(String name, Dynamics theory) {
    Dynamics brief = theory.gamma(0.5).steps(3).samples(64);
    return new Theory(
        name, backend -> brief.plans(DATA, backend), backend -> brief.fit(DATA, backend));
  }

  private static NetworkSpec network(int layers, Activation activation) {
    return NetworkSpec.of(layers, activation);
  }

  private static Stream<Theory> theories() {
    LazyRegression lazy =
        LazyRegression.of(network(2, Activation.RELU)).kernel(KernelKind.NTK).kappa(0.1);
    CriticalNbk critical =
        CriticalNbk.of(network(2, Activation.ERF), 50)
            .beta(5)
            .options(new MapOptions(1000, 0, 0.1, 20));
    FiniteTraining training =
        FiniteNetwork.of(network(2, Activation.TANH), 40).repeats(2).training().steps(3);
    FinitePosterior posterior =
        FiniteNetwork.of(network(2, Activation.TANH), 40).repeats(2).posterior().maxSweeps(2);
    return Stream.of(
        bayes("primal", AdaptiveNbk.of(network(1, Activation.TANH))),
        bayes("deep", AdaptiveNbk.of(network(3, Activation.TANH))),
        bayes(
            "dual",
            AdaptiveNbk.of(network(1, Activation.TANH))
                .largeData(new LargeData(ReadoutForm.DUAL, 100))),
        bayes("closed form", AdaptiveNbk.of(network(3, Activation.LINEAR))),
        new Theory(
            "lazy", backend -> lazy.plans(DATA, backend), backend -> lazy.fit(DATA, backend)),
        new Theory(
            "critical",
            backend -> List.of(critical.plan(DATA)),
            backend -> critical.fit(DATA, backend)),
        new Theory(
            "gradient descent",
            backend -> List.of(training.plan(DATA)),
            backend -> training.fit(DATA, backend)),
        new Theory(
            "posterior of networks",
            backend -> List.of(posterior.plan(DATA, backend), NNGP.plan(DATA, backend)),
            backend -> posterior.fit(DATA, backend)),
        dynamics("causal", Dynamics.of(network(2, Activation.TANH))),
        dynamics("flow", Dynamics.of(network(1, Activation.RELU)).solver(SolverKind.ONE_HIDDEN)),
        dynamics("linear", Dynamics.of(network(2, Activation.LINEAR)).solver(SolverKind.LINEAR)),
        dynamics(
            "alternating", Dynamics.of(network(2, Activation.TANH)).solver(SolverKind.ALTERNATING)),
        dynamics("compared", Dynamics.of(network(2, Activation.TANH)).compare(true)));
  }

  /**
   * Scratch of the backend stays allocated, so that after a first fit all of it is there, and the
   * peak of a second one is that of its matrices on top.
   */
  @ParameterizedTest
  @MethodSource("theories")
  void aFitHoldsThePlannedMatrices(Theory theory) {
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {})) {
      long planned =
          theory.plans().apply(backend).stream().mapToLong(MemoryPlan::matrixBytes).max().orElse(0);
      theory.fit().accept(backend);
      theory.fit().accept(backend);
      assertThat(backend.openMatrices()).isZero();
      assertThat(backend.peakBytes() - backend.allocatedBytes())
          .isCloseTo(planned, withinPercentage(1));
    }
  }
}
