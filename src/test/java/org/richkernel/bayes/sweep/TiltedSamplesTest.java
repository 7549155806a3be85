package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.params.ParameterizedTest;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/** Samples under a fixed tilt obey the identities that only their density has. */
class TiltedSamplesTest {
  private static final int P = 6;
  private static final int S = 3000;
  private static final int BURN_IN = 20;
  private static final int BATCHES = 40;

  /** Moves between two batches, so that these are nearly independent. */
  private static final int MOVES = 5;

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
          new ParticlePanel(
              backend,
              f,
              memory,
              xi,
              0,
              memory.get("F"),
              Tilt.of(backend, memory.get("T, single")));
      SteinForm form = new SteinForm(backend, f, memory, memory.get("unit"));
      double accepted = 0;
      for (int b = 0; b < BURN_IN + BATCHES; b++) {
        for (int t = 0; t < MOVES; t++) {
          long stream = 1 + 2L * MOVES * b + 2 * t;
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
      assertThat(accepted / S / MOVES / (BURN_IN + BATCHES)).isBetween(0.7, 0.9999);
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
   * The mean over batches is zero: every entry within five of its standard errors, and the matrix
   * within three of its own in Frobenius norm (its entries fluctuate together). The error is a few
   * percent of the terms that cancel, so the test can fail.
   */
  private static void requireZero(String what, List<RealMatrix> differences, double size) {
    int n = differences.size();
    double means = 0;
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
        means += mean * mean;
        variances += variance;
      }
    }
    assertThat(Math.sqrt(variances)).as("errors of " + what).isLessThan(0.03 * size);
    assertThat(Math.sqrt(means)).as(what).isLessThan(3 * Math.sqrt(variances));
  }

  /** Sigma B = &lt;h grad E^T&gt;, whose trace for linear layers is tr Phi T. */
  @ParameterizedTest
  @Activations({"tanh", "erf", "linear"})
  void covarianceTimesConjugateKernelIsTheMeanOfFieldTimesPull(Activation f) {
    RealMatrix sigma = factor().multiply(factor().transpose());
    try (Backend backend = Backends.cpu()) {
      List<RealMatrix> differences = new ArrayList<>();
      double size = 0;
      double traces = 0;
      double squares = 0;
      double homogeneous = 0;
      for (Batch batch : sample(backend, f)) {
        RealMatrix product = sigma.multiply(batch.stein());
        differences.add(product.subtract(batch.fieldPull()));
        size += batch.fieldPull().getFrobeniusNorm() / BATCHES;
        double trace = batch.phi().multiply(tilt(f)).getTrace();
        homogeneous += trace / BATCHES;
        traces += (product.getTrace() - trace) / BATCHES;
        squares += Math.pow(product.getTrace() - trace, 2) / BATCHES;
      }
      requireZero("Sigma B - <h grad E^T>", differences, size);
      if (f == Activation.LINEAR) {
        double error = Math.sqrt((squares - traces * traces) / (BATCHES - 1));
        assertThat(error).isLessThan(0.03 * Math.abs(homogeneous));
        assertThat(Math.abs(traces)).isLessThan(4 * error);
      }
    }
  }

  /** &lt;xi xi^T&gt; = 1 - F^T B F, the inverse form with nothing inverted. */
  @ParameterizedTest
  @Activations({"tanh", "erf", "linear"})
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
