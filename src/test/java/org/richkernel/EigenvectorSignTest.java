package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.dynamics.CausalSolver;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.OneHiddenLayerSolver;
import org.richkernel.dynamics.PerturbativeSolver;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** A seed means the same samples whatever signs a library gives to eigenvectors. */
class EigenvectorSignTest {
  private static final int POINTS = 5;
  private static final int DIMENSION = 8;
  private static final DynamicsOptions OPTIONS = DynamicsOptions.of(0.5, 4, 0.1).withSamples(64);

  private static double[] normals(int count) {
    return new Random(6).doubles(count, -2, 2).toArray();
  }

  private static DynamicsProblem problem(int layers) {
    return DynamicsProblem.of(
        NetworkSpec.of(layers, Activation.TANH),
        OPTIONS,
        Inputs.of(normals(POINTS * DIMENSION), POINTS, DIMENSION),
        Targets.of(new double[] {1, -1, 1, -1, 1}));
  }

  /** The processor with every second eigenvector turned round. */
  private static Backend turned(Backend backend) {
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(backend, arguments);
                if (method.getName().equals("eigenSymmetric")) {
                  Matrix vectors = (Matrix) arguments[0];
                  for (int k = 0; k < vectors.columns(); k += 2) {
                    backend.scale(-1, vectors.view(0, vectors.rows(), k, 1));
                  }
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static void requireSame(Function<Backend, double[]> computation) {
    try (Backend backend = Backends.cpu()) {
      double[] seen = computation.apply(turned(backend));
      assertThat(seen).isNotEmpty().containsExactly(computation.apply(backend));
    }
  }

  @Test
  void inTheCausalSolver() {
    requireSame(
        backend ->
            new CausalSolver().solve(problem(2), backend, RunControl.silent()).mean().outputs());
  }

  /** The covariances of the second layer are factorized too. */
  @Test
  void inPerturbationTheory() {
    requireSame(
        backend ->
            new PerturbativeSolver()
                .solve(problem(2), backend, RunControl.silent())
                .mean()
                .outputs());
  }

  @Test
  void inTheGradientFlow() {
    requireSame(
        backend ->
            new OneHiddenLayerSolver()
                .solve(problem(1), backend, RunControl.silent())
                .course()
                .mean()
                .outputs());
  }

  /** More inputs than dimensions, and fewer. */
  @ParameterizedTest
  @ValueSource(ints = {5, 12})
  void inTheFactorOfThePosterior(int points) {
    double[] x = normals(points * DIMENSION);
    NetworkSpec network = NetworkSpec.of(1, Activation.TANH).withBiasVariance(0.1);
    requireSame(
        backend -> {
          float[] factor = InputFactor.of(backend, network, x, points, DIMENSION).factor();
          return IntStream.range(0, factor.length).mapToDouble(i -> factor[i]).toArray();
        });
    requireSame(backend -> InputFactor.of(backend, network, x, points, DIMENSION).projector());
  }
}
