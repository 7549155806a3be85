package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/** Keeps phi^l and g^l of the training points at all times, for their two-time kernels. */
final class HistoryKeeper {
  private final Backend backend;
  private final int samples;
  private final int layers;
  private final int trainPoints;
  private final Matrix[] phi; // S x P (T + 1), l = 1 .. L
  private final Matrix[] g;
  private final Matrix kernel; // P (T + 1) square

  /** Adds the fields to a plan, their copies in a checkpoint and their kernels. */
  static void plan(MemoryPlan plan, DynamicsProblem problem, int samples) {
    int side = problem.trainPoints() * (problem.options().steps() + 1);
    for (int l = 1; l <= problem.network().hiddenLayers(); l++) {
      plan.add("saved phi " + l, Precision.FLOAT32, samples, side)
          .add("saved g " + l, Precision.FLOAT32, samples, side)
          .addHost(2L * side * side * Float.BYTES)
          .addHost(2L * samples * side * Float.BYTES);
    }
    plan.add("saved kernel", Precision.FLOAT64, side, side);
  }

  HistoryKeeper(Backend backend, DynamicsProblem problem, Workspace memory, int samples) {
    this.backend = backend;
    this.samples = samples;
    layers = problem.network().hiddenLayers();
    trainPoints = problem.trainPoints();
    phi = new Matrix[layers + 1];
    g = new Matrix[layers + 1];
    for (int l = 1; l <= layers; l++) {
      phi[l] = memory.get("saved phi " + l).rowRange(0, samples);
      g[l] = memory.get("saved g " + l).rowRange(0, samples);
    }
    kernel = memory.get("saved kernel");
  }

  /** Keeps the fields of one time, whose first P columns are the training points in some order. */
  void keep(int time, int[] order, Matrix[] phiNow, Matrix[] gNow) {
    int[] train = Arrays.copyOf(order, trainPoints);
    for (int l = 1; l <= layers; l++) {
      keep(time, train, phiNow[l], phi[l]);
      keep(time, train, gNow[l], g[l]);
    }
  }

  private void keep(int time, int[] train, Matrix now, Matrix saved) {
    backend.scatterColumns(
        now.view(0, samples, 0, trainPoints),
        train,
        saved.view(0, samples, time * trainPoints, trainPoints));
  }

  /** Kernels between the first so many times. */
  KernelHistory history(int times) {
    int side = times * trainPoints;
    List<float[]> feature = new ArrayList<>();
    List<float[]> gradient = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      feature.add(gram(phi[l], side));
      gradient.add(gram(g[l], side));
    }
    return new KernelHistory(side, feature, gradient);
  }

  private float[] gram(Matrix fields, int side) {
    Matrix k = kernel.view(0, side, 0, side);
    backend.gram(1.0 / samples, fields.view(0, samples, 0, side), 0, k);
    float[] values = new float[side * side];
    backend.download(k, values);
    return values;
  }

  void save(SolverState state, int times) {
    for (int l = 1; l <= layers; l++) {
      SavedMatrix.save(backend, state, "saved_phi_" + l, until(phi[l], times));
      SavedMatrix.save(backend, state, "saved_g_" + l, until(g[l], times));
    }
  }

  private Matrix until(Matrix fields, int times) {
    return fields.view(0, samples, 0, times * trainPoints);
  }

  void restore(SolverState state, int times) {
    for (int l = 1; l <= layers; l++) {
      SavedMatrix.restore(backend, state, "saved_phi_" + l, until(phi[l], times));
      SavedMatrix.restore(backend, state, "saved_g_" + l, until(g[l], times));
    }
  }
}
