package org.richkernel.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.richkernel.compute.BackendInfo;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;

/** A made-up result with every array that a report can draw. */
final class SampleResult {
  private SampleResult() {}

  static Summary.Builder summary(int layers) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("hidden-layers", layers);
    config.put("activation", "relu");
    config.put("gamma", 1.0);
    config.put("beta", 10.0);
    config.put("samples", 20000);
    config.put("classes", List.of(0, 1));
    Summary.Builder summary =
        Summary.builder("bayes", config)
            .backend(new BackendInfo("cpu", "Example processor", 2))
            .seed(7)
            .converged(true)
            .iterations(17)
            .residual(1.2e-4)
            .tolerance(1e-3)
            .monteCarlo(MonteCarlo.of(20000, 18000, 0.002))
            .train(Score.ofLoss(0.0101).withLossStandardError(0.0003).withAccuracy(1))
            .test(Score.ofLoss(0.0214).withLossStandardError(0.0011).withAccuracy(0.991))
            .lazyTest(Score.ofLoss(0.0533).withAccuracy(0.972))
            .seconds("total", 8.1)
            .seconds("sampling", 5.0)
            .peakBytes(123_000_000, 0)
            .detail(
                "certificate",
                Map.of("chains", 8, "integratedTime", 12.5, "largestTilt", Map.of("value", 0.42)));
    for (int layer = 1; layer <= layers; layer++) {
      summary.layer(
          LayerSummary.of(layer, 0.3 + 0.15 * layer, 0.61, 12.3)
              .withStandardErrors(0.012, 0.004, Double.NaN));
    }
    return summary;
  }

  static Result complete(int points, int layers) {
    return complete(summary(layers).build(), points);
  }

  /** Two noisy classes; adaptive kernels are closer to yy^T than the lazy ones. */
  static Result complete(Summary summary, int points) {
    Random random = new Random(5);
    double[] y = new double[points];
    double[][] inputs = new double[points][12];
    for (int i = 0; i < points; i++) {
      y[i] = random.nextBoolean() ? 1 : -1;
      for (int d = 0; d < 12; d++) {
        inputs[i][d] = random.nextGaussian() + (d < 3 ? 0.8 * y[i] : 0);
      }
    }
    Result result = Result.of(summary).with("y_train", y, points);
    for (int layer = 1; layer <= summary.layers().size(); layer++) {
      result =
          result
              .with("phi_lazy_" + layer, kernel(inputs, y, 0.1), points, points)
              .with("phi_" + layer, kernel(inputs, y, 0.3 + 0.5 * layer), points, points);
    }
    return predictions(result, y, random);
  }

  private static double[] kernel(double[][] inputs, double[] y, double richness) {
    int n = y.length;
    double[] kernel = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double distance = 0;
        for (int d = 0; d < inputs[i].length; d++) {
          distance += Math.pow(inputs[i][d] - inputs[j][d], 2);
        }
        double response = Math.tanh(inputs[i][0]) * Math.tanh(inputs[j][0]);
        kernel[i * n + j] =
            0.5 * Math.exp(-distance / 24) + richness * (0.5 * response + 0.2 * y[i] * y[j]);
      }
    }
    return kernel;
  }

  private static Result predictions(Result result, double[] y, Random random) {
    int points = y.length;
    double[] f = new double[points];
    double[] lazy = new double[points];
    int steps = 60;
    double[] time = new double[steps];
    double[] trainLoss = new double[steps];
    double[] testLoss = new double[steps];
    double[] lazyLoss = new double[steps];
    double[] paths = new double[steps * points];
    double[] residual = new double[17];
    double[] yv = new double[17];
    for (int i = 0; i < points; i++) {
      lazy[i] = 0.7 * y[i] + 0.35 * random.nextGaussian();
      f[i] = 0.4 * lazy[i] + 0.62 * y[i] + 0.07 * random.nextGaussian();
    }
    for (int t = 0; t < steps; t++) {
      time[t] = 0.5 * t;
      trainLoss[t] = 0.002 + Math.exp(-0.25 * t);
      testLoss[t] = 0.02 + Math.exp(-0.2 * t);
      lazyLoss[t] = 0.06 + 0.94 * Math.exp(-0.1 * t);
      for (int i = 0; i < points; i++) {
        paths[t * points + i] = f[i] * (1 - Math.exp(-0.12 * t * (1 + 0.3 * lazy[i] * y[i])));
      }
    }
    for (int i = 0; i < residual.length; i++) {
      residual[i] = Math.exp(-0.55 * i) * (1 + 0.3 * random.nextGaussian());
      yv[i] = 3.3 + 2 * Math.exp(-0.4 * i);
    }
    return result
        .with("f_train", f, points)
        .with("y_test", y, points)
        .with("f_test", f, points)
        .with("f_test_lazy", lazy, points)
        .with("time", time, steps)
        .with("loss_train_t", trainLoss, steps)
        .with("loss_test_t", testLoss, steps)
        .with("loss_test_lazy_t", lazyLoss, steps)
        .with("f_test_t", paths, steps, points)
        .with("history_residual", residual, residual.length)
        .with("history_yv", yv, yv.length);
  }

  /** Adds the sites of two layers and filters of images of two channels. */
  static Result withSites(Result result) {
    Random random = new Random(6);
    Result with = result;
    for (int layer = 1; layer <= 2; layer++) {
      int height = 6 / layer;
      int width = 8 / layer;
      for (String name : new String[] {"variance_", "variance_lazy_", "alignment_"}) {
        double[] map = random.doubles((long) height * width).toArray();
        with = with.with("site_" + name + layer, map, height, width);
      }
    }
    int patch = 18;
    double[] values = new double[patch];
    double[] errors = new double[patch];
    for (int i = 0; i < patch; i++) {
      values[i] = 1 + 3 * Math.exp(-i);
      errors[i] = 0.02;
    }
    double[] directions = random.doubles((long) patch * patch).map(u -> u - 0.5).toArray();
    return with.with("filter_eigenvalues", values, patch)
        .with("filter_eigenvalues_standard_error", errors, patch)
        .with("filter_directions", directions, patch, 3, 3, 2);
  }
}
