package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;

/** The closed form of deep linear networks, against the matrix saddle equations that it solves. */
class LinearSaddleTest {
  private static final int P = 12;
  private static final int D = 20;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static Stream<Arguments> problems() {
    return Stream.of(1, 2, 4)
        .flatMap(
            layers ->
                Stream.of(0.3, 1.0, 3.0)
                    .flatMap(
                        gamma ->
                            Stream.of(0.01, 0.1, 1.0)
                                .map(kappa -> Arguments.of(layers, gamma, kappa))));
  }

  /** X / sqrt(D) with independent normals. */
  private static RealMatrix inputs(int rows, long seed) {
    Random random = new Random(seed);
    RealMatrix x = new Array2DRowRealMatrix(rows, D);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < D; j++) {
        x.setEntry(i, j, random.nextGaussian() / Math.sqrt(D));
      }
    }
    return x;
  }

  private static double[] targets() {
    Random random = new Random(5);
    return random.doubles(P, -2, 2).toArray();
  }

  private static double[] flat(RealMatrix a) {
    return Arrays.stream(a.getData()).flatMapToDouble(Arrays::stream).toArray();
  }

  private static RealMatrix square(double[] a) {
    int n = (int) Math.round(Math.sqrt(a.length));
    RealMatrix m = new Array2DRowRealMatrix(n, n);
    for (int i = 0; i < a.length; i++) {
      m.setEntry(i / n, i % n, a[i]);
    }
    return m;
  }

  private static RealVector solve(RealMatrix kernel, double kappa, RealVector y) {
    RealMatrix a =
        kernel.add(
            MatrixUtils.createRealIdentityMatrix(kernel.getRowDimension()).scalarMultiply(kappa));
    return new LUDecomposition(a).getSolver().solve(y);
  }

  /**
   * (Phi^l)^{-1} = (Phi^{l-1})^{-1} + Phihat^l, written without inverting Phi^{l-1}: Phi^l = (I +
   * Phi^{l-1} Phihat^l)^{-1} Phi^{l-1}; Phihat^l = (I + Phihat^{l+1} Phi^l)^{-1} Phihat^{l+1} down
   * from Phihat^L = -gamma^2 v v^T.
   */
  @ParameterizedTest
  @MethodSource("problems")
  void closedFormSolvesTheMatrixRecursions(int layers, double gamma, double kappa) {
    RealMatrix x = inputs(P, 1);
    RealMatrix c = x.multiply(x.transpose());
    RealVector y = new ArrayRealVector(targets());
    LinearSaddle saddle = LinearSaddle.solve(backend, flat(c), y.toArray(), layers, gamma, kappa);

    RealMatrix identity = MatrixUtils.createRealIdentityMatrix(P);
    RealMatrix[] phi = new RealMatrix[layers + 1];
    for (int l = 0; l <= layers; l++) {
      phi[l] = square(saddle.kernel(l));
    }
    assertThat(phi[0].subtract(c).getFrobeniusNorm()).isLessThan(1e-12 * c.getFrobeniusNorm());
    RealVector v = solve(phi[layers], kappa, y);
    assertThat(new ArrayRealVector(saddle.dual()).getDistance(v))
        .as("v = (Phi^L + kappa)^{-1} y")
        .isLessThan(1e-10 * v.getNorm());
    RealMatrix back = v.outerProduct(v).scalarMultiply(-gamma * gamma);
    for (int l = layers; l >= 1; l--) {
      RealMatrix a = identity.add(phi[l - 1].multiply(back));
      RealMatrix expected = new LUDecomposition(a).getSolver().solve(phi[l - 1]);
      assertThat(phi[l].subtract(expected).getFrobeniusNorm() / expected.getFrobeniusNorm())
          .as("recursion of layer %d", l)
          .isLessThan(1e-10);
      // Phihat^{l-1} from layer l: (I + Phihat^l Phi^{l-1})^{-1} Phihat^l
      RealMatrix b = identity.add(back.multiply(phi[l - 1]));
      back = new LUDecomposition(b).getSolver().solve(back);
    }
  }

  @ParameterizedTest
  @MethodSource("problems")
  void conjugateKernelsAreMultiplesOfTheSquareOfTheDualVector(
      int layers, double gamma, double kappa) {
    RealMatrix x = inputs(P, 1);
    RealMatrix c = x.multiply(x.transpose());
    double[] y = targets();
    LinearSaddle saddle = LinearSaddle.solve(backend, flat(c), y, layers, gamma, kappa);
    RealVector v = new ArrayRealVector(saddle.dual());
    double t = saddle.t();
    double quadratic = v.dotProduct(c.operate(v));
    // the order parameter: t = gamma^2 m v^T C v
    assertThat(gamma * gamma * saddle.rescaling() * quadratic / t).isCloseTo(1, within(1e-11));
    for (int l = 1; l <= layers; l++) {
      RealMatrix before = square(saddle.kernel(l - 1));
      // Phihat^l = -a_l v v^T, a_l = t / ((1 + t)^l v^T C v)
      RealMatrix back = v.outerProduct(v).scalarMultiply(-t / (Math.pow(1 + t, l) * quadratic));
      RealMatrix a = MatrixUtils.createRealIdentityMatrix(P).add(before.multiply(back));
      RealMatrix expected = new LUDecomposition(a).getSolver().solve(before);
      RealMatrix phi = square(saddle.kernel(l));
      assertThat(phi.subtract(expected).getFrobeniusNorm() / expected.getFrobeniusNorm())
          .isLessThan(1e-10);
    }
  }

  /**
   * k_L(x) = k_0(x) + ((1+t)^L - 1) / (v^T C v) (k_0(x) . v) C v is the kernel with a new point.
   */
  @ParameterizedTest
  @MethodSource("problems")
  void predictionsOfTheAdaptedAndOfTheRescaledKernelAreTheSame(
      int layers, double gamma, double kappa) {
    RealMatrix x = inputs(P, 1);
    RealMatrix c = x.multiply(x.transpose());
    RealVector y = new ArrayRealVector(targets());
    LinearSaddle saddle = LinearSaddle.solve(backend, flat(c), y.toArray(), layers, gamma, kappa);
    RealVector v = new ArrayRealVector(saddle.dual());
    RealVector cv = c.operate(v);
    double m = saddle.rescaling();
    RealMatrix cross = inputs(7, 2).multiply(x.transpose());
    RealVector adapted = solve(square(saddle.kernel(layers)), kappa, y);
    RealVector rescaled = solve(c.scalarMultiply(m), kappa, y);
    for (int i = 0; i < 7; i++) {
      RealVector k = cross.getRowVector(i);
      double weight = (m - 1) / v.dotProduct(cv) * k.dotProduct(v);
      double fromAdapted = k.add(cv.mapMultiply(weight)).dotProduct(adapted);
      double fromRescaled = m * k.dotProduct(rescaled);
      assertThat(fromAdapted).isCloseTo(fromRescaled, within(1e-11));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4,10,16,55.7907349",
    "1,10,4,2.98124015",
    "0.5,100,2,1.38693513",
    "2,5,1,2.41342706"
  })
  void whitenedRescalingMatchesKnownValues(double gamma, double beta, int layers, double expected) {
    LinearSaddle saddle =
        LinearSaddle.solve(
            backend,
            new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1},
            new double[] {0.6, 0, -0.8},
            layers,
            gamma,
            1 / beta);
    assertThat(saddle.rescaling()).isCloseTo(expected, within(1e-8 * expected));
  }

  @ParameterizedTest
  @CsvSource({
    "2, 400, 1000, 0.24871, 4.39079, 38.20692, 79.902, 80.447, 66.069, 5e-4",
    "4, 30, 100, 0.15420, 0.86174, 2.24413, 4.44312, 4.49782, 4.26967, 5e-6"
  })
  void deepNetworksCanHaveThreeSaddlesAndTheLastOneWins(
      int layers,
      double gamma,
      double kappa,
      double t1,
      double t2,
      double t3,
      double s1,
      double s2,
      double s3,
      double digit) {
    LinearSaddle saddle =
        LinearSaddle.solve(backend, new double[] {1}, new double[] {1}, layers, gamma, kappa);
    assertThat(saddle.roots()).hasSize(3);
    assertThat(saddle.t()).isCloseTo(t3, within(5e-6));
    double[] t = {t1, t2, t3};
    double[] s = {s1, s2, s3};
    for (int i = 0; i < 3; i++) {
      int index = i;
      LinearSaddle.Root root =
          saddle.roots().stream()
              .filter(r -> Math.abs(r.t() - t[index]) < 1e-3)
              .findAny()
              .orElseThrow();
      assertThat(root.t()).isCloseTo(t[i], within(5e-6));
      assertThat(root.action()).isCloseTo(s[i], within(digit));
    }
    assertThat(saddle.roots().get(0).action())
        .isLessThan(saddle.roots().get(1).action())
        .isLessThan(saddle.roots().get(2).action());
  }

  @Test
  void lazyLimitLeavesEveryKernelAlone() {
    RealMatrix x = inputs(P, 1);
    RealMatrix c = x.multiply(x.transpose());
    LinearSaddle saddle = LinearSaddle.solve(backend, flat(c), targets(), 3, 0, 0.1);
    assertThat(saddle.t()).isZero();
    assertThat(square(saddle.kernel(3)).subtract(c).getFrobeniusNorm())
        .isLessThan(1e-13 * c.getFrobeniusNorm());
    LinearSaddle small = LinearSaddle.solve(backend, flat(c), targets(), 3, 1e-6, 0.1);
    // to first order t = gamma^2 v^T C v at the lazy v
    RealVector v = solve(c, 0.1, new ArrayRealVector(targets()));
    assertThat(small.t() / (1e-12 * v.dotProduct(c.operate(v)))).isCloseTo(1, within(1e-6));
  }

  @Test
  void zeroTargetsAndSingularKernelsAreSolved() {
    double[] ones = {1, 1, 1, 1};
    assertThat(LinearSaddle.solve(backend, ones, new double[2], 2, 1, 0.1).t()).isZero();
    LinearSaddle twins = LinearSaddle.solve(backend, ones, new double[] {1, 1}, 2, 1, 0.1);
    LinearSaddle one =
        LinearSaddle.solve(backend, new double[] {2}, new double[] {Math.sqrt(2)}, 2, 1, 0.1);
    assertThat(twins.t()).isCloseTo(one.t(), within(1e-12));
    // targets out of the range of C pull nothing
    assertThat(LinearSaddle.solve(backend, ones, new double[] {1, -1}, 2, 1, 0.1).t())
        .isLessThan(1e-14);
  }

  /** m = (1 + t)^64 overflows for the largest t of the search, which must not hide the root. */
  @Test
  void deepestNetworkWithLargeTargetsIsSolved() {
    LinearSaddle saddle =
        LinearSaddle.solve(backend, new double[] {1, 0, 0, 0}, new double[] {30, 5}, 64, 1, 1e-3);
    double t = saddle.t();
    double m = saddle.rescaling();
    assertThat(m).isFinite();
    assertThat(m * Math.pow(30 / (m + 1e-3), 2) / t).isCloseTo(1, within(1e-10));
    assertThat(saddle.roots()).allSatisfy(r -> assertThat(r.action()).isFinite());
  }

  /**
   * More points than inputs have features. The three features are orthogonal waves, so the three
   * eigenvalues of C and the targets along them are known; the others are 0, and rounding of them
   * must not become modes where (1 + t)^L is large.
   */
  @Test
  void roundingOfTheNullSpaceMakesNoFurtherRoots() {
    int points = 60;
    int features = 3;
    double[] x = new double[points * features];
    double[] y = new double[points];
    for (int i = 0; i < points; i++) {
      double angle = 2 * Math.PI * i / points;
      x[i * features] = 1.3 * Math.cos(angle);
      x[i * features + 1] = 0.7 * Math.sin(angle);
      x[i * features + 2] = 1.1 * Math.cos(2 * angle);
      y[i] = i % 7 < 3 ? 1 : -1;
    }
    double[] c = new double[points * points];
    double[] lambda = new double[features];
    double[] z = new double[features];
    for (int k = 0; k < features; k++) {
      for (int i = 0; i < points; i++) {
        double u = x[i * features + k];
        lambda[k] += u * u / features;
        z[k] += u * y[i];
        for (int j = 0; j < points; j++) {
          c[i * points + j] += u * x[j * features + k] / features;
        }
      }
      z[k] /= Math.sqrt(lambda[k] * features);
    }
    int layers = 4;
    double gamma = 1;
    double kappa = 1e-3;
    DoubleUnaryOperator excess =
        t -> {
          double m = Math.pow(1 + t, layers);
          double pull = 0;
          for (int k = 0; k < features; k++) {
            double v = z[k] / (m * lambda[k] + kappa);
            pull += gamma * gamma * m * lambda[k] * v * v;
          }
          return t - pull;
        };
    List<Double> changes = new ArrayList<>();
    for (double t = 1e-6; t < 1e5; t *= 1.001) {
      if (excess.applyAsDouble(t) < 0 && excess.applyAsDouble(t * 1.001) >= 0) {
        changes.add(t);
      }
    }
    assertThat(changes).hasSize(1);

    LinearSaddle saddle = LinearSaddle.solve(backend, c, y, layers, gamma, kappa);

    assertThat(saddle.roots()).hasSize(1);
    assertThat(saddle.t()).isBetween(changes.get(0) * 0.999999, changes.get(0) * 1.001001);
  }
}
