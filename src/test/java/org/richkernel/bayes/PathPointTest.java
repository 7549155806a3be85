package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.Mixing;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

class PathPointTest {
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void checkpointsKeepTheTestOfTheSamples(boolean tested) {
    Optional<Certificate.SampleSize> size =
        tested
            ? Optional.of(new Certificate.SampleSize(0.01, 0.002, 7.5, 9.5, 128, 64))
            : Optional.empty();
    Certificate certificate =
        new Certificate(
            0.02,
            0.01,
            0.1,
            150,
            new Mixing(1.02, "", 3, 50, ""),
            List.of(new Certificate.Layer(1, 0.02, 0.01)),
            OptionalInt.of(2),
            size);
    Estimate number = Estimate.exact(3);
    PathPoint point =
        new PathPoint(
            0.5,
            0.1,
            StopReason.CONVERGED,
            150,
            certificate,
            List.of(new double[] {1, 2, 2, 5}),
            List.of(new AdaptiveNbkSolution.Layer(number, number, number, 0.1)),
            number,
            number,
            SampledVector.exact(new double[] {1, 2}),
            SampledVector.exact(new double[0]));
    SolverState state = new SolverState();

    point.save(state, "point");
    PathPoint again = PathPoint.restore(state, "point");

    assertThat(again.certificate()).isEqualTo(certificate);
    assertThat(again.layers()).isEqualTo(point.layers());
    assertThat(again.kernels()).usingRecursiveComparison().isEqualTo(point.kernels());
  }
}
