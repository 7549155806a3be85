package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/** Samples under a fixed tilt obey the identities that only their density has. */
class TiltedSamplesTest {
  private static final int P = 6;
  private static final int S = 1500;
  private static final int BURN_IN = 20;
  private static final int BATCHES = 40;

  /** A triangular factor of a covariance with variances around 1 and strong correlations. */
  private static RealMatrix factor() {
    RealMatrix f = new Array2DRowRealMatrix(P, P);
    for (int i = 0; i < P; i++) {
      for (int j = 0; j <= i; j++) {
        f.setEntry(i, j, i == j ? 0.5 : 0.4 * Math.cos(1.3 * i + 2.1 * j));
      }
    }
    return f;
  }

  /** A tilt of full rank: pulled along one direction, pushed back a little along all. */
  private static RealMatrix tilt(Activation f) {
    RealMatrix w = new Array2DRowRealMatrix(new double[] {1, -0.6, 0.8, 0.3, -1, 0.5});
    double pull = f == Activation.LINEAR ? 0.5 : 2;
    return w.multiply(w.transpose())
        .scalarMultiply(-pull)
        .add(MatrixUtils.createRealIdentityMatrix(P).scalarMultiply(0.3));
  }

  /** What one batch of samples says; all are P x P. */
  private record Batch(RealMatrix stein, RealMatrix fieldPull, RealMatrix moment, RealMatrix phi) {}

  private static List<Batch> sample(Backend backend, Activation f) {
    MemoryPlan plan = new MemoryPlan();
    ParticlePanel.plan(plan, S, P, P);
    SteinForm.plan(plan, S, P);
    plan.add("xi", Precision.FLOAT32, S, P)
        .add("F", Precision.FLOAT32, P, P)
        .add("T", Precision.FLOAT64, P, P)
        .add("T, single", Precision.FLOAT32, P, P)
        .add("unit", Precision.FLOAT64, P, P)
        .add("result", Precision.FLOAT64, P, P);
    List<Batch> batches = new ArrayList<>();
    try (Workspace memory = new Workspace(backend, plan)) {
      Matrix xi = memory.get("xi");
      Matrix result = memory.get("result");
      backend.fillGaussian(1, 0, 0, xi);
      backend.upload(flat(factor()), memory.get("F"));
      backend.upload(flat(tilt(f)), memory.get("T"));
      backend.copy(memory.get("T"), memory.get("T, single"));
      backend.addDiagonal(1, memory.get("unit"));
      ParticlePanel panel =
          new ParticlePanel(backend, f, memory, xi, 0, memory.get("F"), memory.get("T, single"));
      SteinForm form = new SteinForm(backend, f, memory, memory.get("unit"));
      double accepted = 0;
      for (int b = 0; b < BURN_IN + BATCHES; b++) {
        for (int t = 0; t < 2; t++) {
          long stream = 1 + 4L * b + 2 * t;
          accepted += panel.move(new ParticlePanel.Draw(1, stream, stream + 1), 0.4, 4);
        }
        backend.fill(0, result);
        panel.addKernel(1.0 / S, result);
        if (b >= BURN_IN) {
          RealMatrix phi = matrix(backend, result);
          RealMatrix h = matrix(backend, panel.fields().field());
          RealMatrix pull = matrix(backend, panel.fields().pull());
          RealMatrix x = matrix(backend, xi);
          form.add(panel.fields());
          backend.fill(0, result);
          form.addTo(1, memory.get("T"), result);
          batches.add(
              new Batch(
                  matrix(backend, result),
                  h.transpose().multiply(pull).scalarMultiply(1.0 / S),
                  x.transpose().multiply(x).scalarMultiply(1.0 / S),
                  phi));
        }
      }
      // Most moves are accepted and some are refused, so that both ways are tested.
      assertThat(accepted / S / 2 / (BURN_IN + BATCHES)).isBetween(0.7, 0.9999);
    }
    return batches;
  }

  private static double[] flat(RealMatrix matrix) {
    double[] values = new double[P * P];
    for (int i = 0; i < values.length; i++) {
      values[i] = matrix.getEntry(i / P, i % P);
    }
    return values;
  }

  private static RealMatrix matrix(Backend backend, Matrix matrix) {
    double[] values = new double[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    RealMatrix copy = new Array2DRowRealMatrix(matrix.rows(), matrix.columns());
    for (int i = 0; i < values.length; i++) {
      copy.setEntry(i / matrix.columns(), i % matrix.columns(), values[i]);
    }
    return copy;
  }

  /**
   * The mean over batches is zero: every entry within five of its standard errors, and all of them
   * together within what as many independent ones would allow. The errors are a few percent of the
   * terms that cancel, so the test can fail.
   */
  private static void requireZero(String what, List<RealMatrix> differences, double size) {
    int n = differences.size();
    double chiSquare = 0;
    double variances = 0;
    for (int i = 0; i < P; i++) {
      for (int j = 0; j < P; j++) {
        double sum = 0;
        double squares = 0;
        for (RealMatrix difference : differences) {
          sum += difference.getEntry(i, j);
          squares += Math.pow(difference.getEntry(i, j), 2);
        }
        double mean = sum / n;
        double variance = (squares / n - mean * mean) / (n - 1);
        assertThat(Math.abs(mean)).as(what).isLessThan(5 * Math.sqrt(variance));
        chiSquare += mean * mean / variance;
        variances += variance;
      }
    }
    assertThat(Math.sqrt(variances)).as("errors of " + what).isLessThan(0.04 * size);
    // mean 1, and 1.9 is beyond four deviations even if only half of the entries are independent
    assertThat(chiSquare / (P * P)).as(what).isLessThan(1 + 4 * Math.sqrt(2.0 / (P * P / 2.0)));
  }

  /** Sigma B = &lt;h grad E^T&gt;, whose trace for linear layers is tr Phi T. */
  @ParameterizedTest
  @EnumSource(value = Activation.class, names = "RELU", mode = EnumSource.Mode.EXCLUDE)
  void covarianceTimesConjugateKernelIsTheMeanOfFieldTimesPull(Activation f) {
    RealMatrix sigma = factor().multiply(factor().transpose());
    try (Backend backend = Backends.cpu()) {
      List<RealMatrix> differences = new ArrayList<>();
      double size = 0;
      double homogeneous = 0;
      double traces = 0;
      for (Batch batch : sample(backend, f)) {
        differences.add(sigma.multiply(batch.stein()).subtract(batch.fieldPull()));
        size += batch.fieldPull().getFrobeniusNorm() / BATCHES;
        homogeneous += batch.phi().multiply(tilt(f)).getTrace() / BATCHES;
        traces += sigma.multiply(batch.stein()).getTrace() / BATCHES;
      }
      requireZero("Sigma B - <h grad E^T>", differences, size);
      if (f == Activation.LINEAR) {
        assertThat(Math.abs(traces - homogeneous)).isLessThan(0.02 * Math.abs(homogeneous));
      }
    }
  }

  /** &lt;xi xi^T&gt; = 1 - F^T B F, the inverse form with nothing inverted. */
  @ParameterizedTest
  @EnumSource(value = Activation.class, names = "RELU", mode = EnumSource.Mode.EXCLUDE)
  void whitenedMomentIsOneLessTheConjugateKernel(Activation f) {
    RealMatrix factor = factor();
    RealMatrix one = MatrixUtils.createRealIdentityMatrix(P);
    try (Backend backend = Backends.cpu()) {
      List<RealMatrix> differences = new ArrayList<>();
      double size = 0;
      for (Batch batch : sample(backend, f)) {
        RealMatrix tilted = factor.transpose().multiply(batch.stein()).multiply(factor);
        differences.add(batch.moment().subtract(one).add(tilted));
        size += tilted.getFrobeniusNorm() / BATCHES;
      }
      requireZero("<xi xi^T> - 1 + F^T B F", differences, size);
    }
  }
}
