package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/** The kernels among P points: the feature kernel of every hidden layer, and the readout kernel. */
public final class LazyGram {
  private final int points;
  private final List<double[]> features;
  private final double[] readout;
  private final double truncation;

  private LazyGram(int points, List<double[]> features, double[] readout, double truncation) {
    this.points = points;
    this.features = features;
    this.readout = readout;
    this.truncation = truncation;
  }

  /** Kernels that were not kept. */
  static LazyGram notKept(int points, double truncation) {
    return new LazyGram(points, List.of(), new double[0], truncation);
  }

  /** Whether the kernels were kept; without them there are none of the layers either. */
  public boolean isKept() {
    return readout.length > 0;
  }

  /** P. */
  public int points() {
    return points;
  }

  /** L, the number of feature kernels; 0 where they were not kept. */
  public int layers() {
    return features.size();
  }

  /** Phi^l, l = 1..L, P x P, row-major; a copy. */
  public double[] feature(int layer) {
    return features.get(layer - 1).clone();
  }

  /** The kernel of the predictor, NNGP or NTK, P x P, row-major; a copy. */
  public double[] readout() {
    return readout.clone();
  }

  /**
   * The largest mass that a truncated activation series leaves out, relative to the whole; 0 for a
   * closed form.
   */
  public double truncation() {
    return truncation;
  }

  double[] sharedFeature(int layer) {
    return features.get(layer - 1);
  }

  static long bytes(int points, int layers) {
    return 8L * points * points * (layers + 1);
  }

  /** Copies the kernels off the device while they exist. */
  static final class Collector implements KernelRecursion.FeatureSink {
    private final Backend backend;
    private final int points;
    private final List<double[]> features = new ArrayList<>();

    Collector(Backend backend, int points) {
      this.backend = backend;
      this.points = points;
    }

    @Override
    public void accept(int layer, double[] feature) {
      features.add(feature);
    }

    LazyGram finish(Matrix readout, double truncation) {
      return new LazyGram(points, List.copyOf(features), download(readout), truncation);
    }

    private double[] download(Matrix kernel) {
      double[] values = new double[Math.multiplyExact(points, points)];
      backend.download(kernel, values);
      return values;
    }
  }
}
