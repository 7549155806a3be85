package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.apache.commons.math3.optim.InitialGuess;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.SimpleValueChecker;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.nonlinear.scalar.ObjectiveFunction;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.NelderMeadSimplex;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.SimplexOptimizer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** Deep linear networks with several outputs, against the matrix saddle equations. */
class LinearOutputsSaddleTest {
  private static final int P = 10;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static RealMatrix random(int rows, int columns, long seed) {
    Random random = new Random(seed);
    RealMatrix m = new Array2DRowRealMatrix(rows, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        m.setEntry(i, j, random.nextGaussian());
      }
    }
    return m;
  }

  private static double[] flat(RealMatrix a) {
    return Arrays.stream(a.getData()).flatMapToDouble(Arrays::stream).toArray();
  }

  private static RealMatrix matrix(double[] a, int columns) {
    RealMatrix m = new Array2DRowRealMatrix(a.length / columns, columns);
    for (int i = 0; i < a.length; i++) {
      m.setEntry(i / columns, i % columns, a[i]);
    }
    return m;
  }

  private static RealMatrix kernel() {
    RealMatrix x = random(P, 14, 1);
    return x.multiply(x.transpose()).scalarMultiply(1.0 / 14);
  }

  private static RealMatrix regular(RealMatrix a, double kappa) {
    return a.add(MatrixUtils.createRealIdentityMatrix(a.getRowDimension()).scalarMultiply(kappa));
  }

  /**
   * V = (Phi^L + kappa)^{-1} Y, Phihat^L = -gamma^2 V V^T, Phi^l = (I + Phi^{l-1} Phihat^l)^{-1}
   * Phi^{l-1}, Phihat^{l-1} = (I + Phihat^l Phi^{l-1})^{-1} Phihat^l: the equations before they
   * were reduced to T.
   */
  @ParameterizedTest
  @CsvSource({"1, 2, 1", "2, 2, 1", "3, 2, 2", "2, 4, 0.5", "4, 3, 3"})
  void minimumSolvesTheMatrixRecursions(int layers, int outputs, double gamma) {
    double kappa = 0.1;
    RealMatrix c = kernel();
    RealMatrix y = random(P, outputs, 2);
    LinearOutputsSaddle saddle =
        LinearOutputsSaddle.solve(backend, flat(c), flat(y), outputs, layers, gamma, kappa);
    RealMatrix[] phi = new RealMatrix[layers + 1];
    for (int l = 0; l <= layers; l++) {
      phi[l] = matrix(saddle.kernel(l), P);
    }
    assertThat(phi[0].subtract(c).getFrobeniusNorm()).isLessThan(1e-12 * c.getFrobeniusNorm());
    RealMatrix v = new LUDecomposition(regular(phi[layers], kappa)).getSolver().solve(y);
    assertThat(matrix(saddle.dual(), outputs).subtract(v).getFrobeniusNorm())
        .isLessThan(1e-8 * v.getFrobeniusNorm());
    RealMatrix identity = MatrixUtils.createRealIdentityMatrix(P);
    RealMatrix back = v.multiply(v.transpose()).scalarMultiply(-gamma * gamma);
    for (int l = layers; l >= 1; l--) {
      RealMatrix expected =
          new LUDecomposition(identity.add(phi[l - 1].multiply(back)))
              .getSolver()
              .solve(phi[l - 1]);
      assertThat(phi[l].subtract(expected).getFrobeniusNorm() / expected.getFrobeniusNorm())
          .as("layer %d", l)
          .isLessThan(1e-8);
      back = new LUDecomposition(identity.add(back.multiply(phi[l - 1]))).getSolver().solve(back);
    }
  }

  /** The action from K P x K P matrices, minimised without derivatives. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 1"})
  void noDirectSearchFindsALowerAction(int layers, double gamma) {
    double kappa = 0.2;
    int points = 4;
    RealMatrix x = random(points, 6, 3);
    RealMatrix c = x.multiply(x.transpose()).scalarMultiply(1.0 / 6);
    RealMatrix y = random(points, 2, 4);
    LinearOutputsSaddle saddle =
        LinearOutputsSaddle.solve(backend, flat(c), flat(y), 2, layers, gamma, kappa);
    double lowest = Double.POSITIVE_INFINITY;
    for (double start : new double[] {0.1, 1, 5}) {
      lowest =
          Math.min(
              lowest,
              new SimplexOptimizer(new SimpleValueChecker(1e-13, 1e-13))
                  .optimize(
                      new MaxEval(20_000),
                      new ObjectiveFunction(r -> action(r, c, y, layers, gamma, kappa)),
                      GoalType.MINIMIZE,
                      new InitialGuess(new double[] {start, 0.1, start}),
                      new NelderMeadSimplex(3, 0.3))
                  .getValue());
    }
    assertThat(saddle.best().action()).isCloseTo(lowest, within(1e-8 * Math.abs(lowest)));
  }

  /** S(T) for T = R R^T with R the lower triangle (r0, 0; r1, r2). */
  private static double action(
      double[] r, RealMatrix c, RealMatrix y, int layers, double gamma, double kappa) {
    RealMatrix factor = new Array2DRowRealMatrix(new double[][] {{r[0], 0}, {r[1], r[2]}});
    RealMatrix one = regular(factor.multiply(factor.transpose()), 1);
    RealMatrix m = one.power(layers);
    int points = c.getRowDimension();
    RealMatrix big = new Array2DRowRealMatrix(2 * points, 2 * points);
    RealVector stacked = new ArrayRealVector(2 * points);
    for (int j = 0; j < 2; j++) {
      for (int i = 0; i < points; i++) {
        stacked.setEntry(j * points + i, y.getEntry(i, j));
      }
      for (int k = 0; k < 2; k++) {
        big.setSubMatrix(c.scalarMultiply(m.getEntry(j, k)).getData(), j * points, k * points);
      }
    }
    double fit =
        stacked.dotProduct(new LUDecomposition(regular(big, kappa)).getSolver().solve(stacked));
    double logDeterminant = Math.log(new LUDecomposition(one).getDeterminant());
    return layers / 2.0 * (one.getTrace() - 2 - logDeterminant) + gamma * gamma / 2 * fit;
  }

  @Test
  void rotatedOutputsHaveOrthogonalDuals() {
    RealMatrix c = kernel();
    RealMatrix y = random(P, 3, 5);
    LinearOutputsSaddle saddle = LinearOutputsSaddle.solve(backend, flat(c), flat(y), 3, 2, 1, 0.1);
    RealMatrix v = matrix(saddle.dual(), 3).multiply(saddle.best().rotation());
    RealMatrix overlap = v.transpose().multiply(c).multiply(v);
    for (int j = 0; j < 3; j++) {
      double m = Math.pow(1 + saddle.best().t()[j], 2);
      // t_k = gamma^2 m_k v_k^T C v_k
      assertThat(m * overlap.getEntry(j, j) / saddle.best().t()[j]).isCloseTo(1, within(1e-8));
      for (int k = 0; k < j; k++) {
        double cosine =
            overlap.getEntry(j, k) / Math.sqrt(overlap.getEntry(j, j) * overlap.getEntry(k, k));
        assertThat(cosine).isCloseTo(0, within(1e-7));
      }
    }
  }

  @Test
  void oneOutputIsTheScalarClosedForm() {
    RealMatrix c = kernel();
    double[] y = flat(random(P, 1, 6));
    LinearSaddle scalar = LinearSaddle.solve(backend, flat(c), y, 3, 1.5, 0.1);
    LinearOutputsSaddle saddle = LinearOutputsSaddle.solve(backend, flat(c), y, 1, 3, 1.5, 0.1);
    assertThat(saddle.best().t()[0]).isCloseTo(scalar.t(), within(1e-9 * scalar.t()));
    assertThat(saddle.best().action()).isCloseTo(scalar.action(scalar.t()), within(1e-9));
  }

  /**
   * Two outputs on orthogonal whitened directions, each beyond a first-order transition: all four
   * combinations of its two minima (t = 0.24871, S = 79.902 and t = 38.20692, S = 66.069) exist,
   * and the mixed ones coincide.
   */
  @Test
  void metastableMinimaAreReportedBehindTheBest() {
    double[] identity = {1, 0, 0, 1};
    LinearOutputsSaddle saddle =
        LinearOutputsSaddle.solve(backend, identity, identity, 2, 2, 400, 1000);
    double[] actions = saddle.minima().stream().mapToDouble(LinearOutputsMinimum::action).toArray();
    assertThat(actions).hasSize(3);
    assertThat(actions[0]).isCloseTo(2 * 66.069, within(2e-3));
    assertThat(actions[1]).isCloseTo(66.069 + 79.902, within(2e-3));
    assertThat(actions[2]).isCloseTo(2 * 79.902, within(2e-3));
    assertThat(saddle.best().t()).containsExactly(new double[] {38.20692, 38.20692}, within(1e-4));
  }

  /** Away from the minimum, against Phi^L and v_k of dense matrices. */
  @ParameterizedTest
  @CsvSource({"1, 0.1", "2, 0.02", "3, 0"})
  void residualIsThatOfTheMatrixEquations(int layers, double rotated) {
    int outputs = 3;
    double gamma = 1.3;
    double kappa = 0.1;
    RealMatrix c = kernel();
    RealMatrix y = random(P, outputs, 8);
    LinearOutputsAction action =
        new LinearOutputsAction(
            KernelModes.of(backend, flat(c), flat(y), outputs), layers, gamma, kappa);
    RealMatrix t = MatrixUtils.createRealDiagonalMatrix(new double[] {0.4, 1.1, 2});
    t.setEntry(0, 1, rotated);
    t.setEntry(1, 0, rotated);
    LinearOutputsAction.Point point = action.at(t);
    RealMatrix phi = c.copy();
    RealMatrix v = new Array2DRowRealMatrix(P, outputs);
    double mismatch = 0;
    double size = 0;
    for (int k = 0; k < outputs; k++) {
      double m = Math.pow(1 + point.t()[k], layers);
      RealVector o = point.rotation().getColumnVector(k);
      RealVector own =
          new LUDecomposition(regular(c.scalarMultiply(m), kappa)).getSolver().solve(y.operate(o));
      RealVector image = c.operate(own);
      phi = phi.add(image.outerProduct(image).scalarMultiply((m - 1) / own.dotProduct(image)));
      v = v.add(own.outerProduct(o));
      mismatch += Math.pow(point.t()[k] - gamma * gamma * m * own.dotProduct(image), 2);
      size += point.t()[k] * point.t()[k];
    }
    double readout =
        y.subtract(regular(phi, kappa).multiply(v)).getFrobeniusNorm() / y.getFrobeniusNorm();
    double expected = Math.max(readout, Math.sqrt(mismatch / size));
    assertThat(expected).isGreaterThan(0.05);
    assertThat(action.residual(point)).isCloseTo(expected, within(1e-10 * expected));
  }

  /** f(x) = k_L(x)^T (Phi^L + kappa)^{-1} Y with a new point among the kernels' arguments. */
  @Test
  void solverPredictsSeveralOutputs() {
    RealMatrix x = random(P, 14, 1);
    RealMatrix y = random(P, 2, 7);
    Inputs train = Inputs.of(flat(x), P, 14);
    AdaptiveProblem problem =
        new AdaptiveProblem(
            NetworkSpec.of(2, Activation.LINEAR),
            SaddleOptions.of(1, 10),
            train,
            Targets.of(flat(y), P, 2),
            train);
    AdaptiveNbkSolution solution =
        new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
    assertThat(solution.method()).isEqualTo("closed-form");
    assertThat(solution.certificate().residual()).isLessThan(1e-9);
    assertThat(solution.converged()).isTrue();
    AdaptiveProblem strict =
        new AdaptiveProblem(
            problem.network(),
            problem.options().withTolerance(1e-300),
            train,
            problem.trainTargets(),
            train);
    AdaptiveNbkSolution missed = new AdaptiveNbkSolver(backend, strict).solve(RunControl.silent());
    assertThat(missed.certificate().residual()).isGreaterThan(1e-300);
    assertThat(missed.converged()).isFalse();
    for (int i = 0; i < 2 * P; i++) {
      assertThat(solution.testPredictions()[i])
          .isCloseTo(solution.trainPredictions()[i], within(1e-8));
    }
    RealMatrix phi = matrix(solution.kernels().get(1), P);
    assertThat(Arrays.stream(new EigenDecomposition(phi).getRealEigenvalues()).min().orElseThrow())
        .isPositive();
  }
}
